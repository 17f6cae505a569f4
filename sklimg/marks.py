"""Find the corner marks of a form: a black disc, a white gap, a black ring.

Such a mark looks the same however the paper is turned, and the ratio of its
radii stays when it is seen at a slant, which little else on a page imitates.

Points are (y, x) in pixels; the centre of the top left pixel is (0, 0).

Floor 1: works on arrays; reads no file and prints nothing.
"""

import numpy as np
from scipy.ndimage import label, map_coordinates, uniform_filter

__all__ = ["RADII", "find_marks", "reduce_grey"]

RADII = (2.0, 3.6, 5.0)  # mm: of the disc, and of the ring within and without

_SIDE = 1400  # pixels of the longer side that are looked at
_DARK = 0.82  # of the light around it
_DIRECTIONS = 24
_REACH = 3.2  # radii of the disc
_STEPS = 33
_LIKENESS = 0.8  # correlation with the profile of a mark
_LEAST = 20  # pixels of a disc: less shows no code either
_MOST = 400  # dark spots looked at closely


def find_marks(grey: np.ndarray) -> np.ndarray:
    """Return the centres of what looks like a corner mark, the likest first.

    Parameters
    ----------
    grey : ndarray of shape (height, width), uint8
        A scan or a photo, dark marks on light paper.

    Returns
    -------
    centres : ndarray of shape (n_marks, 2)
        Each as (y, x), to a fraction of a pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from sklimg.marks import find_marks
    >>> y, x = np.mgrid[:300, :400] - np.array([40, 70])[:, None, None]
    >>> radius = np.hypot(y, x) / 3
    >>> mark = (radius < 2) | ((radius > 3.6) & (radius < 5))
    >>> find_marks(np.where(mark, 0, 255).astype(np.uint8)).round().tolist()
    [[40.0, 70.0]]
    """
    small, factor = reduce_grey(grey)
    light = small.astype(np.float32)
    if min(light.shape) < 12 or np.ptp(small) < 30:
        return np.empty((0, 2))
    around = uniform_filter(light, max(light.shape) // 14)
    spots = _spots((light < _DARK * around) & (around - light > 12))
    centres, likeness = _like_marks(light, *spots)
    order = _without_doubles(centres, likeness)
    return (centres[order] + 0.5) * factor - 0.5


def reduce_grey(grey: np.ndarray) -> tuple[np.ndarray, int]:
    """Return an image whose longer side is about 1,400 pixels or less, and how much smaller it is.

    Parameters
    ----------
    grey : ndarray of shape (height, width), uint8

    Returns
    -------
    small : ndarray of shape (height // factor, width // factor), uint8
        Means of factor x factor pixels.
    factor : int

    Examples
    --------
    >>> import numpy as np
    >>> from sklimg.marks import reduce_grey
    >>> small, factor = reduce_grey(np.zeros((4000, 3000), np.uint8))
    >>> small.shape, factor
    ((1333, 1000), 3)
    """
    factor = max(1, round(max(grey.shape) / _SIDE))
    if factor == 1 or min(grey.shape) < factor:
        return grey, 1
    height, width = (length // factor for length in grey.shape)
    total = np.zeros((height, width), np.uint32 if factor > 16 else np.uint16)
    for i in range(factor):
        for j in range(factor):
            total += grey[i : height * factor : factor, j : width * factor : factor]
    return (total // factor**2).astype(np.uint8), factor


def _spots(dark: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return centres (n, 2) and covariances (n, 2, 2) of dark spots that are full ellipses."""
    labels, number = label(dark)
    y, x = np.nonzero(dark)
    of = labels[y, x]
    area = np.bincount(of, minlength=number + 1)
    longest = max(dark.shape)
    kept = (area >= _LEAST) & (area <= (longest / 16) ** 2)
    inside = kept[of]
    y, x, of = y[inside].astype(float), x[inside].astype(float), of[inside]

    area = area[kept]
    if not len(area):
        return np.empty((0, 2)), np.empty((0, 2, 2))
    y_mean, x_mean = (np.bincount(of, v, number + 1)[kept] / area for v in (y, x))
    y_full, x_full = np.zeros(number + 1), np.zeros(number + 1)
    y_full[kept], x_full[kept] = y_mean, x_mean
    y, x = y - y_full[of], x - x_full[of]
    yy, yx, xx = (np.bincount(of, v, number + 1)[kept] / area for v in (y * y, y * x, x * x))
    yy, xx = yy + 1 / 12, xx + 1 / 12  # a pixel is a square, not a point
    spread = np.sqrt(np.maximum(yy * xx - yx**2, 1e-9))
    thinness = spread * 2 / (yy + xx)  # 1 for a circle; of an ellipse 1 : 2 it is 0.8
    fullness = area / (4 * np.pi * spread)  # 1 for an ellipse
    good = np.flatnonzero((np.abs(fullness - 1) < 0.15) & (thinness > 0.75))
    good = good[np.argsort(-area[good], kind="stable")][:_MOST]
    covariances = np.stack([yy, yx, yx, xx], axis=-1).reshape(-1, 2, 2)
    return np.stack([y_mean, x_mean], axis=-1)[good], covariances[good]


def _like_marks(
    light: np.ndarray, centres: np.ndarray, covariances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which spots are discs of marks, their centres refined, and how like they are."""
    if not len(centres):
        return centres, np.empty(0)
    axes = 2 * np.linalg.cholesky(covariances)  # takes a unit circle to the spot's edge
    turn = np.linspace(0, 2 * np.pi, _DIRECTIONS, endpoint=False)
    rays = axes @ np.stack([np.cos(turn), np.sin(turn)])
    radii = np.linspace(0, _REACH, _STEPS)
    at = centres[:, :, None, None] + rays[..., None] * radii
    seen = map_coordinates(light, at.transpose(1, 0, 2, 3), order=1, mode="nearest")
    wanted = np.stack([_profile(radii, scale) for scale in (0.85, 0.92, 1, 1.08, 1.16)])
    rays_like = _correlation(seen[:, :, None], wanted)  # spots x directions x scales
    middle = _correlation(np.median(seen, axis=1)[:, None], wanted)
    best = middle.argmax(axis=1)
    likeness = middle.max(axis=1)
    rays_like = np.take_along_axis(rays_like, best[:, None, None], axis=2)[..., 0]
    good = (likeness > _LIKENESS) & ((rays_like > 0.5).mean(axis=1) > 0.65)
    within = radii < 1.5
    weights = np.maximum(seen.max(axis=2, keepdims=True) - seen, 0)[..., within] * radii[within]
    moved = (weights[:, None] * (at - centres[:, :, None, None])[..., within]).sum(axis=(2, 3))
    moved /= np.maximum(weights.sum(axis=(1, 2)), 1e-9)[:, None]
    return (centres + moved)[good], likeness[good]


def _profile(radii: np.ndarray, scale: float) -> np.ndarray:
    """Return the light from the middle of a mark outwards, in radii of its disc."""
    disc, within, without = (scale * radius / RADII[0] for radius in RADII)
    dark = (radii < disc) | ((radii > within) & (radii < without))
    return np.where(dark, -1.0, 1.0)


def _correlation(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return correlations along the last axis."""
    seen = seen - seen.mean(axis=-1, keepdims=True)
    wanted = wanted - wanted.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(seen, axis=-1) * np.linalg.norm(wanted, axis=-1)
    return (seen * wanted).sum(axis=-1) / np.maximum(length, 1e-9)


def _without_doubles(centres: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    """Return which centres to keep, the likest first, each place once."""
    order: list[int] = []
    for i in np.argsort(-likeness, kind="stable"):
        if all(np.abs(centres[i] - centres[j]).max() > 4 for j in order):
            order.append(int(i))
    return np.array(order, int)
