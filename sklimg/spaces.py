"""What a search goes through: a grid of values, or spans to draw from.

Floor 5: estimators and plain values.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import UsageError
from sklimg.files import count
from sklimg.hyperband import few_folds, hyperband_search
from sklimg.names import PRESETS, SEARCHES
from sklimg.pipeline import build_pipeline, default_grid, default_space, full_names
from sklimg.races import brackets
from sklimg.search import grid_search
from sklimg.sharedfits import shared_fits
from sklimg.spans import span_ends, span_text
from sklimg.trials import Search
from sklimg.watching import last_step

__all__ = ["describe_search", "in_stages", "run_search", "space_of"]

_MANY = 10_000  # images whose candidates take enough steps in few epochs


def space_of(
    base: Pipeline,
    grid: bool | Mapping[str, Any],
    search: str,
    model: str,
    params: Mapping[str, Any],
    tell: Callable[[str, str], None],
    features: str = PRESETS[0],
) -> dict[str, Any]:
    """Return what to search by full names, every value checked; empty if there is nothing."""
    default = default_grid(model) if search == SEARCHES[0] else default_space()
    wanted = full_names(base, default if grid is True else dict(grid or {}))
    fixed = full_names(base, params)
    left = {name: values for name, values in wanted.items() if name not in fixed}
    for name, values in left.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise UsageError(f"grid: expected a list of values for {name}, got {values!r}")
        ends = span_ends(values)
        if ends and search == SEARCHES[0]:
            raise UsageError(
                f"grid: expected values for {name}, got the span {span_text(values)}; name some, "
                "or let --search hyperband draw from it"
            )
        for value in ends or values:
            build_pipeline(
                model, {**params, name: value}, features=features
            )  # which refuses what is of no use
        if not ends and not len(values):
            raise UsageError(f"grid: expected values for {name}, got none")
        if not ends:
            left[name] = list({repr(value): value for value in values}.values())
            if len(left[name]) < len(values):
                tell("note", f"values of {name} that stand twice are tried once")
    if search != SEARCHES[0]:
        _check_stages(base, left | {name: [value] for name, value in fixed.items()})
    if wanted and not left:
        tell("note", "every parameter of the grid is set, so there is nothing to search")
    return left


def _check_stages(base: Pipeline, asked: Mapping[str, Any]) -> None:
    """Raise UsageError for values, set or searched, that have no meaning in stages."""
    last = base.steps[-1][0]
    refused = {"solver": "lbfgs", "early_stopping": True, "learning_rate": "one-cycle"}
    for name, value in refused.items():
        if value in asked.get(f"{last}__{name}", ()):
            raise UsageError(f"search: hyperband trains in stages, without {name}={value}")
    epochs = asked.get(f"{last}__max_iter", [1])
    if span_ends(epochs) or len(epochs) > 1:
        raise UsageError(
            "search: hyperband sets max_iter itself, up to the longest training; give one value"
        )


def in_stages(base: Pipeline, params: Mapping[str, Any], n_images: int) -> None:
    """Let a pipeline train in stages: at a constant rate, for as long as its images ask for.

    Parameters
    ----------
    base : Pipeline
        It is changed.
    params : mapping
        What was set; this stays.
    n_images : int
        That a candidate is trained on.
    """
    given = full_names(base, params)
    n_epochs, batch = (12, 128) if n_images > _MANY else (36, 64)  # few images, few steps an epoch
    ours = {"learning_rate": "constant", "max_iter": n_epochs, "batch_size": batch}
    wanted = full_names(base, ours)
    base.set_params(**{name: value for name, value in wanted.items() if name not in given})


def describe_search(
    kind: str, base: Pipeline | Augmented, space: Mapping[str, Any], n_images: int, n_folds: int
) -> str:
    """Return what a search will do, in a line."""
    if kind == SEARCHES[0]:
        candidates = list(ParameterGrid(dict(space)))
        fits, made = len(candidates) * n_folds, len(shared_fits(base, candidates)) * n_folds
        on = f"x {n_folds} folds" if n_folds > 1 else "on the validation part"
        fewer = f", in {made} trainings: one for all max_iter" if made < fits else ""
        return f"{count(len(candidates), 'candidate')} {on} = {count(fits, 'fit')}{fewer}"
    n_folds, n_epochs = few_folds(n_images, n_folds), last_step(base).max_iter
    ladder = brackets(n_epochs)
    drawn = sum(rungs[0][0] for rungs in ladder)
    on = f"x {n_folds} folds" if n_folds > 1 else "on images held back"
    return (
        f"hyperband: {count(drawn, 'candidate')} {on}, in {count(len(ladder), 'bracket')} from "
        f"{ladder[0][0][1]} to {count(n_epochs, 'epoch')}"
    )


def run_search(kind: str, *args: Any, **how: Any) -> Search:
    """Run a search by a grid or by hyperband; see these."""
    return (grid_search if kind == SEARCHES[0] else hyperband_search)(*args, **how)
