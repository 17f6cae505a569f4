"""Copies of images, each turned, zoomed, shifted, sheared and lit a little differently.

All images of a chunk are changed at once, by arrays small enough for the cache.

Floor 1: works on arrays, prints nothing.
"""

from dataclasses import dataclass

import numpy as np

from sklimg.errors import UsageError
from sklimg.names import AUGMENTS

__all__ = ["CHANGES", "Changes", "warp_copies"]

_CHUNK = 50_000  # pixels that are changed at a time
_LEAST_SIDE = 4  # of images that are turned and shifted; less is no picture


@dataclass(frozen=True)
class Changes:
    """How far images are changed at most, either way.

    Attributes
    ----------
    rotation : float
        Degrees.
    zoom, shift : float
        Shares of the image's size.
    shear : float
        Slant, as a tangent.
    brightness, contrast : float
        Shares of the range of values.
    """

    rotation: float
    zoom: float
    shift: float
    shear: float
    brightness: float
    contrast: float


CHANGES = dict(
    zip(
        AUGMENTS[1:],
        (
            Changes(10, 0.1, 0.05, 0.1, 0.05, 0.15),
            Changes(20, 0.2, 0.1, 0.2, 0.15, 0.3),
        ),
        strict=True,
    )
)


def warp_copies(
    images: np.ndarray,
    changes: Changes,
    rng: np.random.Generator,
    *,
    flip: bool = False,
    limits: tuple[float, float] = (0, 255),
) -> np.ndarray:
    """Return a changed copy of each image.

    What comes in from beyond the edges has the median value of the image's rim, the
    paper of a symbol; values between pixels are interpolated linearly.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width) or (n_images, height, width, 3)
        uint8 or floating point.
    changes : Changes
    rng : numpy.random.Generator
    flip : bool, default=False
        Whether every second image is mirrored.
    limits : tuple of float, default=(0, 255)
        The range of values; none leaves it.

    Returns
    -------
    copies : ndarray
        Of the shape and dtype of *images*.

    Raises
    ------
    UsageError
        If these are not images.

    Examples
    --------
    >>> images = np.zeros((2, 9, 9), np.uint8)
    >>> images[:, 4, 4] = 250
    >>> copies = warp_copies(images, CHANGES["light"], np.random.default_rng(0))
    >>> copies.shape, bool((copies[0] != copies[1]).any())
    ((2, 9, 9), True)
    """
    if images.ndim not in (3, 4):
        raise UsageError(f"images: expected shape (n, height, width[, 3]), got {images.shape}")
    copies, shape = np.empty_like(images), images.shape[1:3]
    size = min(max(1, _CHUNK // max(1, int(np.prod(shape)))), len(images))
    warp = _Warp(size, *shape, int(np.prod(images.shape[3:])))
    for start in range(0, len(images), size or 1):
        chunk = images[start : start + size].astype(np.float32)
        colours = chunk.reshape(*chunk.shape[:3], -1)  # grey is one colour
        if flip:
            mirrored = rng.random(len(chunk)) < 0.5
            colours[mirrored] = colours[mirrored, :, ::-1]
        paper = _paper(colours)
        if min(shape) >= _LEAST_SIDE:
            colours = warp(colours, paper, _maps(len(chunk), changes, shape, rng))
        _relight(colours, paper, changes, limits, rng)
        if images.dtype.kind in "ui":
            np.rint(colours, out=colours)
        copies[start : start + size] = colours.reshape(chunk.shape)
    return copies


def _paper(images: np.ndarray) -> np.ndarray:
    """Return the median of the rim of each image and colour, (n_images, 1, 1, n_colours)."""
    rims = [images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]]
    return np.median(np.concatenate(rims, axis=1), axis=1)[:, None, None]


def _maps(n: int, changes: Changes, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw where each image's pixels come from: (n, 2, 3), row and column of (row, column, 1)."""
    angle, zoom, slant, down, right = rng.uniform(-1, 1, (5, n))
    angle = np.radians(changes.rotation * angle)
    scale = np.exp(np.log1p(changes.zoom) * zoom)
    slant = changes.shear * slant
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    maps = np.empty((n, 2, 3), np.float32)
    maps[:, 0, 0], maps[:, 0, 1] = cos, sin
    maps[:, 1, 0], maps[:, 1, 1] = slant * cos - sin, slant * sin + cos
    middle = (np.array(shape) - 1) / 2
    shift = changes.shift * np.stack([down, right], axis=1) * shape
    maps[:, :, 2] = middle + shift - maps[:, :, :2] @ middle
    return maps


class _Warp:
    """Takes images of one shape from mapped places, in arrays that are made once."""

    def __init__(self, n: int, height: int, width: int, n_colours: int):
        self.size, n_pixels = (height, width), height * width
        self.padded = np.empty((n, height + 2, width + 2, n_colours), np.float32)
        self.places = np.empty((n, 2, n_pixels), np.float32)
        self.corner = np.empty((n, 2, n_pixels), np.intp)
        self.index = np.empty((n, n_pixels), np.intp)
        self.above, self.below, self.ahead = np.empty((3, n, n_pixels, n_colours), np.float32)
        row, column = np.indices(self.size, np.float32).reshape(2, -1)
        self.grid = np.stack([row, column, np.ones_like(row)])
        self.starts = (np.arange(n) * ((height + 2) * (width + 2)))[:, None]

    def __call__(self, images: np.ndarray, paper: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Return images of shape (n, height, width, n_colours), valid until the next call."""
        n, (height, width) = len(images), self.size
        padded, places, corner, index = (
            array[:n] for array in (self.padded, self.places, self.corner, self.index)
        )
        padded[:] = paper
        padded[:, 1:-1, 1:-1] = images
        np.matmul(maps.reshape(2 * n, 3), self.grid, out=places.reshape(2 * n, -1))
        np.add(places, 1, out=places)  # of the padded images
        for axis, side in enumerate((height, width)):
            np.clip(places[:, axis], 0, np.float32(side + 0.999), out=places[:, axis])
        np.copyto(corner, places, casting="unsafe")
        np.subtract(places, corner, out=places)
        np.multiply(corner[:, 0], width + 2, out=index)
        np.add(index, corner[:, 1], out=index)
        np.add(index, self.starts[:n], out=index)
        flat = padded.reshape(-1, padded.shape[-1])
        down, right = places[:, 0, :, None], places[:, 1, :, None]
        above, below, ahead = self.above[:n], self.below[:n], self.ahead[:n]
        for row in (above, below):
            np.take(flat, index, axis=0, out=row, mode="clip")
            np.add(index, 1, out=index)
            np.take(flat, index, axis=0, out=ahead, mode="clip")
            np.add(index, width + 1, out=index)
            np.subtract(ahead, row, out=ahead)
            np.multiply(ahead, right, out=ahead)
            np.add(row, ahead, out=row)
        np.subtract(below, above, out=below)
        np.multiply(below, down, out=below)
        np.add(above, below, out=above)
        return above.reshape(images.shape)


def _relight(
    images: np.ndarray,
    paper: np.ndarray,
    changes: Changes,
    limits: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Change contrast against the paper, then brightness, in place."""
    n, (low, high) = len(images), limits
    contrast, brightness = rng.uniform(-1, 1, (2, n, 1, 1, 1)).astype(np.float32)
    images -= paper
    images *= 1 + changes.contrast * contrast
    images += paper + (high - low) * changes.brightness * brightness
    np.clip(images, low, high, out=images)
