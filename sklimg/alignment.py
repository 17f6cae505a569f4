"""Lay one image on another by shifting, zooming and turning it a little.

Gauss-Newton steps on the difference of two images, many pairs at once: first on
coarse versions, where the way is short, then on fine ones. The images are band
filtered, so a difference in light plays no part.

Floor 2: works on arrays, prints nothing.

References
----------
Simon Baker and Iain Matthews, "Lucas-Kanade 20 years on: a unifying framework",
2004; the inverse compositional form.
"""

import numpy as np

from sklimg.neighbours import on_threads
from sklimg.thumbnails import COARSE, FINE, band, shrunk

__all__ = ["aligned_correlation"]

_STAGES = ((COARSE, 3, 0.6), (COARSE, 3, 0.75), (FINE, 4, -1))  # band, steps, least correlation
_LEAST_OVERLAP = 0.6  # of the area
_SCALES = (0.6, 1.6)  # of a plausible map
_MOST_SQUEEZE = 1.35  # ratio of the two scales
_BLOCK = 2048  # pairs at a time: 40 MB


def aligned_correlation(fixed: np.ndarray, moving: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return how alike pairs of images are when one is laid on the other.

    Parameters
    ----------
    fixed, moving : ndarray of shape (n_images, side, side), float32
        Thumbnails.
    pairs : ndarray of shape (n_pairs, 2), int
        Indices into *fixed* and *moving*. Each way round is tried, as it may be
        the one or the other that has lost a part.

    Returns
    -------
    correlation : ndarray of shape (n_pairs,), float32
        Where the two overlap; -1 where no plausible map was found: overlap over
        60 %, scales of 0.6 to 1.6 that differ by at most 35 %.
    """

    def within(start: int) -> np.ndarray:
        part = pairs[start : start + _BLOCK]
        one, other = fixed[part[:, 0]], moving[part[:, 1]]
        return np.maximum(_one_way(one, other), _one_way(other, one))

    return np.concatenate([np.empty(0, np.float32), *on_threads(within, len(pairs), _BLOCK)])


def _one_way(fixed: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """Return the correlation of *moving* laid on *fixed*, where each stage left hope."""
    maps = np.tile(np.eye(2, 3, dtype=np.float32), (len(fixed), 1, 1))
    found, left = np.full(len(fixed), -1, np.float32), np.arange(len(fixed))
    for (side, upper), steps, least in _STAGES:
        images = [band(shrunk(images[left], side), upper) for images in (fixed, moving)]
        maps, correlation, overlap = _stepped(*images, maps, steps)
        hope = (correlation >= least) & (overlap >= _LEAST_OVERLAP) & _is_plausible(maps)
        maps, left = maps[hope], left[hope]
        if not len(left):
            return found
    found[left] = correlation[hope]
    return found


def _stepped(
    fixed: np.ndarray, moving: np.ndarray, maps: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Improve maps; return them, the correlations and the shares of overlap."""
    n, side = fixed.shape[:2]
    fixed = _unit(fixed.reshape(n, -1), np.ones((n, side * side), np.float32))
    down, across = np.gradient(fixed.reshape(n, side, side), axis=(1, 2))
    x, y = _grid(side)
    half = side / 2  # coordinates run from -1 to 1
    gradients = [half * across.reshape(n, -1), half * down.reshape(n, -1)]
    slopes = np.stack([g * c for g in gradients for c in (x, y, np.float32(1))], axis=1)
    for _ in range(steps):
        values, inside = _sampled(moving, maps)
        difference = _unit(values, inside) - _unit(fixed, inside)
        weighted = slopes * inside[:, None]
        normal = weighted @ slopes.swapaxes(1, 2)
        ridge = 0.01 * np.trace(normal, axis1=1, axis2=2) / 6 + 1e-6
        normal += ridge[:, None, None] * np.eye(6, dtype=np.float32)
        step = np.linalg.solve(normal, weighted @ difference[:, :, None])
        maps = _undone(maps, np.clip(step.reshape(n, 2, 3), -0.2, 0.2))
    values, inside = _sampled(moving, maps)
    correlation = np.einsum("np,np->n", _unit(values, inside), _unit(fixed, inside))
    return maps, correlation, inside.mean(axis=1)


def _grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the centres of pixels, from -1 to 1, flattened."""
    centres = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(centres, centres)
    return x.ravel(), y.ravel()


def _sampled(images: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return images read where maps lead, bilinearly, and 1 where that is inside them."""
    n, side = images.shape[:2]
    x, y = _grid(side)
    places = maps @ np.stack([x, y, np.ones_like(x)])
    inside = (np.abs(places) <= 1).all(axis=1).astype(np.float32)
    places = np.clip((places + 1) * (side / 2) - 0.5, 0, side - 1.001)
    corner = places.astype(np.int32)
    right, below = (places - corner).swapaxes(0, 1)
    first = corner[:, 1] * side + corner[:, 0] + np.arange(n, dtype=np.int32)[:, None] * side**2
    flat = images.reshape(-1)
    upper = flat[first] * (1 - right) + flat[first + 1] * right
    lower = flat[first + side] * (1 - right) + flat[first + side + 1] * right
    return upper * (1 - below) + lower * below, inside


def _unit(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return values with mean 0 and length 1 over what is inside, 0 elsewhere."""
    n_inside = np.maximum(inside.sum(axis=1, keepdims=True), 1)
    values = (values - (values * inside).sum(axis=1, keepdims=True) / n_inside) * inside
    length = np.sqrt(np.einsum("np,np->n", values, values))[:, None]
    return values / np.maximum(length, 1e-6)


def _undone(maps: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return maps after the inverse of small steps from the identity."""
    square = [np.tile(np.eye(3, dtype=np.float32), (len(maps), 1, 1)) for _ in range(2)]
    square[0][:, :2] = maps
    square[1][:, :2] += steps
    joined = square[0] @ np.linalg.inv(square[1])
    return np.clip(joined[:, :2], -1.6, 1.6)


def _is_plausible(maps: np.ndarray) -> np.ndarray:
    """Tell which maps people make: a little zoom, turn and shift, hardly any squeeze."""
    scales = np.linalg.svd(maps[:, :, :2], compute_uv=False)
    is_squeezed = scales[:, 0] > _MOST_SQUEEZE * scales[:, 1]
    return (scales[:, 0] <= _SCALES[1]) & (scales[:, 1] >= _SCALES[0]) & ~is_squeezed
