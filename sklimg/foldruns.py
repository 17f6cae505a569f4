"""Run the fits of a search side by side, each into the journal as it ends.

Floor 3: starts processes; prints nothing, what it does goes to callables.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.files import duration
from sklimg.foldfits import fit_on_fold, plain_labels, prepare_fold
from sklimg.journal import Journal, digest_of
from sklimg.sharedfits import SharedFit, features_key
from sklimg.trials import Trials
from sklimg.watching import last_step
from sklimg.workers import Workers

__all__ = ["Budget", "Progress", "SharedFolds", "about_search", "left_of", "recorded", "run_fits"]


@dataclass(frozen=True)
class Progress:
    """How far a search is: fits done and in all, best mean accuracy so far, seconds left."""

    done: int
    total: int
    best: float | None
    left_seconds: float | None = None
    place: str = ""


class Budget:
    """The time that a search may take.

    Parameters
    ----------
    seconds : float, optional
        None for as long as it takes.
    """

    def __init__(self, seconds: float | None = None):
        self.end = None if seconds is None else monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.end is not None and monotonic() > self.end


def left_of(seconds: float | None, begun: float) -> float | None:
    """Return what is left of some seconds that began then, by `time.monotonic`."""
    return None if seconds is None else max(seconds - (monotonic() - begun), 0.0)


class SharedFolds:
    """What classifiers learn from on each fold, made once and shared with the workers.

    Parameters
    ----------
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    groups : ndarray of shape (n_images,) or None
    rows : sequence of (train, test)
        Row indices of each fold.
    workers : Workers
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None,
        rows: Sequence[tuple[np.ndarray, np.ndarray]],
        workers: Workers,
    ):
        self.data, self.rows, self.workers = (X, plain_labels(y), groups), rows, workers
        self._shared: Any = None
        self._key, self._folds = "", {}

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, estimator: Pipeline | Augmented, wanted: Sequence[int]) -> dict[int, Any]:
        """Return what stands for some folds, with the features of an estimator."""
        key = features_key(estimator)
        if key != self._key:
            self._key, self._folds = key, {}  # those of one kind at a time
        missing = [k for k in sorted(set(wanted)) if k not in self._folds]
        if missing and self._shared is None:
            self._shared = self.workers.share(self.data)
        tasks = [(estimator, self._shared, self.rows[k]) for k in missing]
        for i, fold in self.workers.run(prepare_fold, tasks):
            self._folds[missing[i]] = self.workers.share(fold)
        return self._folds


def about_search(
    estimator: Pipeline | Augmented,
    space: Mapping[str, Sequence],
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray | None,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> dict[str, str]:
    """Return digests of what a search is made of, for its journal."""
    params = {
        name: type(value).__name__ if hasattr(value, "get_params") else value
        for name, value in estimator.get_params().items()
        if not name.endswith(("n_jobs", "steps", "__cache"))
    }
    return {
        "data": digest_of(X, y, groups),
        "folds": digest_of(*(part for fold in folds for part in fold)),
        "parameters": digest_of(params, space),
    }


def recorded(
    candidates: Sequence[Mapping[str, Any]], n_folds: int, journal: Journal
) -> list[list[dict | None]]:
    """Return what the journal holds of each candidate on each fold."""
    return [[journal.get(params, _name(k)) for k in range(n_folds)] for params in candidates]


def run_fits(
    fits: Sequence[SharedFit],
    trials: Trials,
    folds: SharedFolds,
    journal: Journal,
    *,
    budget: Budget | None = None,
    tell: Callable[[str, str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Make every fit that *trials* lacks, into these and the journal.

    At least one candidate is fitted on every fold, however small the budget.
    """
    budget, tell = budget or Budget(), tell or (lambda topic, text: None)
    records = trials.records
    left = [
        (fit, k)
        for fit in fits
        for k in range(len(folds))
        if any(records[i][k] is None for i in fit.candidates)
    ]
    left.sort(key=lambda item: item[0].features)  # stable: the order of the grid within
    ahead = sum(fit.work for fit, _ in left)
    start, done_work = monotonic(), 0.0
    sample = _sample(left, folds.workers.n)
    for batch in _batches(left, sample):
        for fit, k, made in _fitted(batch, folds):
            missing = [n for n, i in enumerate(fit.candidates) if records[i][k] is None]
            for i, record in ((fit.candidates[n], made[n]) for n in missing):
                journal.put(trials.candidates[i], _name(k), record)
                records[i][k] = record
            done_work += fit.work
            best = trials.best_mean
            if progress is not None:
                seconds = (monotonic() - start) * (ahead - done_work) / done_work
                progress(Progress(trials.n_done, len(records) * len(folds), best, seconds))
            if budget.is_over and best is not None:
                return
        if sample:
            _tell_cost(batch, records, ahead, folds.workers, tell)
            sample = []


def _sample(left: list[tuple], n: int) -> list[int]:
    """Return the numbers of the first and the last fit, whose time tells that of all."""
    if len(left) <= 2 * n + 2:
        return []
    return [0, len(left) - 1] if left[0][0].features == left[-1][0].features else [0]


def _batches(left: list[tuple], sample: list[int]) -> Iterator[list[tuple]]:
    """Yield the fits of a sample, and then the others, those of equal features together."""
    first, kinds = set(sample), sorted({fit.features for fit, _ in left})
    yield [left[i] for i in sample]
    for features in kinds:
        yield [one for i, one in enumerate(left) if i not in first and one[0].features == features]


def _fitted(batch: list[tuple], folds: SharedFolds) -> Iterator[tuple[SharedFit, int, list[dict]]]:
    """Yield fits of equal features, their folds and their records, as they end."""
    if not batch:
        return
    of_fold = folds.of(batch[0][0].estimator, [k for _, k in batch])
    tasks = [(last_step(fit.estimator), of_fold[k], fit.epochs) for fit, k in batch]
    for number, made in folds.workers.run(fit_on_fold, tasks):
        yield *batch[number], made


def _tell_cost(
    batch: list[tuple], records: list, ahead: float, workers: Workers, tell: Callable
) -> None:
    """Tell how long the fits will take if they are like the first ones."""
    seconds = sum(max(records[i][k]["fit_seconds"] for i in fit.candidates) for fit, k in batch)
    work = sum(fit.work for fit, _ in batch)
    whole = seconds / work * ahead / workers.n
    each = " and ".join(
        duration(max(records[i][k]["fit_seconds"] for i in fit.candidates)) for fit, k in batch
    )
    tell("cost", f"a first look took {each}: about {duration(whole)} on {workers.n} {workers.name}")


def _name(fold: int) -> str:
    return f"fold{fold + 1}"
