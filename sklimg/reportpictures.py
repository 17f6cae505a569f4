"""Which test images a report shows, and how they stand in a page.

Floor 4: works on arrays, writes nothing.
"""

import numpy as np
from PIL import Image

from sklimg.images import encode_image
from sklimg.pageparts import data_uri

__all__ = ["choose_pictures", "picture_uri", "shown_size"]

_A_CELL = 24  # pictures of one cell of the confusion matrix
_A_DIAGONAL = 6  # of them, where label and prediction are the same
_SIDE = 96  # pixels a page shows of a side


def choose_pictures(
    labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray, most: int = 600
) -> np.ndarray:
    """Choose test images that show what a model gets wrong, and some that it gets right.

    Every cell of the confusion matrix has its turn before any has a second one:
    its most certain mistake first. What room is left is for right answers, of
    each class the least certain and the most certain ones.

    Parameters
    ----------
    labels, predicted : ndarray of shape (n_images,) of str
    probabilities : ndarray of shape (n_images,) or (n_images, n_classes)
        Of the predicted class, or of all.
    most : int, default=600
        Images at the most; at least a fifth of them is for right answers.

    Returns
    -------
    positions : ndarray of int
        In rising order.

    Examples
    --------
    >>> labels, predicted = np.array(["a", "a", "b"]), np.array(["a", "b", "b"])
    >>> choose_pictures(labels, predicted, np.array([0.9, 0.8, 0.7]), most=2).tolist()
    [0, 1]
    """
    certainty = np.asarray(probabilities, float)
    certainty = certainty.max(axis=1) if certainty.ndim == 2 else certainty
    labels, predicted = np.asarray(labels, object), np.asarray(predicted, object)
    is_right = labels == predicted
    wrong = _by_turns(labels, predicted, certainty, np.flatnonzero(~is_right), _A_CELL)
    right = _by_turns(labels, predicted, certainty, np.flatnonzero(is_right), _A_DIAGONAL)
    kept_for_right = min(len(right), -(-most // 5))
    wrong = wrong[: most - kept_for_right]
    return np.sort(np.concatenate([wrong, right[: most - len(wrong)]]))


def _by_turns(labels, predicted, certainty, rows, most) -> np.ndarray:
    """Return up to *most* rows of each cell: the first of every cell, then the second, …"""
    turns = []
    cells = {}
    for row in rows[np.argsort(-certainty[rows], kind="stable")].tolist():
        cells.setdefault((labels[row], predicted[row]), []).append(row)
    for (label, guess), members in cells.items():
        if label == guess:  # the least certain one says more than the tenth that is certain
            members = _ends_first(members)
        turns += [(turn, -certainty[row], row) for turn, row in enumerate(members[:most])]
    return np.array([row for *_, row in sorted(turns)], int)


def _ends_first(members: list[int]) -> list[int]:
    """Return rows from both ends of a list in turn, the last one first."""
    ordered = [None] * len(members)
    half = -(-len(members) // 2)
    ordered[::2], ordered[1::2] = members[::-1][:half], members[: len(members) - half]
    return ordered


def shown_size(pixels: np.ndarray) -> np.ndarray:
    """Return an image as large as a page shows it: at most 96 pixels a side."""
    factor = max(pixels.shape[:2]) / _SIDE
    if factor <= 1:
        return pixels
    size = [max(1, round(length / factor)) for length in pixels.shape[1::-1]]
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def picture_uri(pixels: np.ndarray) -> str:
    """Return an image as a ``data:`` address, as large as a page shows it.

    Grey ones are PNG, what photographs become is JPEG, a third of the bytes.

    Parameters
    ----------
    pixels : ndarray of shape (height, width) or (height, width, 3), uint8
    """
    pixels = shown_size(pixels)
    name, kind = ("jpg", "jpeg") if pixels.ndim == 3 else ("png", "png")
    return data_uri(encode_image(pixels, name), kind)
