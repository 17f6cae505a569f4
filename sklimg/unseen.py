"""What an older and a newer model say of images that neither was trained on.

Floor 5: fits and predicts, prints nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.gate import Gate, judge_newer
from sklimg.growth import Growth
from sklimg.heldback import HeldBack
from sklimg.learners import Anew, GoingOn
from sklimg.model import Model
from sklimg.splits import grouped_folds

__all__ = ["Unseen", "fold_answers", "validation_answers"]

_N_FOLDS = 5
_MOST_FOLDED = 5_000  # training rows, from where one fold is enough


@dataclass(frozen=True)
class Unseen:
    """The answers of both.

    Attributes
    ----------
    held : HeldBack
        Those of the newer one, and of which images.
    before : ndarray of shape (n_images,) of str
        Those of the older one.
    history : dict or None
        The epochs of a newer one that these images watched.
    """

    held: HeldBack
    before: np.ndarray
    history: dict[str, list] | None

    def gate(self, classes: np.ndarray, growth: Growth) -> Gate:
        """Return whether the newer model may take the older one's place.

        Parameters
        ----------
        classes : ndarray of shape (n_classes,) of str
            Of the newer one's probabilities.
        growth : Growth
        """
        table, rows = growth.parts.table, self.held.rows
        after = classes[self.held.probabilities.argmax(axis=1)]
        missing = sorted(set(table.labels[growth.parts.train]) - set(classes))
        groups, is_new = growth.parts.groups[rows], growth.is_new[rows]
        told = table.labels[rows], self.before, after, groups, is_new
        return judge_newer(*told, missing, self.held.where)


def validation_answers(
    learner: Anew | GoingOn, fitted: Any, older: Model, growth: Growth
) -> Unseen:
    """Return what both models say of the validation part."""
    rows = growth.parts.validation
    shares = learner.probabilities(fitted, rows)
    before = older.predict(growth.parts.table.pixels[rows])
    return Unseen(HeldBack(rows, shares, "the validation part"), before, _history(fitted))


def fold_answers(
    learner: Anew | GoingOn, classes: np.ndarray, growth: Growth, rng: np.random.Generator
) -> Unseen:
    """Return what models of the old rows, and of all, say of folds that they lacked.

    Parameters
    ----------
    learner : Anew or GoingOn
    classes : ndarray of shape (n_classes,) of str
        Columns of the probabilities.
    growth : Growth
        Its training part is folded; of a large one, one fold is enough.
    rng : numpy.random.Generator
    """
    parts = growth.parts
    train, labels = parts.train, parts.table.labels
    folds = grouped_folds(labels[train], parts.groups[train], _N_FOLDS, rng)
    is_large = len(train) > _MOST_FOLDED
    column = {label: i for i, label in enumerate(classes)}
    found, history = [], None
    for k, (rest, held) in enumerate(folds[:1] if is_large else folds):
        rest, held = train[rest], train[held]
        old = rest[~growth.is_new[rest]]
        watch = None if k or learner.stops_early else held  # or they would choose its epoch
        before = np.full(len(held), labels[old][0] if len(old) else "", object)
        if len(set(labels[old])) > 1:
            first = learner.first(old)
            before = first.classes_[learner.probabilities(first, held).argmax(axis=1)]
            after = learner.further(first, rest, watch=watch)
        else:  # the fold took the rest of the classes
            after = learner.first(rest)
        history = history or _history(after)
        shares = np.zeros((len(held), len(classes)))
        shares[:, [column[label] for label in after.classes_]] = learner.probabilities(after, held)
        found.append((held, shares, before, np.isin(labels[held], after.classes_)))
    rows, shares, before, is_known = (np.concatenate(some) for some in zip(*found, strict=True))
    where = "a fifth held back" if is_large else "the folds"
    return Unseen(HeldBack(rows, shares, where, is_known), before, history)


def _history(fitted: Any) -> dict[str, list] | None:
    """Return the epochs of what a learner has fitted, if it has some."""
    last = fitted[-1] if isinstance(fitted, Pipeline) else fitted
    return getattr(last, "history_", None)
