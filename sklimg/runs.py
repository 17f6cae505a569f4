"""A run: a fitted, tested model and everything that can be asked about it.

Floor 5: values alone.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.featurechoice import FeatureChoice
from sklimg.model import Model
from sklimg.parts import Parts
from sklimg.trials import Search

__all__ = ["Run"]


@dataclass
class Run:
    """What `fit` returns.

    Attributes
    ----------
    model : Model
        The fitted classifier.
    metrics : dict
        As in ``metrics.json``.
    parts : Parts
        The rows of the data and which of them were tested on.
    probabilities : ndarray of shape (n_test_images, n_classes)
        Of the test rows.
    refused : list of str
        Why files were not read, one line each.
    search : Search or None
        Its ``grid`` is the GridSearchCV, its ``trials`` every candidate.
    history : dict or None
        Loss and accuracy of each epoch.
    features : FeatureChoice or None
        If features were chosen: the presets that were compared.
    augmented : bool
        Whether it was trained on changed copies, too.
    was_interrupted : bool
        Whether somebody ended it before all was done; the model is the tested one.
    path : Path or None
        The run folder, if there is one.
    """

    model: Model
    metrics: dict[str, Any]
    parts: Parts
    probabilities: np.ndarray
    refused: list[str] = field(default_factory=list)
    search: Search | None = None
    history: dict[str, list] | None = field(default=None, repr=False)
    features: FeatureChoice | None = None
    augmented: bool = False
    was_interrupted: bool = False
    path: Path | None = None

    @property
    def predicted(self) -> np.ndarray:
        """Predicted class of each test row."""
        return np.asarray(self.model.classes, object)[self.probabilities.argmax(axis=1)]
