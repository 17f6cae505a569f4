"""Epoch by epoch: how loss and accuracy go on the training and validation rows.

Floor 4: works on arrays, prints nothing.
"""

import numpy as np
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from sklimg.fitting import one_quiet_thread

__all__ = ["epoch_history"]

_MOST_SCORED = 5_000  # rows of each part that are scored in every epoch


def epoch_history(
    fitted: Pipeline, X: np.ndarray, y: np.ndarray, fold: tuple[np.ndarray, np.ndarray], seed: int
) -> dict[str, list] | None:
    """Train anew on one part of a fold and watch both parts in each epoch.

    scikit-learn's MLPClassifier tells its training loss alone. So a clone of the
    fitted pipeline is trained on the fold's training rows for as many epochs as
    the fitted one took, and scored after each on 5,000 rows of each part at most;
    the fitted one is left as it is.

    Parameters
    ----------
    fitted : Pipeline
        Its last step decides: other classifiers and solvers have no epochs.
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    fold : tuple of ndarray
        Row indices of training and validation part.
    seed : int

    Returns
    -------
    history : dict of str to list, or None
        ``epoch``, ``loss``, ``accuracy``, ``validation_loss`` and
        ``validation_accuracy``; None where there are no epochs.
    """
    last = fitted[-1]
    if not isinstance(last, MLPClassifier) or last.solver == "lbfgs":
        return None
    classifier = clone(last).set_params(
        early_stopping=False, random_state=np.random.RandomState(seed)
    )
    train, validation = fold
    features = clone(fitted[:-1]).fit(X[train], y[train])
    some = [rows[:: -(-len(rows) // _MOST_SCORED)] for rows in (train, validation)]
    parts = [(features.transform(X[rows]), y[rows]) for rows in some]
    learned = features.transform(X[train]), y[train]
    names = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")
    history: dict[str, list] = {name: [] for name in names}
    with one_quiet_thread():
        for epoch in range(1, last.n_iter_ + 1):
            classifier.partial_fit(*learned, classes=last.classes_)
            scores = [
                score for X_part, y_part in parts for score in _scores(classifier, X_part, y_part)
            ]
            for name, value in zip(names, [epoch, *scores], strict=True):
                history[name].append(value)
    return history


def _scores(classifier: MLPClassifier, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return mean log loss and accuracy."""
    probabilities = classifier.predict_proba(X).astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    column = np.searchsorted(classifier.classes_, y)
    loss = log_loss(column, probabilities, labels=np.arange(len(classifier.classes_)))
    return float(loss), float(np.mean(probabilities.argmax(axis=1) == column))
