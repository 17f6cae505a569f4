"""Hyperband: many candidates for few epochs, and few candidates for many.

Candidates are drawn by optuna, which learns from those before. They are trained in
brackets, as L. Li and others describe it ("Hyperband: a novel bandit-based approach to
hyperparameter optimization", 2018): the best third goes on, for three times as many
epochs. All candidates of a bracket are compared at once, not as they come, so that the
choice depends neither on the number of processes nor on who is faster; and a search
that was ended is resumed by drawing the same candidates and reading the journal.

Floor 4: prints nothing; what it does goes to callables.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import DataError, UsageError
from sklimg.extras import require
from sklimg.foldruns import Budget, Progress, SharedFolds, about_search
from sklimg.journal import Journal
from sklimg.races import Race, brackets
from sklimg.spans import Span
from sklimg.trials import Search, SearchInterrupted
from sklimg.watching import last_step
from sklimg.workers import Workers

__all__ = ["few_folds", "hyperband_search"]

_MANY = 5_000  # rows from which a single fold tells enough


def hyperband_search(
    estimator: Pipeline | Augmented,
    space: Mapping[str, Any],
    X: np.ndarray,
    y: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    groups: np.ndarray | None = None,
    workers: Workers | None = None,
    journal: Journal | None = None,
    budget: Budget | None = None,
    tell: Callable[[str, str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Search:
    """Search a space by hyperband over epochs.

    Parameters
    ----------
    estimator : Pipeline or Augmented
        Unfitted, with an MLP of ours at its end; its ``max_iter`` is how long a
        candidate is trained at most.
    space : mapping of str to Span, tuple or sequence
        Full parameter names, and what to draw from: a `Span`, a tuple of spans and
        numbers for layers, or values.
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    folds : sequence of (train, test)
        Row indices; with over 5,000 images, the first alone is used.
    groups, workers, journal, budget, tell, progress
        As of `sklimg.search.grid_search`.

    Returns
    -------
    search : Search

    Raises
    ------
    MissingExtra
        Without optuna.
    UsageError
        If the learning rate depends on where a training ends, or there are no epochs.
    DataError
        If no candidate could be fitted, or the journal is one of other data, folds or
        parameters.
    """
    optuna = require("optuna", "tune")
    last = last_step(estimator)
    if last.learning_rate == "one-cycle" or last.solver == "lbfgs":
        raise UsageError(
            "search: hyperband trains in stages, which neither learning_rate=one-cycle nor "
            "solver=lbfgs can; choose others"
        )
    journal = Journal() if journal is None else journal
    folds = folds[: few_folds(len(X), len(folds))]
    journal.begin(about_search(estimator, space, X, y, groups, folds))
    shared = SharedFolds(X, y, groups, folds, workers or Workers())
    ladder = brackets(last.max_iter)
    race = Race(estimator, shared, journal, ladder, budget=budget, tell=tell, progress=progress)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=last.random_state)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    try:
        for rungs in ladder:
            drawn = [study.ask() for _ in range(rungs[0][0])]
            reports = race.run([_draw(trial, space) for trial in drawn], rungs)
            for trial, scores in zip(drawn, reports, strict=True):
                _report(study, trial, scores, rungs[-1][1])
            if race.is_over:
                break
    except KeyboardInterrupt as err:
        raise SearchInterrupted(race.trials) from err
    trials = race.trials
    if trials.best is None:
        raise DataError(f"search: no candidate could be fitted: {trials.reasons[0]}")
    history = trials.records[trials.best][0]["history"]
    return Search(trials, trials.candidates[trials.best], history=history)


def few_folds(n_images: int, n_folds: int) -> int:
    """Return how many folds of those at hand tell enough."""
    return 1 if n_images > _MANY else n_folds


def _draw(trial: Any, space: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a trial of optuna suggests."""

    def number(name: str, span: Span) -> float:
        kind = trial.suggest_int if span.is_whole else trial.suggest_float
        return kind(name, *span, log=span.is_log)

    params: dict[str, Any] = {}
    for name, values in space.items():
        if isinstance(values, Span):
            params[name] = number(name, values)
        elif isinstance(values, tuple) and any(isinstance(v, Span) for v in values):
            params[name] = tuple(
                number(f"{name} {i}", v) if isinstance(v, Span) else v for i, v in enumerate(values)
            )
        else:
            params[name] = values[trial.suggest_categorical(name, list(range(len(values))))]
    return params


def _report(study: Any, trial: Any, scores: Mapping[int, float], n_epochs: int) -> None:
    """Tell optuna how a candidate fared after some epochs."""
    for epochs, accuracy in scores.items():
        trial.report(accuracy, epochs)
    if n_epochs in scores:
        study.tell(trial, scores[n_epochs])
    else:
        study.tell(trial, state=_state("PRUNED" if scores else "FAIL"))


def _state(name: str) -> Any:
    return require("optuna.trial", "tune").TrialState[name]
