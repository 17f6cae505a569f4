"""Epoch by epoch: how loss and accuracy go on the training and validation rows.

Floor 4: works on arrays, prints nothing.
"""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier

from sklimg.augment import Augmented
from sklimg.fitting import fit_alone, one_quiet_thread, pipeline_of
from sklimg.watching import tells_epochs

__all__ = ["epoch_history"]

_MOST_SCORED = 5_000  # rows of each part that are scored in every epoch


def epoch_history(
    fitted: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    fold: tuple[np.ndarray, np.ndarray],
    seed: int,
) -> tuple[dict[str, list] | None, BaseEstimator | None]:
    """Return what happened in each epoch of a training that held-back rows watched.

    That is the training of the fitted estimator itself if rows watched it, or if it
    was interrupted. Else a clone is trained on one part of a fold and watched by the
    other; the fitted one is left as it is.

    Parameters
    ----------
    fitted : Pipeline or Augmented
        Its classifier decides: those that are no MLP, and the solver lbfgs, have no
        epochs.
    X : ndarray of shape (n_images, n_pixels)
    y : ndarray of shape (n_images,) of str
    fold : tuple of ndarray
        Row indices of training and validation part.
    seed : int

    Returns
    -------
    history : dict of str to list, or None
        ``epoch``, ``loss``, ``accuracy``, ``validation_loss``,
        ``validation_accuracy`` and perhaps more; None where there are no epochs.
    watched : Pipeline, Augmented or None
        The clone that one part of the fold was enough for, if it is whole.
    """
    last = pipeline_of(fitted)[-1]
    train, held_back = fold
    if tells_epochs(last):
        was_watched = np.isfinite(last.history_["validation_accuracy"]).any()
        if was_watched or last.stop_reason_ == "interrupted":
            return last.history_, None
        watch = X[held_back], y[held_back]
        watched = fit_alone(fitted, X[train], y[train], validation_data=watch)
        return pipeline_of(watched)[-1].history_, watched
    if type(last) is not PlainMLPClassifier or last.solver == "lbfgs":
        return None, None
    return _plain_history(fitted, X, y, fold, seed), None


def _plain_history(
    fitted: BaseEstimator, X: np.ndarray, y: np.ndarray, fold: tuple, seed: int
) -> dict[str, list]:
    """Train scikit-learn's MLP for as many epochs as it took, scoring it after each.

    On 5,000 rows of each part at most.
    """
    last = pipeline_of(fitted)[-1]
    classifier = clone(last).set_params(
        early_stopping=False, random_state=np.random.RandomState(seed)
    )
    train, validation = fold
    X_train, y_train = X[train], y[train]
    if isinstance(fitted, Augmented):
        X_train, y_train = fitted.with_copies(X_train, y_train, np.random.default_rng(seed))
    features = clone(pipeline_of(fitted)[:-1]).fit(X_train, y_train)
    some = [rows[:: -(-len(rows) // _MOST_SCORED)] for rows in (train, validation)]
    parts = [(features.transform(X[rows]), y[rows]) for rows in some]
    learned = features.transform(X_train), y_train
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


def _scores(classifier: PlainMLPClassifier, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return mean log loss and accuracy."""
    probabilities = classifier.predict_proba(X).astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    column = np.searchsorted(classifier.classes_, y)
    loss = log_loss(column, probabilities, labels=np.arange(len(classifier.classes_)))
    return float(loss), float(np.mean(probabilities.argmax(axis=1) == column))
