"""What an MLP is given to learn from, checked.

Floor 2: looks at arrays, keeps nothing.
"""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from sklimg.descent import Rows
from sklimg.errors import DataError, UsageError

__all__ = ["checked_rows", "encoded_rows", "row_weights", "warn_of_missing"]


def checked_rows(
    model: BaseEstimator, X: np.ndarray, y: np.ndarray, is_first: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return X in the model's dtype and C order, and y as labels, one a row.

    Raises
    ------
    ValueError
        For NaN, infinity, other numbers of columns than before, or y that is not
        made of labels.
    """
    dtype = np.dtype(model.dtype)
    with np.errstate(over="ignore"):  # too large for float32 is infinity, which is told
        X, y = validate_data(model, X, y, dtype=dtype, order="C", reset=is_first)
    check_classification_targets(y)
    return X, y


def row_weights(
    model: BaseEstimator, y: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray | None:
    """Return the weight of each row, its class's and its own; None if all are 1."""
    if sample_weight is None and model.class_weight is None:
        return None
    weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if weights.ndim == 0:
        weights = np.full(len(y), float(weights))
    if weights.shape != (len(y),):
        raise UsageError(
            f"sample_weight: expected one for each of {len(y)} rows, got shape {weights.shape}"
        )
    if not np.isfinite(weights).all() or np.any(weights < 0):
        raise UsageError("sample_weight: expected numbers of at least 0, got negative or NaN ones")
    if not weights.any():
        raise UsageError("sample_weight: expected a row of weight above 0, got zero for all")
    if model.class_weight is not None:
        used = weights > 0
        weights[used] *= compute_sample_weight(model.class_weight, y[used])
    return weights.astype(model.dtype)


def encoded_rows(
    classes: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    index: np.ndarray | None = None,
) -> Rows:
    """Return rows with the numbers of their classes, which must be among the sorted *classes*.

    Raises
    ------
    DataError
        For a label that the model was not trained on.
    """
    if index is None:
        index = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
    targets = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    strange = index[classes[targets[index]] != y[index]]
    if len(strange):
        label = y[strange[:1]].tolist()[0]
        raise DataError(
            f"validation_data: expected labels of the training part, got {label!r}; "
            "give training rows of that class, or leave it out"
        )
    return Rows(X, targets, weights, index)


def warn_of_missing(y: np.ndarray, y_held: np.ndarray) -> None:
    """Warn of classes of which no image could be held back to watch the training."""
    missing = np.setdiff1d(y, y_held).tolist()
    if missing:
        few = ", ".join(map(repr, missing[:5])) + (" …" if len(missing) > 5 else "")
        classes = f"{len(missing)} class{'es' * (len(missing) > 1)}"
        warnings.warn(
            f"no image of {classes} could be held back: {few}; add images that are no copies",
            UserWarning,
            stacklevel=3,
        )
