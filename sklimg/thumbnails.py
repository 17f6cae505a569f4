"""Small grey versions of images that are alike where the pictures are.

A thumbnail is described by its cosine transform, weighted so that fine and
coarse structure count alike: a natural image has little of the former. Scaled
to length one, such a description does not change with brightness and contrast,
and the inner product of two is a correlation. Mirroring and turning an image
changes signs and swaps axes of its cosine transform, so a description in all
eight positions costs next to nothing.

Floor 2: works on arrays, prints nothing.

References
----------
David J. Field, "Relations between the statistics of natural images and the
response properties of cortical cells", 1987.
"""

import numpy as np
from scipy.fft import dctn, idctn

from sklimg.spec import ImageSpec

__all__ = [
    "COARSE",
    "FINE",
    "MIDDLE",
    "N_POSITIONS",
    "band",
    "describe_all",
    "in_position",
    "shrunk",
    "thumbnails",
    "turned",
]

FINE = (24, 9.0)  # side in pixels, and the band's upper end in cycles per image
MIDDLE = (12, 6.0)
COARSE = (12, 3.0)
N_POSITIONS = 8
_LEAST_LEVELS = 0.5  # grey levels of structure, under which there is only noise
_BLOCK = 4096  # images at a time


def thumbnails(pixels: np.ndarray, rows: np.ndarray, spec: ImageSpec) -> np.ndarray:
    """Return images as grey thumbnails of at most 24x24 pixels.

    Parameters
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8
    rows : ndarray of shape (n_rows,), int
        The images wanted.
    spec : ImageSpec

    Returns
    -------
    images : ndarray of shape (n_rows, side, side), float32
    """
    side = min(FINE[0], spec.side)
    images = np.empty((len(rows), side, side), np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = pixels[rows[start : start + _BLOCK]].reshape(-1, *spec.shape)
        grey = block if spec.mode == "L" else block.mean(axis=3, dtype=np.float32)
        images[start : start + _BLOCK] = shrunk(grey, side)
    return images


def shrunk(images: np.ndarray, side: int) -> np.ndarray:
    """Return square images averaged down to *side* pixels, or as they are if smaller."""
    if images.shape[1] <= side:
        return images.astype(np.float32)
    edges = np.linspace(0, images.shape[1], side + 1)
    starts = np.arange(images.shape[1])
    low, high = np.maximum(edges[:-1, None], starts), np.minimum(edges[1:, None], starts + 1)
    share = (np.maximum(high - low, 0) / np.diff(edges)[:, None]).astype(np.float32)
    return share @ images.astype(np.float32) @ share.T


def describe_all(images: np.ndarray, band: tuple[int, float]) -> np.ndarray:
    """Return descriptions of length one whose inner products are correlations.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side), float32
    band : tuple of (int, float)
        Coefficients kept along each axis, and the upper end of the band in
        cycles per image.

    Returns
    -------
    descriptions : ndarray of shape (n_images, kept, kept), float32
        Shorter, down to zero, where an image has hardly any structure.
    """
    kept = min(band[0], images.shape[1])
    described = np.empty((len(images), kept, kept), np.float32)
    weights = _weights(kept, band[1])
    for start in range(0, len(images), _BLOCK):
        block = dctn(images[start : start + _BLOCK], axes=(1, 2), norm="ortho")[:, :kept, :kept]
        block = block * weights
        length = np.sqrt(np.einsum("nij,nij->n", block, block))[:, None, None]
        described[start : start + _BLOCK] = block / np.maximum(length, _LEAST_LEVELS * kept)
    return described


def band(images: np.ndarray, upper: float) -> np.ndarray:
    """Return images with what `describe_all` weighs made visible, same shape."""
    spectrum = dctn(images, axes=(1, 2), norm="ortho") * _weights(images.shape[1], upper)
    return idctn(spectrum, axes=(1, 2), norm="ortho")


def turned(images: np.ndarray, position: int) -> np.ndarray:
    """Return images mirrored or turned.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side)
    position : int
        The sum of 1 to mirror left and right, 2 to mirror top and bottom, and 4
        to swap the axes before that.
    """
    if position & 4:
        images = images.swapaxes(1, 2)
    return images[:, :: -1 if position & 2 else 1, :: -1 if position & 1 else 1]


def in_position(described: np.ndarray, position: int) -> np.ndarray:
    """Return the descriptions that `turned` images have.

    Examples
    --------
    >>> images = np.arange(16, dtype=np.float32).reshape(1, 4, 4) ** 2
    >>> one = in_position(describe_all(images, (4, 2.0)), 5)
    >>> bool(np.allclose(one, describe_all(turned(images, 5), (4, 2.0)), atol=1e-6))
    True
    """
    if position & 4:
        described = described.swapaxes(1, 2)
    signs = 1 - 2 * (np.arange(described.shape[1]) % 2).astype(np.float32)
    described = described * signs if position & 1 else described
    return described * signs[:, None] if position & 2 else described


def _weights(kept: int, upper: float) -> np.ndarray:
    """Return the weight of each coefficient: its frequency, up to the end of the band."""
    cycles = np.arange(kept, dtype=np.float32) / 2
    frequency = np.hypot(cycles[:, None], cycles)
    return frequency * np.exp(-((frequency / upper) ** 2))
