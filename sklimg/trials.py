"""The candidates of a search, and how they fared: the table trials.csv.

Floor 3: plain values, prints nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

__all__ = ["NOT_TRIED", "Search", "SearchInterrupted", "Trials", "plain_value", "value_text"]

NOT_TRIED = "not tried"


@dataclass
class Trials:
    """Candidates and the records of their fits.

    Attributes
    ----------
    candidates : list of dict
        Parameters by their full names.
    records : list of lists of dict or None
        Of each candidate, one a fold; None where there is no fit.
    complexities : list of tuple
        What makes a candidate simpler: the smaller tuple.
    space : mapping of str to sequence
        The values of each parameter in a grid; empty where they were drawn.
    more : dict of str to list
        Further columns.
    """

    candidates: list[dict[str, Any]]
    records: list[list[dict | None]]
    complexities: list[tuple]
    space: Mapping[str, Sequence] = field(default_factory=dict)
    more: dict[str, list] = field(default_factory=dict)

    @property
    def scores(self) -> np.ndarray:
        """Accuracies of shape (n_candidates, n_folds); NaN where there is none."""
        values = [[_accuracy(record) for record in row] for row in self.records]
        return np.array(values, float)

    @property
    def means(self) -> np.ndarray:
        """Mean accuracy of each candidate; NaN unless it was fitted on every fold."""
        return self.scores.mean(axis=1)

    @property
    def best(self) -> int | None:
        """The number of the best candidate, the first of equals; None if none was fitted."""
        return None if np.isnan(self.means).all() else int(np.nanargmax(self.means))

    @property
    def best_mean(self) -> float | None:
        """The mean accuracy of the best candidate; None if none was fitted."""
        return None if self.best is None else float(self.means[self.best])

    @property
    def n_done(self) -> int:
        """How many fits there are."""
        return sum(record is not None for row in self.records for record in row)

    @property
    def n_untried(self) -> int:
        """How many candidates lack a fit on some fold."""
        return sum(any(record is None for record in row) for row in self.records)

    @property
    def n_failed(self) -> int:
        """How many candidates could not be fitted on some fold."""
        return sum(any(record and record["reason"] for record in row) for row in self.records)

    @property
    def reasons(self) -> list[str]:
        """Why a candidate has no mean: the first reason of each; empty where it has one."""
        return [
            next(
                (NOT_TRIED if record is None else record["reason"] for record in row
                 if record is None or record["reason"]),
                "",
            )
            for row in self.records
        ]  # fmt: skip

    @property
    def standard_error(self) -> float | None:
        """The standard error of the best candidate's mean; None for a single fold."""
        n_folds = self.scores.shape[1]
        if self.best is None or n_folds < 2:
            return None
        return float(self.scores[self.best].std(ddof=1) / np.sqrt(n_folds))

    @property
    def level(self) -> list[int]:
        """Numbers of the candidates within one standard error of the best, itself among them."""
        if self.best is None or self.standard_error is None:
            return [] if self.best is None else [self.best]
        least = self.means[self.best] - self.standard_error
        return [int(i) for i in np.flatnonzero(self.means >= least)]

    @property
    def simplest(self) -> int | None:
        """The simplest of those candidates; the better one of two that are as simple."""
        means = self.means
        return min(self.level, key=lambda i: (self.complexities[i], -means[i]), default=None)

    def edges(self) -> list[str]:
        """Return the parameters whose best value is the least or greatest of three or more.

        Numbers, or single layers; none while some candidates were not tried.
        """
        if self.best is None or self.n_untried:
            return []
        edges = []
        for name, values in self.space.items():
            numbers = [_number(value) for value in values]
            best = _number(self.candidates[self.best][name])
            if len(values) > 2 and None not in numbers and best in (min(numbers), max(numbers)):
                edges.append(name)
        return edges

    def columns(self) -> dict[str, list]:
        """Return the table, best first; times only in columns that end in ``_seconds``."""
        means, scores = self.means, self.scores
        order = np.argsort(-np.where(np.isnan(means), -1.0, means), kind="stable").tolist()
        ranks = [1 + int(np.sum(means > means[i])) for i in order]
        n_ranked = int(np.sum(~np.isnan(means)))
        columns: dict[str, list] = {
            "rank": [rank if k < n_ranked else "" for k, rank in enumerate(ranks)]
        }
        for name in self.candidates[0]:
            columns[name] = [plain_value(self.candidates[i][name]) for i in order]
        for name, values in self.more.items():
            columns[name] = [values[i] for i in order]
        columns["mean_accuracy"] = [_cell(means[i]) for i in order]
        columns["std_accuracy"] = [_cell(scores[i].std()) for i in order]
        for fold in range(scores.shape[1]):
            columns[f"fold{fold + 1}_accuracy"] = [_cell(scores[i, fold]) for i in order]
        level, reasons = set(self.level), self.reasons
        columns["within_one_standard_error"] = [i in level for i in order]
        columns["reason"] = [reasons[i] for i in order]
        for key in ("fit_seconds", "score_seconds"):
            columns[key] = [_mean_seconds(self.records[i], key) for i in order]
        return columns


@dataclass
class Search:
    """What came of a search.

    Attributes
    ----------
    trials : Trials
        Every candidate.
    best_params : dict
        Of the best, by full names.
    grid : GridSearchCV or None
        Fitted as if it had made the fits itself; None if no grid was searched.
    history : dict or None
        Of the best on the first fold, epoch by epoch, if it was watched.
    """

    trials: Trials
    best_params: dict[str, Any]
    grid: GridSearchCV | None = None
    history: dict[str, list] | None = None


class SearchInterrupted(KeyboardInterrupt):
    """Somebody ended a search; it has the table so far."""

    def __init__(self, trials: Trials):
        super().__init__()
        self.trials = trials


def plain_value(value: Any) -> Any:
    """Write layers as the command takes them, 600-300; leave the rest."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else value


def value_text(value: Any) -> str:
    """Write a value in a few characters."""
    return f"{value:.4g}" if isinstance(value, float) else str(plain_value(value))


def _number(value: Any) -> float | None:
    """Return a number, or the size of a single layer; None for anything else."""
    if isinstance(value, tuple) and len(value) == 1:
        (value,) = value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None


def _accuracy(record: Mapping | None) -> float:
    return np.nan if record is None or record["accuracy"] is None else record["accuracy"]


def _cell(value: float) -> float | str:
    return "" if np.isnan(value) else float(value)


def _mean_seconds(records: Sequence[Mapping | None], key: str) -> float | str:
    seconds = [record[key] for record in records if record is not None]
    return round(float(np.mean(seconds)), 4) if seconds else ""
