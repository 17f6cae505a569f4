"""Lines that meet in one point: the two families of lines of a grid seen at an angle.

A pencil is told by its slope as a function of where its lines cross the middle of
the picture: seen in perspective, the slope changes evenly from line to line. Two
pencils span a `Frame`, in whose coordinates the lines of a grid are straight,
parallel to the axes and evenly spaced.

Floor 1: works on arrays; reads no file and prints nothing.

References
----------
.. [1] M. L. Brady, "A fast discrete approximation algorithm for the Radon
   transform", 1998.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

__all__ = ["Frame", "Pencil", "find_pencil", "line_sums"]

_STRIP = 2  # pixels summed without a shift
_STEEPEST = 0.4  # slope, as a share of 1


@dataclass(frozen=True)
class Pencil:
    """Lines that run from left to right and meet far away, or nowhere.

    Attributes
    ----------
    slope : float
        Pixels down a pixel to the right, of the line through the middle.
    turn : float
        Change of the slope from the top of the picture to its bottom.
    profile : ndarray of shape (height,)
        Mean of the picture along the line through each pixel of the middle column.
    """

    slope: float
    turn: float
    profile: np.ndarray


def line_sums(picture: np.ndarray) -> tuple[np.ndarray, int]:
    """Sum a picture along every line that runs about from left to right.

    Parameters
    ----------
    picture : ndarray of shape (height, width), float32

    Returns
    -------
    sums : ndarray of shape (2 * steepest + 1, height), float32
        Row ``steepest + rise``, column y: mean along the line through y in the middle
        column that goes *rise* pixels down over *span* pixels.
    span : int
        A power of two, at least the width.

    Notes
    -----
    Sums over two neighbouring strips are those of each strip, one shifted by half the
    rise [1]_: all lines at once cost about as much as a few passes over the picture.
    """
    height, width = picture.shape
    n_strips = 64
    while n_strips * _STRIP < width:
        n_strips *= 2
    n_used = -(-width // _STRIP)
    padded = np.zeros((height, n_used * _STRIP), np.float32)
    padded[:, :width] = picture
    start = (n_strips - n_used) // 2
    strips = np.zeros((n_strips, height), np.float32)
    strips[start : start + n_used] = padded.reshape(height, n_used, _STRIP).mean(axis=2).T
    steepest = int(n_strips * _STRIP * _STEEPEST)
    sums = np.zeros((2 * steepest + 1, height), np.float32)
    for sign, ordered in ((1, strips), (-1, strips[::-1])):
        falling = _falling_sums(ordered, steepest)
        for rise in range(len(falling)):
            top = steepest - round(rise / 2)
            sums[steepest + sign * rise] = falling[rise, top : top + height]
    return sums / n_used, n_strips * _STRIP


def _falling_sums(strips: np.ndarray, steepest: int) -> np.ndarray:
    """Return sums along lines that fall by 0, 1, ... pixels over all *strips*."""
    n_strips, height = strips.shape
    length = height + 2 * steepest
    sums = np.zeros((n_strips, 1, length), np.float32)
    sums[:, 0, steepest : steepest + height] = strips
    for level in range(n_strips.bit_length() - 1):
        left, right = sums[0::2], sums[1::2]
        n_rises = min(2 << level, int((2 << level) * _STRIP * _STEEPEST) + 2)
        sums = np.empty((len(left), n_rises, length), np.float32)
        for rise in range(n_rises):
            half, shift = min(rise // 2, left.shape[1] - 1), (rise + 1) // 2
            sums[:, rise, : length - shift] = left[:, half, : length - shift]
            sums[:, rise, : length - shift] += right[:, half, shift:]
            sums[:, rise, length - shift :] = left[:, half, length - shift :]
    return sums[0, : steepest + 1]


def find_pencil(picture: np.ndarray, spread: int = 41) -> Pencil:
    """Find the pencil whose lines gather what is drawn in the fewest places.

    Parameters
    ----------
    picture : ndarray of shape (height, width), float32
    spread : int, default=41
        Pixels over which the profile is levelled before its peaks are weighed; 0 for
        broad peaks, which are weighed as they are.
    """
    sums, span = line_sums(picture)
    steepest = len(sums) // 2
    rises, turns = np.meshgrid(
        np.arange(-0.7 * steepest, 0.7 * steepest + 1, 4),
        np.arange(-0.9 * steepest, 0.9 * steepest + 1, 12),
    )
    keep = np.abs(rises) + np.abs(turns) / 2 < 1.05 * steepest
    # every other line tells the way, all of them the rest
    rise, turn = _sharpest(sums[:, ::2], rises[keep], turns[keep], spread // 2)
    for fine, wide in ((2, 6), (1, 2), (0.5, 1)):
        near = np.meshgrid(rise + fine * np.arange(-2, 3), turn + wide * np.arange(-3, 4))
        rise, turn = _sharpest(sums, *(values.ravel() for values in near), spread)
    profile = _profiles(sums, np.array([rise]), np.array([turn]))[0]
    return Pencil(rise / span, turn / span, profile)


def _sharpest(
    sums: np.ndarray, rises: np.ndarray, turns: np.ndarray, spread: int
) -> tuple[float, float]:
    """Return the rise and turn whose profile is the sharpest."""
    scores = []
    for part in np.array_split(np.arange(len(rises)), len(rises) // 400 + 1):
        profiles = _profiles(sums, rises[part], turns[part])
        if spread:
            profiles -= ndimage.uniform_filter1d(profiles, spread, axis=1)
        scores.append(np.einsum("ij,ij->i", profiles, profiles))
    best = int(np.concatenate(scores).argmax())
    return float(rises[best]), float(turns[best])


def _profiles(sums: np.ndarray, rises: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Return the profile of each pencil, 0 where its lines are too steep."""
    steepest, height = len(sums) // 2, sums.shape[1]
    places = (np.arange(height, dtype=np.float32) - (height - 1) / 2) / height
    rows = np.rint(rises[:, None] + turns[:, None] * places).astype(np.int32)
    is_known = np.abs(rows) <= steepest
    found = sums[np.clip(rows + steepest, 0, 2 * steepest), np.arange(height)]
    return np.where(is_known, found, 0)


class Frame:
    """Coordinates (down, across) in which two pencils are straight and even.

    Both run over the picture's height and width, and equal its pixels along its
    middle column and row if it is seen straight on.

    Parameters
    ----------
    shape : tuple of int
        Of the picture, (height, width).
    lying, standing : Pencil
        Lines from left to right; those from top to bottom, found in the transposed
        picture.
    """

    def __init__(self, shape: tuple[int, int], lying: Pencil, standing: Pencil):
        self.shape = shape
        middle = (np.array(shape) - 1) / 2
        slopes = [lying.slope, standing.slope]
        turns = [lying.turn / shape[0], standing.turn / shape[1]]  # a pixel
        self._slopes, self._turns, self._middle = slopes, turns, middle
        # both families meet on the horizon, where evenly spaced lines crowd
        (m0, n0), (m1, n1), (yc, xc) = slopes, turns, middle
        lying_meet = np.array([m1 * xc - 1, m1 * yc - m0, m1])
        standing_meet = np.array([n1 * xc - n0, n1 * yc - 1, n1])
        horizon = np.cross(lying_meet, standing_meet)
        bends = -horizon[[1, 0]] / (horizon @ [xc, yc, 1])
        self._axes = [_Axis(length, bend) for length, bend in zip(shape, bends, strict=True)]

    def even(self, profile: np.ndarray, axis: int) -> np.ndarray:
        """Return a pencil's profile over the even coordinate of *axis*."""
        places = self._axes[axis].bent(np.arange(len(profile), dtype=float))
        return np.interp(places, np.arange(len(profile)), profile, left=0, right=0)

    def pixels(self, down: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Return where coordinates lie in the picture.

        Parameters
        ----------
        down, across : ndarray
            Of shapes that broadcast against each other.

        Returns
        -------
        points : ndarray of their common shape + (2,)
            As (y, x), the centre of the first pixel being (0, 0).
        """
        (m0, n0), (m1, n1), (yc, xc) = self._slopes, self._turns, self._middle
        y0, x0 = self._axes[0].bent(down), self._axes[1].bent(across)
        m, n = m0 + m1 * (y0 - yc), n0 + n1 * (x0 - xc)
        x = (x0 + n * (y0 - m * xc - yc)) / (1 - n * m)
        return np.stack(np.broadcast_arrays(y0 + m * (x - xc), x), axis=-1)


class _Axis:
    """One coordinate of a frame: even, and as it lies in the picture."""

    def __init__(self, length: int, bend: float):
        self.middle = (length - 1) / 2
        # no horizon within one and a half pictures: nobody takes such a photo
        self.bend = float(np.clip(bend, -1 / (1.5 * length), 1 / (1.5 * length)))
        ends = np.array([-self.middle, self.middle])
        even = ends / (1 - self.bend * ends)
        self.start, self.scale = even[0], (even[1] - even[0]) / max(length - 1, 1)

    def bent(self, even: np.ndarray) -> np.ndarray:
        """Return where even coordinates lie in the picture."""
        even = self.start + self.scale * np.asarray(even, float)
        return even / (1 + self.bend * even) + self.middle
