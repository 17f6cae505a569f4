"""Which colours an image has, in each part of it.

Floor 1: works on arrays, prints nothing.

References
----------
.. [1] M. J. Swain, D. H. Ballard, "Color indexing", International Journal of Computer
   Vision, 1991.
"""

from numbers import Integral

import numpy as np
from PIL import Image

from sklimg.errors import UsageError

__all__ = ["SPACES", "colour_histogram"]

SPACES = ("rgb", "hsv")  # the first is the default
_CHUNK = 1_000_000  # pixels that are worked on at a time


def colour_histogram(
    images: np.ndarray,
    bins: tuple[int, int, int] = (4, 4, 4),
    n_cells: int = 2,
    space: str = SPACES[0],
) -> np.ndarray:
    """Return square roots of the shares of colours in each part of images [1]_.

    Square roots make distances those of Hellinger: rare colours count as well.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, 3), uint8
    bins : tuple of int, default=(4, 4, 4)
        Of red, green and blue; or of hue, saturation and value.
    n_cells : int, default=2
        Parts down and across.
    space : {"rgb", "hsv"}, default="rgb"

    Returns
    -------
    features : ndarray of shape (n_images, n_cells * n_cells * n_bins), float32

    Raises
    ------
    UsageError
        If an image has fewer pixels a side than parts, or a parameter is of no use.

    Examples
    --------
    >>> red = np.zeros((1, 4, 4, 3), np.uint8)
    >>> red[..., 0] = 255
    >>> colour_histogram(red, bins=(2, 2, 2), n_cells=1).tolist()
    [[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]
    """
    if space not in SPACES:
        raise UsageError(f"space: expected one of {', '.join(SPACES)}, got {space!r}")
    if len(bins) != 3 or not all(isinstance(n, Integral) and 1 <= n <= 256 for n in bins):
        raise UsageError(f"bins: expected three whole numbers from 1 to 256, got {bins!r}")
    n, height, width = images.shape[:3]
    if min(height, width) < n_cells:
        raise UsageError(
            f"colour: expected images of at least {n_cells}x{n_cells} pixels for as many parts, "
            f"got {height}x{width}; make them larger"
        )
    down, across = (np.arange(length) * n_cells // length for length in (height, width))
    part, n_bins = down[:, None] * n_cells + across, int(np.prod(bins))
    sizes = np.bincount(part.ravel(), minlength=n_cells**2).repeat(n_bins)
    features = np.empty((n, n_cells**2 * n_bins), np.float32)
    step = max(1, _CHUNK // (height * width))
    for first in range(0, n, step):
        some = images[first : first + step]
        if space == "hsv":
            rows = Image.fromarray(np.ascontiguousarray(some).reshape(-1, width, 3))
            some = np.asarray(rows.convert("HSV")).reshape(some.shape)
        bin_of = np.zeros(some.shape[:3], np.intp)
        for channel, n_levels in enumerate(bins):
            bin_of *= n_levels
            bin_of += some[..., channel].astype(np.intp) * n_levels // 256
        bin_of += (part + (np.arange(len(some)) * n_cells**2)[:, None, None]) * n_bins
        counts = np.bincount(bin_of.ravel(), minlength=len(some) * features.shape[1])
        features[first : first + step] = np.sqrt(counts.reshape(len(some), -1) / sizes)
    return features
