"""Choose the parameters of a classifier and fit it, on the training rows alone.

Floor 5: fits, prints nothing itself; what it does it tells a callable.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import UsageError
from sklimg.files import count, natural_key
from sklimg.fitting import fit_alone, pipeline_of
from sklimg.history import epoch_history
from sklimg.names import AUGMENTS
from sklimg.parts import Parts
from sklimg.pipeline import build_pipeline, default_grid, full_names
from sklimg.search import Progress, grid_search, n_fits
from sklimg.splits import class_groups
from sklimg.telling import tell_best
from sklimg.watching import last_step, tells_epochs

__all__ = ["Choice", "augmented", "candidates_of", "choose"]


class Choice(NamedTuple):
    """What was chosen and fitted.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted to the training rows.
    search : GridSearchCV or None
    history : dict or None
        Loss and accuracy of each epoch.
    was_interrupted : bool
        Whether somebody ended the training, or the watching of it.
    """

    pipeline: Pipeline
    search: GridSearchCV | None
    history: dict[str, list] | None
    was_interrupted: bool


def augmented(base: Pipeline, strength: str, parts: Parts, seed: int) -> Pipeline | Augmented:
    """Return what fits a pipeline to images and changed copies of them.

    Copies are mirrored where turned pictures were taken for the same picture, as
    photographs are.
    """
    if strength == AUGMENTS[0]:
        return base
    shape = parts.table.spec.shape
    return Augmented(base, strength, flip=bool(parts.turned), shape=shape, random_state=seed)


def candidates_of(
    base: Pipeline, grid: bool | Mapping, model: str, params: Mapping, tell: Callable
) -> dict[str, Sequence]:
    """Return the grid to search by full names; empty if there is none."""
    wanted = full_names(base, default_grid(model) if grid is True else dict(grid or {}))
    fixed = full_names(base, params)
    if empty := [name for name, values in wanted.items() if not len(values)]:
        raise UsageError(f"grid: expected values for {empty[0]}, got none")
    left = {name: values for name, values in wanted.items() if name not in fixed}
    for name, values in left.items():
        for value in values:
            build_pipeline(model, {**params, name: value})  # which refuses what is of no use
    if wanted and not left:
        tell("note", "every parameter of the grid is set, so there is nothing to search")
    return left


def choose(
    base: Pipeline | Augmented,
    candidates: Mapping[str, Sequence],
    parts: Parts,
    inner: Sequence[tuple[np.ndarray, np.ndarray]],
    seed: int,
    jobs: int,
    tell: Callable[[str, str], None],
    progress: Callable[[Progress], None] | None,
) -> Choice:
    """Search the candidates on folds of the training rows, and fit the best to all of them.

    Parameters
    ----------
    base : Pipeline or Augmented
        Unfitted.
    candidates : mapping of str to sequence
        Parameters by their full names and values to try; empty for none.
    parts : Parts
    inner : sequence of (train, held back)
        Row indices among the training rows and the validation rows behind them.
    seed : int
    jobs : int
    tell, progress : callable
    """
    known = np.concatenate([parts.train, parts.validation])
    n_train = len(parts.train)
    X, y, groups = parts.table.pixels[known], parts.table.labels[known], parts.groups[known]
    search = None
    if candidates:
        n_candidates, fits = n_fits(candidates, len(inner))
        on = f"x {len(inner)} folds" if len(inner) > 1 else "on the validation part"
        tell("search", f"{n_candidates} candidates {on} = {count(fits, 'fit')}")
        rows = slice(n_train)
        search = grid_search(
            base, candidates, X, y, inner, groups=groups, rows=rows, jobs=jobs, progress=progress
        )
        tell_best(search, tell)
        fitted = search.best_estimator_
    else:
        is_watched = len(parts.validation) and tells_epochs(base)
        if not is_watched:
            _tell_unwatched(base, class_groups(y[:n_train], groups[:n_train]), tell)
        fitted = fit_alone(
            base,
            X[:n_train],
            y[:n_train],
            groups=groups[:n_train],
            validation_data=(X[n_train:], y[n_train:]) if is_watched else None,
            keep_interrupted=True,
        )
    pipeline = pipeline_of(fitted)
    was_interrupted = getattr(pipeline[-1], "stop_reason_", "") == "interrupted"
    try:
        history = epoch_history(fitted, X, y, inner[0], seed)
    except KeyboardInterrupt:
        tell("warning", "interrupted: the epochs were not watched by images held back")
        history, was_interrupted = getattr(pipeline[-1], "history_", None), True
    return Choice(pipeline, search, history, was_interrupted)


def _tell_unwatched(
    base: Pipeline | Augmented, n_groups: Mapping[str, int], tell: Callable
) -> None:
    """Tell which classes have no image to hold back for early stopping."""
    alone = [label for label, n in n_groups.items() if n < 2]
    stops = tells_epochs(base) and last_step(base).early_stopping
    if stops and alone:
        few = ", ".join(sorted(alone, key=natural_key)[:5]) + (" …" if len(alone) > 5 else "")
        classes = count(len(alone), "class", "classes")
        tell("warning", f"no image of {classes} could be held back: {few}; add images")
