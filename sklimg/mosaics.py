"""Many small images in one picture.

Floor 2: works on arrays, prints nothing.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["mosaic"]

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
