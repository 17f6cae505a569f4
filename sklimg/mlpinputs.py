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
from sklimg.splits import hold_back

__all__ = [
    "checked_groups",
    "checked_rows",
    "checked_watch",
    "encoded_rows",
    "held_back",
    "row_weights",
]


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
    model: BaseEstimator,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    like: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return the weight of each row, its class's and its own; None if all are 1.

    Balanced classes are those of the rows of some weight, or of the labels *like* that
    others were trained on.
    """
    if sample_weight is None and model.class_weight is None:
        return None
    weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if weights.ndim == 0:
        weights = np.full(len(y), float(weights))
    if weights.shape != (len(y),):
        raise UsageError(
            f"sample_weight: expected one for each of {len(y)} rows, got shape {weights.shape}"
        )
    if model.class_weight is not None:
        counted = y[weights > 0] if like is None else like
        of_class = compute_sample_weight(model.class_weight, counted)
        each = dict(zip(counted.tolist(), of_class, strict=True))
        weights = weights * [each.get(label, 1.0) for label in y.tolist()]
    with np.errstate(over="ignore"):
        weights = weights.astype(model.dtype)
    if not np.isfinite(weights).all() or np.any(weights < 0):
        raise UsageError(
            "sample_weight, class_weight: expected numbers of at least 0, got negative, infinite "
            "or NaN ones"
        )
    if not weights.any():
        raise UsageError(
            "sample_weight, class_weight: expected a row of weight above 0, got zero for all"
        )
    return weights


def checked_groups(groups: np.ndarray | None, n: int) -> np.ndarray:
    """Return the group of each of *n* rows; without any, each row is one of its own."""
    if groups is None:
        return np.arange(n)
    groups = np.asarray(groups)
    if groups.shape != (n,):
        raise UsageError(f"groups: expected one for each of {n} rows, got shape {groups.shape}")
    return groups


def checked_watch(
    model: BaseEstimator, validation_data: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y of rows that watch, as `checked_rows` does."""
    if not (isinstance(validation_data, tuple | list) and len(validation_data) == 2):
        raise UsageError("validation_data: expected a tuple of X and y, got something else")
    return checked_rows(model, *validation_data, is_first=False)


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


def held_back(
    y: np.ndarray,
    groups: np.ndarray | None,
    index: np.ndarray,
    share: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Deal the rows of *index* into those that train and those that watch.

    Warns of classes that have no rows to watch.
    """
    train, held = hold_back(y[index], checked_groups(groups, len(y))[index], share, rng)
    missing = np.setdiff1d(y[index], y[index[held]]).tolist()
    if missing:
        few = ", ".join(map(repr, missing[:5])) + (" …" if len(missing) > 5 else "")
        classes = f"{len(missing)} class{'es' * (len(missing) > 1)}"
        warnings.warn(
            f"no image of {classes} could be held back: {few}; add images that are no copies",
            UserWarning,
            stacklevel=3,
        )
    return index[train], index[held]
