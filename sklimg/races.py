"""Races: candidates that are trained rung by rung, of which the best go on.

Floor 3: starts processes; prints nothing, what it does goes to callables.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from time import monotonic
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.files import duration
from sklimg.foldfits import train_on_fold
from sklimg.foldruns import Budget, Progress, SharedFolds
from sklimg.journal import Journal
from sklimg.sharedfits import complexity, features_key, with_params
from sklimg.trials import Trials
from sklimg.watching import last_step

__all__ = ["Race", "brackets"]

FACTOR = 3  # by which candidates become fewer and their epochs more


def brackets(n_epochs: int) -> list[list[tuple[int, int]]]:
    """Return the rungs of each bracket: how many candidates are trained for how many epochs.

    Examples
    --------
    >>> brackets(9)
    [[(9, 1), (3, 3), (1, 9)], [(5, 3), (1, 9)], [(3, 9)]]
    """
    n_rungs, found = 1, []
    while FACTOR**n_rungs <= n_epochs:
        n_rungs += 1
    for s in range(n_rungs - 1, -1, -1):
        n = ceil(n_rungs * FACTOR**s / (s + 1))
        sizes = [max(n // FACTOR**i, 1) for i in range(s + 1)]
        found.append([(size, n_epochs // FACTOR ** (s - i)) for i, size in enumerate(sizes)])
    return found


class Race:
    """Candidates in training.

    Parameters
    ----------
    estimator : Pipeline or Augmented
    folds : SharedFolds
    journal : Journal
        A record for each candidate, fold and rung.
    ladder : list of lists of (size, n_epochs)
        The rungs of each bracket, as of `brackets`.
    budget, tell, progress
        As of `sklimg.foldruns.run_fits`.

    Attributes
    ----------
    trials : Trials
        All candidates so far, with the records of their last rungs.
    is_over : bool
        Whether the time was up.
    """

    def __init__(
        self,
        estimator: Pipeline | Augmented,
        folds: SharedFolds,
        journal: Journal,
        ladder: Sequence[Sequence[tuple[int, int]]],
        *,
        budget: Budget | None = None,
        tell: Callable[[str, str], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ):
        self.estimator, self.folds, self.journal = estimator, folds, journal
        self.budget, self.tell, self.progress = budget or Budget(), tell, progress
        self.trials = Trials([], [], [], more={"bracket": [], "epochs": []})
        self.is_over = False
        self._n_brackets, self._done, self._start = 0, 0, monotonic()
        self._total = len(folds) * sum(size for rungs in ladder for size, _ in rungs)
        self._ahead = len(folds) * sum(map(_epochs, ladder))  # epochs
        self._trained, self._seconds = 0, 0.0  # epochs of this race, and what they took

    def run(
        self, candidates: Sequence[dict[str, Any]], rungs: Sequence[tuple[int, int]]
    ) -> list[dict[int, float]]:
        """Run a bracket; return the accuracies of each candidate, by the epochs of its rungs."""
        trials, first = self.trials, len(self.trials.candidates)
        self._n_brackets += 1
        trials.candidates += candidates
        trials.records += [[None] * len(self.folds) for _ in candidates]
        trials.complexities += [complexity(with_params(self.estimator, c)) for c in candidates]
        trials.more["bracket"] += [self._n_brackets] * len(candidates)
        trials.more["epochs"] += [0] * len(candidates)
        running = list(range(first, first + len(candidates)))
        reports: dict[int, dict[int, float]] = defaultdict(dict)
        states: dict[tuple[int, int], tuple[int, Any]] = {}
        for size, n_epochs in rungs:
            running = running[:size]
            self._rung(running, n_epochs, states)
            if self.is_over:
                break
            means = self.trials.means
            for i in running:
                if not np.isnan(means[i]):
                    reports[i][n_epochs] = float(means[i])
            running = sorted((i for i in running if i in reports), key=lambda i: (-means[i], i))
        return [reports[i] for i in range(first, first + len(candidates))]

    def _rung(self, running: list[int], n_epochs: int, states: dict) -> None:
        """Train candidates up to some epochs on every fold, or read of it in the journal."""
        trials, is_first = self.trials, not self._trained
        waiting = []
        for i in running:
            for k in range(len(self.folds)):
                record = self.journal.get(trials.candidates[i], _name(k, n_epochs))
                if record is None:
                    waiting.append((i, k))
                else:
                    self._note(i, k, n_epochs, record)
        for i, k, classifier, record in self._trainings(waiting, n_epochs, states):
            trained = states.get((i, k), (0, None))[0]
            self._trained += n_epochs - trained
            self._seconds += record["fit_seconds"]
            states[i, k] = n_epochs, classifier
            if trained:
                record["fit_seconds"] += trials.records[i][k]["fit_seconds"]
                record["history"] = _joined(trials.records[i][k], record)
            self.journal.put(trials.candidates[i], _name(k, n_epochs), record)
            self._note(i, k, n_epochs, record)
            if self.budget.is_over and trials.best is not None:
                self.is_over = True
                return
        if is_first and self._trained and self.tell:
            each, n = self._seconds / self._trained, self.folds.workers.n
            whole = duration(each * self._ahead / n)
            name = self.folds.workers.name
            self.tell("cost", f"an epoch took {duration(each)}: about {whole} on {n} {name}")

    def _trainings(
        self, waiting: list[tuple[int, int]], n_epochs: int, states: Mapping
    ) -> Iterator[tuple[int, int, Any, dict]]:
        """Yield candidates, folds, trained classifiers and records, kind by kind of features."""
        kinds = defaultdict(list)
        for i, k in waiting:
            estimator = with_params(self.estimator, self.trials.candidates[i])
            kinds[features_key(estimator)].append((i, k, estimator))
        for members in kinds.values():
            of_fold = self.folds.of(members[0][2], [k for _, k, _ in members])
            tasks = []
            for i, k, estimator in members:
                trained, classifier = states.get((i, k), (0, last_step(estimator)))
                tasks.append((classifier, of_fold[k], n_epochs - trained))
            if len(tasks) == 1:  # nothing runs beside it, and threads change no weight
                tasks[0][0].set_params(n_jobs=None)
            for number, made in self.folds.workers.run(train_on_fold, tasks):
                yield *members[number][:2], *made

    def _note(self, i: int, k: int, n_epochs: int, record: dict) -> None:
        """Take a record into the table, and tell how far it is."""
        trials = self.trials
        trials.records[i][k], trials.more["epochs"][i] = record, n_epochs
        self._done += 1
        if self.progress is not None:
            spent = monotonic() - self._start
            left = spent * (self._total - self._done) / self._done if self._trained else None
            self.progress(Progress(self._done, self._total, trials.best_mean, left))


def _joined(before: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, list]:
    """Return the history of two stages."""
    later = record.get("history", {})
    return {name: before["history"][name] + values for name, values in later.items()}


def _epochs(rungs: Sequence[tuple[int, int]]) -> int:
    """Return the epochs that a bracket takes."""
    before = [0, *(n for _, n in rungs)]
    return sum(size * (n - done) for (size, n), done in zip(rungs, before, strict=False))


def _name(fold: int, n_epochs: int) -> str:
    return f"fold{fold + 1}-epochs{n_epochs}"
