"""Small patches of images: a dictionary learned without labels, and what it finds where.

Patches are brought to one brightness and contrast, whitened, and grouped by direction
(spherical k-means); an image is then described by how much of each group's patch is seen
in each part of it, faint likenesses being nothing (soft threshold).

Floor 1: works on arrays, prints nothing.

References
----------
.. [1] A. Coates, A. Y. Ng, "The importance of encoding versus training with sparse
   coding and vector quantization", ICML 2011.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklimg.errors import UsageError
from sklimg.partners import Partners

__all__ = ["Dictionary", "encode_patches", "learn_dictionary"]

_CONTRAST = 10.0  # added to the variance of a patch, in squared grey levels
_WHITENING = 0.1  # added to the variance of each direction, of patches of variance 1
_ROUNDS = 10  # of k-means
_CHUNK = 2**20  # likenesses that are held at a time
_FEW = 200  # images that one thread describes as soon as two


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Patches to look for.

    Attributes
    ----------
    weights : ndarray of shape (n_values, n_patches), float32
        What a patch of pixels is multiplied with; whitening is a part of it.
    offsets : ndarray of shape (n_patches,), float32
        What is taken away from the likeness to each.
    side : int
        Height and width of a patch.
    """

    weights: np.ndarray
    offsets: np.ndarray
    side: int


def learn_dictionary(
    images: np.ndarray, n_patches: int, side: int, n_samples: int, rng: np.random.Generator
) -> Dictionary:
    """Learn a dictionary of patches from images; labels are not needed [1]_.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width) or (n_images, height, width, 3)
        Values of 0 to 255.
    n_patches : int
        Of the dictionary.
    side : int
        Height and width of a patch.
    n_samples : int
        Patches that are looked at.
    rng : numpy.random.Generator

    Raises
    ------
    UsageError
        If the images are smaller than a patch.
    """
    _check_side(images.shape[1:], side)
    windows = sliding_window_view(images, (side, side), axis=(1, 2))
    samples = windows[tuple(rng.integers(length, size=n_samples) for length in windows.shape[:3])]
    samples = samples.reshape(n_samples, -1).astype(np.float32)
    samples -= samples.mean(axis=1, keepdims=True)
    samples /= np.sqrt(np.mean(samples**2, axis=1, keepdims=True) + np.float32(_CONTRAST))
    has_edges = np.mean(samples**2, axis=1) > 0.5
    samples = samples[has_edges] if has_edges.sum() >= n_patches else samples
    mean = samples.mean(axis=0, dtype=np.float64)
    samples = samples - mean.astype(np.float32)
    variances, directions = np.linalg.eigh(samples.T.astype(np.float64) @ samples / len(samples))
    scales = 1 / np.sqrt(np.maximum(variances, 0) + _WHITENING)
    whitening = (directions * scales) @ directions.T
    found = _directions(samples @ whitening.astype(np.float32), n_patches, rng)
    weights = whitening @ found.T
    offsets = mean @ weights
    weights = weights - weights.mean(axis=0)  # a patch's own brightness does not count
    return Dictionary(weights.astype(np.float32), offsets.astype(np.float32), side)


def encode_patches(
    images: np.ndarray,
    dictionary: Dictionary,
    *,
    n_cells: int,
    step: int = 1,
    threshold: float = 0.5,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Return how much of each patch is seen in each part of images.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width) or (n_images, height, width, 3)
        Values of 0 to 255.
    dictionary : Dictionary
    n_cells : int
        Parts down and across.
    step : int, default=1
        Pixels from one patch that is looked at to the next.
    threshold : float, default=0.5
        Likeness that is nothing.
    n_jobs : {1, 2, -1} or None, default=None
        Threads at most; None and -1 choose by the number of images.

    Returns
    -------
    features : ndarray of shape (n_images, n_cells * n_cells * n_patches), float32
        Square roots of mean likenesses, part by part.

    Raises
    ------
    UsageError
        If images are smaller than a patch, or have too few places for the parts.
    """
    side, n_patches = dictionary.side, len(dictionary.offsets)
    _check_side(images.shape[1:], side)
    places = tuple((length - side) // step + 1 for length in images.shape[1:3])
    if min(places) < n_cells:
        least = side + (n_cells - 1) * step
        raise UsageError(
            f"patches: expected images of at least {least}x{least} pixels for {n_cells}x{n_cells} "
            f"parts, got {images.shape[1]}x{images.shape[2]}; make them larger"
        )
    parts = _parts(places, n_cells)
    weights = np.vstack([dictionary.weights, -(dictionary.offsets + threshold)])
    weights = np.ascontiguousarray(weights, np.float32)
    features = np.empty((len(images), n_cells**2 * n_patches), np.float32)
    batch = max(1, _CHUNK // (places[0] * places[1] * n_patches))
    firsts = range(0, len(images), batch)

    def work(k: int, n: int = 1) -> None:
        for first in firsts[k::n]:
            some = slice(first, first + batch)
            features[some] = _encoded(images[some], weights, parts, side, step)

    n_threads = 1 if n_jobs == 1 or len(images) < _FEW else 2
    with Partners(n_threads) as partners:
        partners.share(lambda k: work(k, n_threads))
    return features


def _encoded(
    images: np.ndarray, weights: np.ndarray, parts: np.ndarray, side: int, step: int
) -> np.ndarray:
    """Return the features of a few images.

    A likeness is that of a patch divided by its contrast; the division is made when
    likenesses are averaged, and the threshold is a weight of the contrast.
    """
    n, n_values = len(images), len(weights) - 1
    windows = sliding_window_view(images, (side, side), axis=(1, 2))[:, ::step, ::step]
    patches = np.empty((n * parts.shape[1], n_values + 1), np.float32)
    patches[:, :-1] = windows.reshape(len(patches), n_values)
    values = patches[:, :-1]
    means = values.mean(axis=1)
    variances = np.einsum("ij,ij->i", values, values) / np.float32(n_values) - means**2
    contrast = np.sqrt(np.maximum(variances, 0) + np.float32(_CONTRAST))
    patches[:, -1] = contrast
    likeness = patches @ weights
    np.maximum(likeness, 0, out=likeness)
    averaging = parts / contrast.reshape(n, 1, -1)
    sums = np.matmul(averaging, likeness.reshape(n, parts.shape[1], -1))
    return np.sqrt(sums).reshape(n, -1)


def _parts(places: tuple[int, int], n_cells: int) -> np.ndarray:
    """Return the share of each place in the mean of each part, of shape (parts, places)."""
    down, across = (np.arange(n) * n_cells // n for n in places)
    part = (down[:, None] * n_cells + across).ravel()
    is_in = (part == np.arange(n_cells**2)[:, None]).astype(np.float32)
    return is_in / is_in.sum(axis=1, keepdims=True)


def _directions(samples: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return *n* directions that samples, one a row, gather around: spherical k-means."""
    found = _unit(samples[rng.choice(len(samples), n, replace=len(samples) < n)])
    for _ in range(_ROUNDS):
        likeness = samples @ found.T
        nearest = likeness.argmax(axis=1)
        strength = likeness[np.arange(len(samples)), nearest]
        belongs = np.zeros((n, len(samples)), np.float32)
        belongs[nearest, np.arange(len(samples))] = strength
        sums = belongs @ samples
        is_empty = ~belongs.any(axis=1)
        sums[is_empty] = samples[rng.integers(len(samples), size=int(is_empty.sum()))]
        found = _unit(sums)
    return found


def _unit(rows: np.ndarray) -> np.ndarray:
    """Return rows of length 1; one of zeros stays so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _check_side(shape: tuple[int, ...], side: int) -> None:
    if min(shape[:2]) < side:
        raise UsageError(
            f"patches: expected images of at least {side}x{side} pixels for patches of that size, "
            f"got {shape[0]}x{shape[1]}; make the images larger or the patches smaller"
        )
