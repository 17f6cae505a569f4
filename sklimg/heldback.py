"""What a classifier says of images that it was not trained on, and of itself.

By them alone its probabilities are calibrated and the threshold of "unknown" is chosen;
the test part has no say.

Floor 5: fits and predicts, prints nothing itself; what it does it tells a callable.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sklimg.calibration import (
    calibration_error,
    choose_threshold,
    cooled,
    divide_outputs,
    fit_temperature,
    is_linear_at_its_end,
    reliability_bins,
)
from sklimg.evaluation import vote_weights
from sklimg.fitting import fit_alone, pipeline_of
from sklimg.names import ERROR_RATE
from sklimg.watching import tells_epochs

__all__ = ["Calibration", "HeldBack", "calibrate", "held_back"]

_MOST_FOLDED = 5_000  # rows, from where one part of them is enough


class HeldBack(NamedTuple):
    """Answers to images that were not trained on.

    Attributes
    ----------
    rows : ndarray of int
        Of the images, among those that were given.
    probabilities : ndarray of shape (n_rows, n_classes)
        In the order of the classifier's classes.
    where : str
        How they were held back, for a person.
    is_known : ndarray of bool, or None
        Whether who answered knew the true class; a fold may lack it. None if all did.
    """

    rows: np.ndarray
    probabilities: np.ndarray
    where: str
    is_known: np.ndarray | None = None


class Calibration(NamedTuple):
    """What was learned from them.

    Attributes
    ----------
    temperature : float
        By which the classifier's outputs were divided.
    n_images : int
    where : str
    accuracy : float
        On the images held back.
    held_back_error, held_back_error_before : float
        Expected calibration error on them.
    threshold : float or None
        See `sklimg.calibration.choose_threshold`.
    """

    temperature: float
    n_images: int
    where: str
    accuracy: float
    held_back_error: float
    held_back_error_before: float
    threshold: float | None


def held_back(
    base: BaseEstimator,
    fitted: BaseEstimator,
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    n_train: int,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    watched: BaseEstimator | None,
) -> HeldBack:
    """Return answers to rows that were held back from training.

    Those are the validation part, if there is one; of up to 5,000 rows, all of them, each
    read by a fit to the other folds; of more, those that an early stopping held back, or
    one fold.

    Parameters
    ----------
    base : Pipeline or Augmented
        Unfitted, with the chosen parameters.
    fitted : Pipeline or Augmented
        Fitted to the first *n_train* rows.
    X : ndarray of shape (n_images, n_pixels)
    y, groups : ndarray of shape (n_images,)
        Of the training rows, and the validation rows behind them.
    n_train : int
    folds : sequence of (train, held back)
        Row indices.
    watched : Pipeline or Augmented, optional
        Fitted to one part of the first fold already.
    """
    if len(y) > n_train:
        rows = np.arange(n_train, len(y))
        return HeldBack(rows, fitted.predict_proba(X[rows]), "the validation part")
    is_large = n_train > _MOST_FOLDED
    if is_large and tells_epochs(fitted):
        rows = getattr(fitted, "held_back_", getattr(pipeline_of(fitted)[-1], "held_back_", None))
        if rows is not None:
            return HeldBack(rows, fitted.predict_proba(X[rows]), "images held back")
    column = {label: i for i, label in enumerate(pipeline_of(fitted).classes_)}
    found = []
    for k, (train, rest) in enumerate(folds[:1] if is_large else folds):
        one = watched if k == 0 else None
        one = one or fit_alone(base, X[train], y[train], groups=groups[train])
        probabilities = np.zeros((len(rest), len(column)))
        order = [column[label] for label in pipeline_of(one).classes_]
        probabilities[:, order] = one.predict_proba(X[rest])  # 0 of a class that a fold lacks
        found.append((rest, probabilities, np.isin(y[rest], pipeline_of(one).classes_)))
    rows, probabilities, is_known = (np.concatenate(parts) for parts in zip(*found, strict=True))
    where = "a fifth held back" if is_large else "the folds"
    return HeldBack(rows, probabilities, where, is_known)


def calibrate(
    pipeline: Pipeline,
    held: HeldBack,
    y: np.ndarray,
    groups: np.ndarray,
    tell: Callable[[str, str], None],
) -> Calibration | None:
    """Make a classifier as sure of its answers as held-back images say that it may be.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted; the outputs of its classifier are divided, in place.
    held : HeldBack
    y, groups : ndarray of shape (n_images,)
        Of the images that `HeldBack.rows` are among.
    tell : callable

    Returns
    -------
    calibration : Calibration or None
        None if the classifier's outputs cannot be divided.
    """
    if not is_linear_at_its_end(pipeline[-1]):
        return None
    has_class = np.isin(y[held.rows], pipeline.classes_)
    rows, probabilities = held.rows[has_class], held.probabilities[has_class]
    codes, votes = np.searchsorted(pipeline.classes_, y[rows]), vote_weights(groups[rows])
    says = slice(None) if held.is_known is None else held.is_known[has_class]
    if not len(codes[says]):
        return None  # each class has a single picture, say
    temperature = fit_temperature(probabilities[says], codes[says], votes[says])
    after = cooled(probabilities, temperature)
    is_right = probabilities.argmax(axis=1) == codes
    errors = [
        calibration_error(reliability_bins(shares.max(axis=1), is_right, votes))
        for shares in (after, probabilities)
    ]
    divide_outputs(pipeline[-1], temperature)
    threshold = choose_threshold(after.max(axis=1), is_right, votes, ERROR_RATE)
    how = "too sure" if temperature > 1 else "too unsure"
    tell(
        "certainty",
        f"set by {held.where}: outputs were {how}, divided by {temperature:.2f}; "
        f"calibration error {errors[1]:.3f} -> {errors[0]:.3f} on them",
    )
    accuracy = float(np.average(is_right, weights=votes))
    return Calibration(temperature, len(rows), held.where, accuracy, *errors, threshold)
