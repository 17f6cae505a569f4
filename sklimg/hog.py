"""Histograms of oriented gradients: which way edges run, in each part of an image.

The numbers are those of scikit-image's ``feature.hog``, for all images of a batch at
once. Differences of whole grey levels take 511 values a direction, so angle and length of
a gradient are looked up.

Floor 1: works on arrays, prints nothing.

References
----------
.. [1] N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection",
   CVPR 2005.
"""

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklimg.errors import UsageError

__all__ = ["BLOCK_NORMS", "hog", "hog_shape"]

BLOCK_NORMS = ("L2-Hys", "L2", "L1", "L1-sqrt")  # the first is the default
_EPS = 1e-5
_CLIP = 0.2  # of a block's length, by L2-Hys
_LEVELS = 255  # the largest difference of grey levels
_VALUES = 2 * _LEVELS + 1
_CHUNK = 400_000  # pixels that are worked on at a time


def hog(
    images: np.ndarray,
    orientations: int = 9,
    pixels_per_cell: tuple[int, int] = (8, 8),
    cells_per_block: tuple[int, int] = (2, 2),
    *,
    block_norm: str = BLOCK_NORMS[0],
    transform_sqrt: bool = False,
) -> np.ndarray:
    """Return the histograms of oriented gradients of images [1]_.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width) or (n_images, height, width, 3)
        Of any real type; of several channels, each pixel's strongest gradient counts.
    orientations : int, default=9
        Bins of the half circle.
    pixels_per_cell : tuple of int, default=(8, 8)
        (height, width) of what has a histogram; what is left at the right and at the
        bottom of an image has none.
    cells_per_block : tuple of int, default=(2, 2)
        (height, width) of what is normalised together; blocks overlap.
    block_norm : {"L2-Hys", "L2", "L1", "L1-sqrt"}, default="L2-Hys"
    transform_sqrt : bool, default=False
        Whether the square root of the pixels is taken first.

    Returns
    -------
    features : ndarray of shape (n_images, n_features), float32
        Block by block, cell by cell, the bins.

    Raises
    ------
    UsageError
        If an image is smaller than a block, or a parameter is of no use.

    Examples
    --------
    >>> image = np.zeros((16, 16), np.uint8)
    >>> image[:, 8:] = 200  # an upright edge: the gradient runs across
    >>> hog(image[None]).reshape(2, 2, 9).argmax(axis=2).tolist()
    [[0, 0], [0, 0]]
    """
    if block_norm not in BLOCK_NORMS:
        raise UsageError(
            f"block_norm: expected one of {', '.join(BLOCK_NORMS)}, got {block_norm!r}"
        )
    shape = hog_shape(images.shape[1:], orientations, pixels_per_cell, cells_per_block)
    features = np.empty((len(images), int(np.prod(shape))), np.float32)
    step = max(1, _CHUNK // int(np.prod(images.shape[1:])))
    for first in range(0, len(images), step):
        chunk = slice(first, first + step)
        histograms = _histograms(images[chunk], orientations, pixels_per_cell, transform_sqrt)
        windows = sliding_window_view(histograms, cells_per_block, axis=(1, 2))
        blocks = np.array(windows.transpose(0, 1, 2, 4, 5, 3)).reshape(-1, int(np.prod(shape[2:])))
        features[chunk] = _normalised(blocks, block_norm).reshape(len(histograms), -1)
    return features


def hog_shape(
    image_shape: tuple[int, ...],
    orientations: int = 9,
    pixels_per_cell: tuple[int, int] = (8, 8),
    cells_per_block: tuple[int, int] = (2, 2),
) -> tuple[int, int, int, int, int]:
    """Return blocks down and across, cells down and across a block, and bins.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width), perhaps with channels behind.
    orientations, pixels_per_cell, cells_per_block
        As of `hog`.

    Raises
    ------
    UsageError
        If an image is smaller than a block, or a parameter is of no use.
    """
    for name, value in (("pixels_per_cell", pixels_per_cell), ("cells_per_block", cells_per_block)):
        if np.shape(value) != (2,) or not all(n == int(n) and n >= 1 for n in value):
            raise UsageError(f"{name}: expected two whole numbers from 1, got {value!r}")
    if orientations != int(orientations) or not 1 <= orientations <= 180:
        raise UsageError(f"orientations: expected a number from 1 to 180, got {orientations!r}")
    least = [cell * n for cell, n in zip(pixels_per_cell, cells_per_block, strict=True)]
    if any(length < n for length, n in zip(image_shape, least, strict=False)):
        raise UsageError(
            f"hog: expected images of at least {least[0]}x{least[1]} pixels for blocks of "
            f"{cells_per_block[0]}x{cells_per_block[1]} cells of "
            f"{pixels_per_cell[0]}x{pixels_per_cell[1]}, got {image_shape[0]}x{image_shape[1]}; "
            "make the images larger or the cells smaller"
        )
    blocks = (
        length // cell - n + 1
        for length, cell, n in zip(image_shape, pixels_per_cell, cells_per_block, strict=False)
    )
    return (*blocks, *cells_per_block, orientations)


def _histograms(
    images: np.ndarray, orientations: int, cell: tuple[int, int], transform_sqrt: bool
) -> np.ndarray:
    """Return the histogram of each cell, of shape (n_images, rows, columns, bins)."""
    n, height, width = images.shape[:3]
    rows, columns = height // cell[0], width // cell[1]
    if images.dtype == np.uint8 and not transform_sqrt:
        bins, lengths = _looked_up(images, orientations)
    else:
        bins, lengths = _computed(images, orientations, transform_sqrt)
    bins, lengths = (a[:, : rows * cell[0], : columns * cell[1]] for a in (bins, lengths))
    down, across = np.arange(rows * cell[0]) // cell[0], np.arange(columns * cell[1]) // cell[1]
    first_bins = (down[:, None] * columns + across) * orientations
    places = bins + first_bins + (np.arange(n) * rows * columns * orientations)[:, None, None]
    sums = np.bincount(places.ravel(), lengths.ravel(), n * rows * columns * orientations)
    return (sums / (cell[0] * cell[1])).astype(np.float32).reshape(n, rows, columns, orientations)


def _looked_up(images: np.ndarray, orientations: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin and the length of each pixel's gradient, images being whole grey levels."""
    bins, lengths = _gradient_tables(orientations)
    down, across = _differences(images.astype(np.int32))
    places = down * _VALUES + across + (_LEVELS * _VALUES + _LEVELS)
    if images.ndim == 3:
        return bins[places], lengths[places]
    strongest = lengths[places].argmax(axis=3)[..., None]
    places = np.take_along_axis(places, strongest, axis=3)[..., 0]
    return bins[places], lengths[places]


def _computed(
    images: np.ndarray, orientations: int, transform_sqrt: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin and the length of each pixel's gradient, images being any numbers."""
    images = images.astype(np.float64)  # in float32, 45 degrees are not always 45
    down, across = _differences(np.sqrt(images) if transform_sqrt else images)
    if images.ndim == 4:
        strongest = np.hypot(down, across).argmax(axis=3)[..., None]
        down, across = (np.take_along_axis(d, strongest, axis=3)[..., 0] for d in (down, across))
    return _binned(down, across, orientations)


def _binned(
    down: np.ndarray, across: np.ndarray, orientations: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin and the length of gradients."""
    angles = np.rad2deg(np.arctan2(down, across)) % 180
    edges = 180 / orientations * np.arange(1, orientations + 1)
    bins, lengths = np.searchsorted(edges, angles, side="right"), np.hypot(down, across)
    is_out = bins == orientations  # what is rounded up to 180 degrees stands in no bin
    return np.where(is_out, 0, bins), np.where(is_out, 0, lengths)


@cache
def _gradient_tables(orientations: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin and the length of every gradient between whole grey levels."""
    values = np.arange(-_LEVELS, _LEVELS + 1, dtype=np.float64)
    bins, lengths = _binned(values[:, None], values[None, :], orientations)
    return bins.astype(np.uint8).ravel(), lengths.astype(np.float32).ravel()


def _differences(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how much lighter pixels get downwards and to the right; 0 along the edges."""
    down, across = np.zeros_like(images), np.zeros_like(images)
    np.subtract(images[:, 2:], images[:, :-2], out=down[:, 1:-1])
    np.subtract(images[:, :, 2:], images[:, :, :-2], out=across[:, :, 1:-1])
    return down, across


def _normalised(blocks: np.ndarray, norm: str) -> np.ndarray:
    """Return blocks, one a row, divided by their length."""
    if norm.startswith("L1"):
        blocks = blocks / (np.abs(blocks).sum(axis=1, keepdims=True) + _EPS)
        return np.sqrt(blocks) if norm == "L1-sqrt" else blocks
    blocks = _unit(blocks)
    return blocks if norm == "L2" else _unit(np.minimum(blocks, _CLIP, out=blocks))


def _unit(blocks: np.ndarray) -> np.ndarray:
    """Return blocks of length 1."""
    lengths = np.sqrt(np.einsum("ij,ij->i", blocks, blocks) + np.float32(_EPS**2))
    return blocks / lengths[:, None]
