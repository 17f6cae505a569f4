"""Many small images in one picture.

Floor 2: works on arrays, prints nothing.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["mosaic", "resized"]

_GAP = 4  # pixels between two images
_PAPER = 128  # grey that is told from white and from black


def mosaic(images: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Lay images out row by row.

    Parameters
    ----------
    images : sequence of ndarray of shape (side, side) or (side, side, 3), uint8
        At least one; all of one side, grey ones and coloured ones mixed at will.
    columns : int
        Images a row.

    Returns
    -------
    picture : ndarray of shape (height, width, 3), uint8

    Examples
    --------
    >>> mosaic([np.zeros((8, 8), np.uint8)] * 3, columns=2).shape
    (28, 28, 3)
    """
    side = len(images[0])
    rows = -(-len(images) // columns)
    step = side + _GAP
    columns = min(columns, len(images))
    picture = np.full((rows * step + _GAP, columns * step + _GAP, 3), _PAPER, np.uint8)
    for k, image in enumerate(images):
        top, left = (_GAP + step * i for i in divmod(k, columns))
        colour = image if image.ndim == 3 else image[:, :, None]
        picture[top : top + side, left : left + side] = colour
    return picture


def resized(image: np.ndarray, side: int) -> np.ndarray:
    """Bring a picture about to a side by whole numbers: pixels repeated, or averaged.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, 3), uint8
    side : int
        Pixels that the shown side comes near to, from below if it is enlarged and
        from above if it is made smaller.

    Examples
    --------
    >>> [resized(np.zeros((n, n), np.uint8), 64).shape for n in (28, 100, 200)]
    [(56, 56), (100, 100), (66, 66)]
    """
    if (factor := side // len(image)) > 1:
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    if (factor := len(image) // side) > 1:
        height, width = (n // factor for n in image.shape[:2])
        parts = image[: height * factor, : width * factor]
        parts = parts.reshape(height, factor, width, factor, *image.shape[2:])
        return np.rint(parts.mean(axis=(1, 3))).astype(image.dtype)
    return image
