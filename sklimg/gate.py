"""The gate: whether a model that was trained on more may take the place of an older one.

Both answer the same images, which neither was trained on. Each group of copies has one
vote. The newer one is refused if it reads them worse than chance explains, if it lacks a
class, or if what was added is read as by guessing, so that its labels are in doubt.

Floor 5: works on arrays, prints nothing.

References
----------
.. [1] A. Agresti and Y. Min, "Simple improved confidence intervals for comparing matched
   proportions", Statistics in Medicine 24, 2005.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklimg.evaluation import vote_weights, wilson_interval
from sklimg.files import count, natural_key

__all__ = ["Gate", "judge_newer"]

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_ENOUGH = 10  # new pictures, from where their labels can be in doubt
_SHOWN = 5


@dataclass(frozen=True)
class Gate:
    """What the gate found.

    Attributes
    ----------
    passed : bool
    where : str
        By which images, for a person.
    known, new, all : dict or None
        Of the images that the run had, of those that were added, and of both: ``n`` pictures;
        accuracy ``before`` with its ``before_interval``, and ``after`` with
        ``after_interval``; the ``difference_interval`` of the two. All intervals are 95 %.
        None where there are none.
    reasons : list of str
        Why it did not pass.
    """

    passed: bool
    where: str
    known: dict[str, Any] | None
    new: dict[str, Any] | None
    all: dict[str, Any] | None
    reasons: list[str]

    @property
    def words(self) -> str:
        """What was found, in one line."""
        told = [
            f"{name}: {scores['before']:.3f} -> {scores['after']:.3f} of {scores['n']:g}"
            for name, scores in (("known pictures", self.known), ("new ones", self.new))
            if scores is not None
        ]
        text = f"{', '.join(told)} ({self.where})"
        return f"{text}; {'; '.join(self.reasons)}" if self.reasons else text


def judge_newer(
    labels: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    groups: np.ndarray,
    is_new: np.ndarray,
    missing: Sequence[str],
    where: str,
) -> Gate:
    """Compare the answers of two models.

    Parameters
    ----------
    labels, before, after : ndarray of shape (n_images,) of str
        True classes, and what the older and the newer model say.
    groups : ndarray of shape (n_images,)
    is_new : ndarray of shape (n_images,) of bool
        Which images were added since the older one was trained.
    missing : sequence of str
        Classes of the data that the newer model does not know.
    where : str
        How the images were held back.

    Returns
    -------
    gate : Gate
    """
    right = np.stack([before == labels, after == labels]).astype(float)
    slices = {"known": ~is_new, "new": is_new, "all": np.ones(len(labels), bool)}
    found = {name: _scores(right[:, rows], groups[rows]) for name, rows in slices.items()}
    reasons = []
    if missing:
        named = ", ".join(map(repr, sorted(missing, key=natural_key)[:_SHOWN]))
        reasons.append(f"it does not know {count(len(missing), 'class', 'classes')}: {named}")
    for name, what in (("known", "the pictures it had"), ("all", "all pictures together")):
        scores = found[name]
        if scores is not None and _is_worse(scores):
            low, high = scores["before_interval"]
            reasons.append(
                f"it reads {what} worse: {scores['after']:.3f}, where it was "
                f"{scores['before']:.3f} [{low:.3f}, {high:.3f}]"
            )
            break
    if _is_in_doubt(found, labels, groups, is_new):
        reasons.append(
            f"it reads the new pictures no better than guessing: {found['new']['after']:.3f} of "
            f"{found['new']['n']:g}, so that their labels are in doubt"
        )
    return Gate(not reasons, where, *found.values(), reasons)


def _scores(right: np.ndarray, groups: np.ndarray) -> dict[str, Any] | None:
    """Return how many of some images are read right before and after, each group one vote."""
    if not len(groups):
        return None
    _, group = np.unique(groups, return_inverse=True)
    of_group = np.stack([np.bincount(group, row * vote_weights(groups)) for row in right])
    n = of_group.shape[1]
    before, after = of_group.mean(axis=1).tolist()
    return {
        "n": n,
        "before": before,
        "before_interval": list(wilson_interval(before, n)),
        "after": after,
        "after_interval": list(wilson_interval(after, n)),
        "difference_interval": list(_difference_interval(of_group[1] - of_group[0])),
    }


def _difference_interval(differences: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of a mean of paired differences of 0 and 1 [1]_."""
    n = len(differences) + 2  # with half a picture more in each of the four cases
    mean = float(differences.sum()) / n
    spread = np.sqrt(((differences**2).sum() + 1) / n - mean**2) / np.sqrt(n)
    return mean - _Z * float(spread), mean + _Z * float(spread)


def _is_worse(scores: dict[str, Any]) -> bool:
    """Tell whether a model is worse beyond the older one's interval, or picture by picture."""
    return scores["after"] < scores["before_interval"][0] or scores["difference_interval"][1] < 0


def _is_in_doubt(
    found: dict[str, Any], labels: np.ndarray, groups: np.ndarray, is_new: np.ndarray
) -> bool:
    """Tell whether new pictures are read as by guessing, though others are read well."""
    known, new = found["known"], found["new"]
    if known is None or new is None or new["n"] < _ENOUGH:
        return False
    votes = vote_weights(groups)
    _, code = np.unique(labels, return_inverse=True)
    everywhere = np.bincount(code, votes, code.max() + 1) / votes.sum()
    here = np.bincount(code[is_new], votes[is_new], code.max() + 1) / votes[is_new].sum()
    guessing = float(everywhere @ here)
    return (
        new["after_interval"][1] < known["before_interval"][0]
        and new["after_interval"][0] <= guessing
        and new["difference_interval"][0] <= 0
    )
