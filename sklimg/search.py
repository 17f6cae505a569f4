"""Search a grid of parameters with scikit-learn's GridSearchCV, and lose no fit of it.

The fits are made side by side and written into a journal as they end. GridSearchCV
then runs over the same Pipeline, candidates and folds, and takes each score from
the journal: means, ranks and the choice are its own.

Every fit runs on one BLAS thread, whatever the number of jobs: results repeat,
and fits side by side do not fight for the cores.

Floor 4: prints nothing; what it does goes to callables.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import DataError
from sklimg.files import count
from sklimg.fitting import pipeline_inside
from sklimg.foldruns import (
    Budget,
    Progress,
    SharedFolds,
    about_search,
    recorded,
    run_fits,
)
from sklimg.journal import Journal
from sklimg.sharedfits import complexity, shared_fits, with_params
from sklimg.trials import Search, SearchInterrupted, Trials
from sklimg.workers import Workers

__all__ = ["grid_search"]

_MOST_REASONS = 3  # that an error names


def grid_search(
    estimator: Pipeline | Augmented,
    grid: Mapping[str, Sequence],
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
    """Search *grid* by cross-validation.

    Parameters
    ----------
    estimator : Pipeline or Augmented
        Unfitted.
    grid : mapping of str to sequence
        Full parameter names of the pipeline and the values to try.
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    folds : sequence of (train, test)
        Row indices.
    groups : ndarray of shape (n_images,), optional
        Rows that early stopping keeps on one side.
    workers : Workers, optional
        By default one process a core.
    journal : Journal, optional
        Of this search; fits that it holds are not made again.
    budget : Budget, optional
        When to end with the best so far.
    tell, progress : callable, optional
        Called with a topic and a text; with a `Progress` after each fit.

    Returns
    -------
    search : Search
        Its ``grid`` is a GridSearchCV, fitted but for the best estimator; candidates
        that could not be fitted, or were not tried, have a score of NaN.

    Raises
    ------
    DataError
        If no candidate could be fitted, or the journal is one of other data, folds or
        parameters.
    OutputError
        If the journal cannot be written.
    """
    journal = Journal() if journal is None else journal
    journal.begin(about_search(estimator, grid, X, y, groups, folds))
    candidates = list(ParameterGrid(dict(grid)))
    fits = shared_fits(estimator, candidates)
    shared = SharedFolds(X, y, groups, folds, workers or Workers())
    records = recorded(candidates, len(folds), journal)
    complexities = [complexity(with_params(estimator, params)) for params in candidates]
    trials = Trials(candidates, records, complexities, dict(grid))
    try:
        run_fits(fits, trials, shared, journal, budget=budget, tell=tell, progress=progress)
    except KeyboardInterrupt as err:
        raise SearchInterrupted(trials) from err
    if trials.best is None:
        reasons = list(dict.fromkeys(trials.reasons))
        more = f" (and {count(len(reasons) - _MOST_REASONS, 'other reason')})"
        raise DataError(
            f"grid: no candidate could be fitted: {'; '.join(reasons[:_MOST_REASONS])}"
            + more * (len(reasons) > _MOST_REASONS)
        )
    search = _collate(estimator, grid, trials, y, folds)
    return Search(trials, search.best_params_, search)


class _Recorded(Pipeline):
    """A Pipeline whose fits were made elsewhere."""

    def fit(self, X: np.ndarray, y: np.ndarray | None = None, **params: object) -> "_Recorded":
        """Do nothing: what came of it is in the journal."""
        return self


def _collate(
    estimator: Pipeline | Augmented,
    grid: Mapping[str, Sequence],
    trials: Trials,
    y: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> GridSearchCV:
    """Run GridSearchCV over recorded scores; it is given row numbers in place of images."""
    fold_of = {test.tobytes(): k for k, (_, test) in enumerate(folds)}
    names = sorted(grid)
    number_of = {_key(params, names): i for i, params in enumerate(trials.candidates)}
    scores = trials.scores

    def recorded_accuracy(fitted: BaseEstimator, rows: np.ndarray, labels: np.ndarray) -> float:
        params = fitted.get_params()
        return scores[number_of[_key(params, names)], fold_of[rows[:, 0].tobytes()]]

    pipeline = pipeline_inside(estimator)
    shell = _Recorded(clone(pipeline).steps)
    wanted = {name: list(values) for name, values in grid.items()}
    search = GridSearchCV(shell, wanted, scoring=recorded_accuracy, cv=list(folds), refit=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="One or more of the test scores are non-finite")
        search.fit(np.arange(len(y))[:, np.newaxis], y)
    search.estimator, search.scoring, search.refit = clone(estimator), "accuracy", True
    search.scorer_ = get_scorer("accuracy")
    for key, name in (("fit_seconds", "fit_time"), ("score_seconds", "score_time")):
        seconds = np.array([[r[key] if r else np.nan for r in row] for row in trials.records])
        search.cv_results_[f"mean_{name}"] = seconds.mean(axis=1)
        search.cv_results_[f"std_{name}"] = seconds.std(axis=1)
    return search


def _key(params: Mapping, names: Sequence[str]) -> str:
    return repr([params[name] for name in names])
