"""Search a grid of parameters with scikit-learn's GridSearchCV, and show how far it is.

Every fit runs on one BLAS thread, whatever the number of jobs: results repeat,
and fits side by side do not fight for the cores.

Floor 4: prints nothing; progress goes to a callable.
"""

import json
import tempfile
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from joblib import effective_n_jobs, parallel_config
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.errors import DataError, UsageError
from sklimg.fitting import fit_alone, group_params, one_quiet_thread
from sklimg.watching import tells_epochs

__all__ = ["Progress", "edge_params", "grid_search", "n_fits", "plain_value", "trial_columns"]

_LOOK_SECONDS = 0.25  # between two looks at what the workers have finished


@dataclass(frozen=True)
class Progress:
    """How far a search is: fits done, fits in all, best mean accuracy so far, and which search."""

    done: int
    total: int
    best: float | None
    elapsed_seconds: float
    place: str = ""

    @property
    def left_seconds(self) -> float | None:
        """Time left if the fits to come take as long as those done."""
        return self.elapsed_seconds * (self.total - self.done) / self.done if self.done else None


def n_fits(grid: Mapping[str, Sequence], n_folds: int) -> tuple[int, int]:
    """Return the number of candidates of a grid and of the fits they take."""
    candidates = len(ParameterGrid(dict(grid)))
    return candidates, candidates * n_folds


def grid_search(
    estimator: Pipeline | Augmented,
    grid: Mapping[str, Sequence],
    X: np.ndarray,
    y: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    groups: np.ndarray | None = None,
    rows: np.ndarray | slice = slice(None),
    jobs: int = -1,
    progress: Callable[[Progress], None] | None = None,
) -> GridSearchCV:
    """Search *grid* by cross-validation and refit the best.

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
    rows : ndarray of int or slice, default=all
        What the best is fitted to in the end.
    jobs : int, default=-1
        Processes; -1 for one a core.
    progress : callable, optional
        Called with a `Progress` now and then, from another thread, and at the end.

    Returns
    -------
    search : GridSearchCV
        Fitted; candidates that could not be fitted have a score of NaN.

    Raises
    ------
    DataError
        If no candidate could be fitted.
    """
    workers = effective_n_jobs(jobs)
    prefix, alone = "", clone(estimator)
    if isinstance(estimator, Augmented):  # as a step: GridSearchCV keeps groups to itself
        prefix, alone = "augmented__estimator__", Pipeline([("augmented", alone)])
    wanted = {f"{prefix}{name}": list(values) for name, values in grid.items()}
    if tells_epochs(alone):
        alone.set_params(**{f"{prefix}classify__n_jobs": 1})
    with (
        tempfile.TemporaryDirectory(prefix="sklimg-search-") as folder,
        _watched(Path(folder), n_fits(grid, len(folds))[1], len(folds), progress),
        parallel_config("loky", n_jobs=workers, inner_max_num_threads=1),
        one_quiet_thread(),
    ):
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", message="One or more of the test scores are non-finite")
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        scoring = _RecordedAccuracy(folder, list(wanted))
        search = GridSearchCV(alone, wanted, scoring=scoring, cv=list(folds), refit=False)
        try:
            search.fit(X, y, **group_params(alone, groups))
        except ValueError as err:
            reason = _reason(alone, wanted, X, y)
            raise DataError(f"grid: no candidate could be fitted: {reason}") from err
    _drop_prefix(search, prefix)
    inside = "estimator__" if prefix else ""
    chosen = {f"{inside}{name}": value for name, value in search.best_params_.items()}
    best = clone(estimator).set_params(**clone(chosen, safe=False))
    some = None if groups is None else groups[rows]
    search.best_estimator_ = fit_alone(best, X[rows], y[rows], groups=some, keep_interrupted=True)
    search.scoring, search.scorer_ = "accuracy", get_scorer("accuracy")  # the folder is gone
    search.refit = True
    return search


def _drop_prefix(search: GridSearchCV, prefix: str) -> None:
    """Name the parameters of a fitted search as those of the pipeline."""

    def plain(params: Mapping[str, Any]) -> dict[str, Any]:
        return {name.removeprefix(prefix): value for name, value in params.items()}

    search.best_params_, search.param_grid = plain(search.best_params_), plain(search.param_grid)
    search.cv_results_["params"] = [plain(params) for params in search.cv_results_["params"]]


def trial_columns(search: GridSearchCV) -> dict[str, list]:
    """Return the candidates of a search as columns, best first: the table trials.csv."""
    results, order = (
        search.cv_results_,
        np.argsort(search.cv_results_["rank_test_score"], kind="stable"),
    )
    columns: dict[str, list] = {"rank": results["rank_test_score"][order].tolist()}
    for name in results["params"][0]:
        columns[name] = [plain_value(results["params"][i][name]) for i in order]
    columns["mean_accuracy"] = results["mean_test_score"][order].tolist()
    columns["std_accuracy"] = results["std_test_score"][order].tolist()
    for fold in range(search.n_splits_):
        columns[f"fold{fold + 1}_accuracy"] = results[f"split{fold}_test_score"][order].tolist()
    columns["fit_seconds"] = results["mean_fit_time"][order].round(3).tolist()
    return columns


def edge_params(search: GridSearchCV) -> list[str]:
    """Return the parameters whose best value is the first or last of three or more numbers."""
    edges = []
    for name, values in search.param_grid.items():
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        if len(values) > 2 and numbers and search.best_params_[name] in (min(values), max(values)):
            edges.append(name)
    return edges


class _RecordedAccuracy:
    """A scorer that leaves a small file behind for whoever watches."""

    def __init__(self, folder: str, names: list[str]):
        self.folder, self.names = folder, names

    def __call__(self, estimator: Pipeline, X: np.ndarray, y: np.ndarray) -> float:
        accuracy = float(np.mean(estimator.predict(X) == y))
        params = estimator.get_params()
        record = {"candidate": repr([params[name] for name in self.names]), "accuracy": accuracy}
        name = uuid4().hex
        part = Path(self.folder, f"{name}.part")
        part.write_text(json.dumps(record))
        part.rename(Path(self.folder, f"{name}.json"))
        return accuracy


@contextmanager
def _watched(folder: Path, total: int, n_folds: int, progress: Callable | None) -> Iterator[None]:
    """Report from a thread what the workers leave in *folder* while the block runs."""
    if progress is None:
        yield
        return
    start, stop = time.perf_counter(), threading.Event()
    seen, scores = set(), defaultdict(list)

    def look() -> None:
        for file in sorted(folder.glob("*.json")):
            if file.name not in seen:
                seen.add(file.name)
                record = json.loads(file.read_text())
                scores[record["candidate"]].append(record["accuracy"])
        means = [np.mean(s) for s in scores.values() if len(s) == n_folds]
        best = float(max(means)) if means else None
        progress(Progress(len(seen), total, best, time.perf_counter() - start))

    def watch() -> None:
        while not stop.wait(_LOOK_SECONDS):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        look()


def _reason(
    estimator: BaseEstimator, grid: Mapping[str, Sequence], X: np.ndarray, y: np.ndarray
) -> str:
    """Return why the first candidate of a grid cannot be fitted."""
    params: dict[str, Any] = ParameterGrid(dict(grid))[0]
    try:
        fit_alone(clone(estimator).set_params(**params), X, y)
    except (DataError, UsageError) as err:
        return str(err)
    return "every fit failed on a fold though not on the whole; are the folds too small?"


def plain_value(value: Any) -> Any:
    """Write layers as the command takes them, 600-300; leave the rest."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else value
