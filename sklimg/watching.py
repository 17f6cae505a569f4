"""Fit a pipeline while rows that were held back watch.

A Pipeline passes no other rows to its last step, so the steps are fitted here one
by one; the features are learned from the training rows alone.

Floor 2: estimators alone.
"""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sklimg.mlp import MLPClassifier

__all__ = ["fit_watched", "last_step", "tells_epochs"]


def last_step(estimator: BaseEstimator) -> BaseEstimator:
    """Return the classifier at the end of pipelines and of what wraps them."""
    while isinstance(estimator, Pipeline) or hasattr(estimator, "estimator"):
        estimator = estimator[-1] if isinstance(estimator, Pipeline) else estimator.estimator
    return estimator


def tells_epochs(estimator: BaseEstimator) -> bool:
    """Tell whether it ends in an MLP of ours that trains by epochs."""
    last = last_step(estimator)
    return isinstance(last, MLPClassifier) and last.solver != "lbfgs"


def fit_watched(
    estimator: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    validation_data: tuple[np.ndarray, np.ndarray],
) -> BaseEstimator:
    """Fit an estimator that `tells_epochs`, watched by other rows, and return it.

    Parameters
    ----------
    estimator : Pipeline or MLPClassifier
        It is fitted in place.
    X : ndarray of shape (n_images, n_features)
    y : ndarray of shape (n_images,)
    validation_data : tuple of X and y
        Of other rows.
    """
    X_held, y_held = validation_data
    if not isinstance(estimator, Pipeline):
        return estimator.fit(X, y, validation_data=validation_data)
    if len(estimator) > 1:
        features = estimator[:-1]
        X, X_held = features.fit_transform(X, y), features.transform(X_held)
    estimator[-1].fit(X, y, validation_data=(X_held, y_held))
    return estimator
