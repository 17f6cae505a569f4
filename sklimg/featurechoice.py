"""Which features to learn from, chosen by cross-validation on the training rows.

Floor 5: fits; what it finds it tells a callable.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.files import count
from sklimg.foldruns import Budget, Progress
from sklimg.journal import Journal
from sklimg.search import grid_search
from sklimg.splits import grouped_folds, hold_back
from sklimg.workers import Workers

__all__ = ["FeatureChoice", "choose_features"]

MOST_IMAGES = 2000  # that features are chosen by
_N_FOLDS = 5


@dataclass(frozen=True)
class FeatureChoice:
    """Presets that were compared, and how they fared.

    Attributes
    ----------
    scores : dict of str to list of float
        Accuracy on each fold, the simplest preset first.
    n_images : int
        That they were compared on.
    """

    scores: dict[str, list[float]]
    n_images: int

    @property
    def best(self) -> str:
        """The preset of the highest mean accuracy, the simplest of equals."""
        return max(self.scores, key=self.mean)

    def mean(self, preset: str) -> float:
        """Return the mean accuracy of a preset."""
        return float(np.mean(self.scores[preset]))

    def standard_error(self, preset: str) -> float:
        """Return the standard error of a mean accuracy over the folds."""
        values = self.scores[preset]
        return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0

    def columns(self) -> dict[str, list]:
        """Return the table ``features.csv``."""
        return {
            "features": list(self.scores),
            "accuracy": [self.mean(preset) for preset in self.scores],
            "standard_error": [self.standard_error(preset) for preset in self.scores],
            "chosen": [str(preset == self.best) for preset in self.scores],
        }

    def __str__(self) -> str:
        order = sorted(self.scores, key=self.mean, reverse=True)
        others = ", ".join(f"{name} {self.mean(name):.3f}" for name in order if name != self.best)
        n_folds = len(self.scores[self.best])
        said = (
            f"{self.best}: accuracy {self.mean(self.best):.3f} ± "
            f"{self.standard_error(self.best):.3f} in {n_folds} folds of "
            f"{count(self.n_images, 'training image')}"
        )
        return f"{said}; {others}" if others else said


def choose_features(
    bases: Mapping[str, Pipeline | Augmented],
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    workers: Workers | None = None,
    journal: Journal | None = None,
    seconds: float | None = None,
    tell: Callable[[str, str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> FeatureChoice:
    """Compare presets of features on folds of at most 2,000 training images.

    Every fit is one of a classifier with its parameters as they are set: what is
    searched is searched afterwards, with the features that were chosen.

    Parameters
    ----------
    bases : mapping of str to Pipeline or Augmented
        Unfitted, by the preset of their features.
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    groups : ndarray of shape (n_images,)
        Rows that stay together.
    rng : numpy.random.Generator
    workers : Workers, optional
    journal : Journal, optional
    seconds : float, optional
        After which presets that were not compared are left out; one is, always.
    tell, progress : callable, optional
    """
    tell, journal = tell or (lambda topic, text: None), journal or Journal()
    rows = np.arange(len(y))
    if len(rows) > MOST_IMAGES:
        rows = hold_back(y, groups, MOST_IMAGES / len(rows), rng)[1]
    folds = grouped_folds(y[rows], groups[rows], _N_FOLDS, rng)
    fits = len(bases) * len(folds)
    tell(
        "features",
        f"auto: {count(len(bases), 'preset')} x {len(folds)} folds = {count(fits, 'fit')}, on "
        f"{count(len(rows), 'training image')} of {len(y)}",
    )
    budget, scores = Budget(seconds), {}
    for preset, base in bases.items():
        if scores and budget.is_over:
            tell("warning", f"the time was up before {preset} was tried; give more --max-time")
            break
        how = {"groups": groups[rows], "workers": workers, "progress": progress}
        part = journal.part(preset.replace("+", "-"))
        search = grid_search(base, {}, X[rows], y[rows], folds, journal=part, **how)
        scores[preset] = search.trials.scores[0].tolist()
    return FeatureChoice(scores, len(rows))
