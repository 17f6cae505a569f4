"""Fits of a classifier on the folds of a search, none of them made twice.

What comes before the classifier is computed once for each fold; one training is
scored at several epochs.

Floor 3: works on arrays, prints nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.class_weight import compute_sample_weight

from sklimg.augment import Augmented
from sklimg.errors import ModelError, OutputError
from sklimg.files import one_line
from sklimg.fitting import one_quiet_thread
from sklimg.mlp import MLPClassifier

__all__ = ["Fold", "fit_on_fold", "plain_labels", "prepare_fold", "train_on_fold"]

_FAILURES = (  # what an estimator raises that cannot use its parameters
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Fold(NamedTuple):
    """What a classifier learns from, and what it is scored on: features and labels.

    Attributes
    ----------
    X, y : ndarray
        Of the training rows.
    groups : ndarray or None
        Rows that early stopping keeps on one side.
    watch : tuple of X and y, or None
        Rows that were held back before copies were made.
    X_test, y_test : ndarray
        Of the rows that are held out.
    """

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray | None
    watch: tuple[np.ndarray, np.ndarray] | None
    X_test: np.ndarray
    y_test: np.ndarray


def prepare_fold(
    estimator: Pipeline | Augmented,
    data: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    rows: tuple[np.ndarray, np.ndarray],
) -> Fold | str:
    """Return what the classifier of an estimator takes in a fold: features, made once.

    Or why they cannot be made.

    Parameters
    ----------
    estimator : Pipeline or Augmented
    data : tuple of X, y and groups
        ndarray of shape (n_images, n_pixels), and of (n_images,); groups may be None.
    rows : tuple of ndarray
        Indices of the training rows and of those held out.
    """
    X, y, groups = data
    train, test = rows
    X_train, y_train, watch = X[train], y[train], None
    some = None if groups is None else groups[train]
    pipeline = estimator
    try:
        with _enough_memory(), one_quiet_thread():
            if isinstance(estimator, Augmented):
                X_train, y_train, watch = estimator.with_copies_apart(X_train, y_train, some)
                pipeline, some = estimator.estimator, None
            X_test = X[test]
            if len(pipeline) > 1:
                features = clone(pipeline[:-1])
                X_train = features.fit_transform(X_train, y_train)
                X_test = features.transform(X_test)
                watch = None if watch is None else (features.transform(watch[0]), watch[1])
    except ModelError:  # a network that is gone or has changed is no fault of a candidate
        raise
    except _FAILURES as err:
        return one_line(err)[:300] or type(err).__name__
    return Fold(X_train, y_train, some, watch, X_test, y[test])


def fit_on_fold(
    classifier: BaseEstimator, fold: Fold | str, epochs: Sequence[int | None]
) -> list[dict[str, Any]]:
    """Fit a clone of a classifier and score it, perhaps at several epochs.

    Returns
    -------
    records : list of dict
        For each of *epochs* the ``accuracy`` on the rows held out, ``n_epochs`` of
        those that tell, ``fit_seconds`` and ``score_seconds``; or a ``reason`` and an
        accuracy of None if it could not be fitted.
    """
    if isinstance(fold, str):
        return [_failed(fold, 0.0) for _ in epochs]
    classifier, start = clone(classifier), perf_counter()
    how: dict[str, Any] = {}
    if isinstance(classifier, MLPClassifier):
        how = {"groups": fold.groups, "validation_data": fold.watch}
        how |= {"keep_epochs": [n for n in epochs if n is not None]}
    try:
        with _enough_memory(), one_quiet_thread():
            classifier.fit(fold.X, fold.y, **how)
            taken = perf_counter() - start
            return [_scored(classifier, fold, n, taken) for n in epochs]
    except _FAILURES as err:
        taken = perf_counter() - start
        return [_failed(err, taken) for _ in epochs]


def train_on_fold(
    classifier: MLPClassifier, fold: Fold | str, n_epochs: int
) -> tuple[MLPClassifier, dict[str, Any]]:
    """Train a classifier for some more epochs and score it.

    Training goes epoch by epoch, so that two stages are one long one.

    Returns
    -------
    classifier : MLPClassifier
        Itself, trained.
    record : dict
        As of `fit_on_fold`, and the ``history`` of these epochs, watched by the rows
        held out.
    """
    if isinstance(fold, str):
        return classifier, _failed(fold, 0.0)
    start, weight, sample_weight = perf_counter(), classifier.class_weight, None
    if weight == "balanced":  # which partial_fit does not know, as it sees some rows alone
        sample_weight = compute_sample_weight(weight, fold.y)
        classifier.set_params(class_weight=None)
    watched = defaultdict(list)
    try:
        with _enough_memory(), one_quiet_thread():
            for _ in range(n_epochs):
                classifier.partial_fit(fold.X, fold.y, sample_weight)
                probabilities = classifier.predict_proba(fold.X_test)
                right = classifier.classes_[probabilities.argmax(axis=1)] == fold.y_test
                loss = _log_loss(classifier.classes_, probabilities, fold.y_test)
                watched["validation_loss"].append(loss)
                watched["validation_accuracy"].append(float(np.mean(right)))
    except _FAILURES as err:
        return classifier, _failed(err, perf_counter() - start)
    finally:
        classifier.set_params(class_weight=weight)
    history = {name: values[-n_epochs:] for name, values in classifier.history_.items()} | watched
    return classifier, {
        "accuracy": watched["validation_accuracy"][-1],
        "n_epochs": classifier.n_iter_,
        "reason": "",
        "history": history,
        "fit_seconds": perf_counter() - start,
        "score_seconds": 0.0,
    }


@contextmanager
def _enough_memory() -> Iterator[None]:
    """Raise OutputError where memory ends: that is no fault of a candidate."""
    try:
        yield
    except MemoryError as err:
        raise OutputError(
            "search: a fit ran out of memory; what is done is kept: go on with --resume and fewer "
            "--jobs"
        ) from err


def _log_loss(classes: np.ndarray, probabilities: np.ndarray, y: np.ndarray) -> float:
    """Return the mean log loss on the rows whose class is known."""
    column = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    is_known = classes[column] == y
    likely = probabilities[is_known, column[is_known]]
    return float(-np.log(np.maximum(likely, 1e-12)).mean()) if is_known.any() else 0.0


def _failed(err: Exception | str, taken: float) -> dict[str, Any]:
    """Return the record of a fit that could not be made."""
    reason = one_line(err)[:300] or type(err).__name__
    nothing = {"accuracy": None, "n_epochs": None, "reason": reason}
    return nothing | {"fit_seconds": taken, "score_seconds": 0.0}


def _scored(classifier: BaseEstimator, fold: Fold, n_epochs: int | None, taken: float) -> dict:
    """Return the record of a fitted classifier as it was after some epochs."""
    start = perf_counter()
    early = classifier if n_epochs is None else classifier.at_epoch(n_epochs)
    accuracy = float(np.mean(early.predict(fold.X_test) == fold.y_test))
    done = getattr(early, "n_iter_", None)
    done = int(np.max(done)) if done is not None else None
    if n_epochs is not None:
        taken = float(sum(classifier.history_["epoch_seconds"][:n_epochs]))
    return {
        "accuracy": accuracy,
        "n_epochs": done,
        "reason": "",
        "fit_seconds": taken,
        "score_seconds": perf_counter() - start,
    }


def plain_labels(y: np.ndarray) -> np.ndarray:
    """Return labels as text of a fixed length, which can be mapped, if that loses nothing."""
    texts = y.astype(str) if all(isinstance(label, str) for label in y) else y
    return texts if np.array_equal(texts.astype(object), y) else y
