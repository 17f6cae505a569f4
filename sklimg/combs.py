"""Evenly spaced places along a profile: the lines of a grid seen from the side.

A comb is (period, first, count): teeth at first, first + period, and so on.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

__all__ = ["Comb", "best_cells", "best_lines", "line_evidence", "walk_lines"]

_LEVEL = 61  # pixels over which a profile is levelled
_STEP = 1.005  # from one period that is tried to the next
_SAME = 0.04  # of a period: two combs this close are one
_BARE = 0.3  # evidence that a tooth needs to be worth having
_REACH = 0.17  # of a period: how far a line may stand from where it is expected
_GONE = 0.15  # of a period: how far beyond the picture a line may lie


@dataclass(frozen=True)
class Comb:
    """Evenly spaced teeth and what they are worth."""

    worth: float
    period: float
    first: float
    count: int

    @property
    def teeth(self) -> np.ndarray:
        """Where the teeth stand, of shape (count,)."""
        return self.first + self.period * np.arange(self.count)


def line_evidence(profile: np.ndarray) -> np.ndarray:
    """Return in [0, 1] how much a line each place of a profile looks.

    1 is the mean of the highest peaks, so a faint grid counts like a strong one.
    """
    level = np.maximum(profile - ndimage.median_filter(profile, _LEVEL), 0)
    peaks = level[level == ndimage.maximum_filter1d(level, 9)]
    highest = np.sort(peaks)[-6:].mean() if len(peaks) else 0.0
    return np.clip(level / max(highest, 1e-6), 0, 1)


def best_lines(evidence: np.ndarray, most: int = 3, least: float = 9.0) -> list[Comb]:
    """Return up to *most* combs whose teeth stand on lines, the best first.

    Parameters
    ----------
    evidence : ndarray of shape (length,), in [0, 1]
    most : int
    least : float
        Shortest period in pixels.
    """
    length, found = len(evidence), []
    period = least
    while period < length * 1.02:
        slack = max(1, round(0.05 * period))
        near = ndimage.maximum_filter1d(evidence, 2 * slack + 1)
        firsts = np.arange(0, period, slack)
        places = firsts[:, None] + period * np.arange(int(length // period) + 1)
        inside = np.rint(places).astype(int)
        gains = np.where(inside < length, near[np.minimum(inside, length - 1)] - _BARE, -1)
        found.append(_best_run(gains, period, firsts))
        period *= _STEP
    kept: list[Comb] = []
    for comb in sorted(found, key=lambda comb: -comb.worth):
        if all(abs(np.log(comb.period / other.period)) > _SAME for other in kept):
            kept.append(comb)
        if len(kept) == most:
            break
    return kept


def best_cells(profile: np.ndarray, least: float = 14.0) -> Comb:
    """Return the comb whose teeth stand in the gaps of a profile, with ink between them.

    Parameters
    ----------
    profile : ndarray of shape (length,)
        Ink, summed along rows or columns.
    least : float
        Shortest period in pixels.
    """
    length = len(profile)
    ink = profile / max(profile[profile >= 0.02 * profile.max()].mean(), 1e-9)
    best, period = Comb(0.0, float(length), 0.0, 1), least
    while period < length / 1.9:
        gap = ndimage.gaussian_filter1d(ink, 0.07 * period, mode="constant")
        body = ndimage.gaussian_filter1d(ink, 0.13 * period, mode="constant")
        firsts = np.arange(-0.3 * period, 0.7 * period, max(1, int(0.04 * period)))
        places = firsts[:, None] + period * np.arange(int(length // period) + 2)
        gaps = np.minimum(_sampled(gap, places), 2)
        bodies = np.minimum(_sampled(body, places[:, :-1] + period / 2), 1.2)
        gains = bodies - 0.65 * (gaps[:, :-1] + gaps[:, 1:]) - 0.25
        gone = places > length + 0.3 * period
        gains = np.where(gone[:, :-1] | gone[:, 1:], -2, gains) * period / length
        run = _best_run(gains, period, firsts)
        best = max(best, Comb(run.worth, period, run.first, run.count + 1), key=lambda c: c.worth)
        period *= _STEP
    return best


def walk_lines(evidence: np.ndarray, comb: Comb) -> np.ndarray:
    """Follow the lines near a comb to both ends of the picture, each where it stands.

    Hand-drawn lines are not even: each is looked for where the two before it lead.

    Returns
    -------
    lines : ndarray of shape (n_lines,)
        Rising places, one for each line that could be; those where no line is seen
        stand where one is expected. The last may lie a little beyond the picture.
    """
    if comb.count < 2:
        return comb.teeth
    teeth = [_nearest_line(evidence, tooth, comb.period) for tooth in comb.teeth]
    strength = np.interp(teeth, np.arange(len(evidence)), ndimage.maximum_filter1d(evidence, 3))
    odd = np.abs(np.diff(teeth) / comb.period - 1)
    i = int((strength[:-1] + strength[1:] - 2 * odd).argmax())
    before = _steps(evidence, teeth[i + 1], teeth[i], comb.period)
    after = _steps(evidence, teeth[i], teeth[i + 1], comb.period)
    return np.array([*before[::-1], teeth[i], teeth[i + 1], *after])


def _steps(evidence: np.ndarray, before: float, last: float, period: float) -> list[float]:
    """Return the lines that follow on two others, to the end of the picture."""
    sign, step, lines = np.sign(last - before), abs(last - before), []
    while True:
        step = min(max(step, 0.8 * period), 1.25 * period)
        expected = last + sign * step
        if not -_GONE * step <= expected <= len(evidence) - 1 + _GONE * step:
            return lines
        found = _nearest_line(evidence, expected, step)
        if found != expected:
            step = 0.6 * step + 0.4 * abs(found - last)
        lines.append(found)
        last = found


def _nearest_line(evidence: np.ndarray, place: float, period: float) -> float:
    """Return where near *place* a line stands, or *place* if none does."""
    reach = _REACH * period
    low, high = max(int(np.ceil(place - reach)), 0), int(place + reach) + 1
    near = evidence[low:high]
    if not len(near):
        return place
    pulled = near - 0.2 * ((np.arange(low, low + len(near)) - place) / reach) ** 2
    top = low + int(pulled.argmax())
    if evidence[top] < 0.25:
        return place
    around = np.arange(max(top - 1, 0), min(top + 2, len(evidence)))
    return float(np.average(around, weights=evidence[around]))


def _best_run(gains: np.ndarray, period: float, firsts: np.ndarray) -> Comb:
    """Return the run of teeth with the largest sum of gains, of all rows of *gains*."""
    sums = np.concatenate([np.zeros((len(gains), 1)), np.cumsum(gains, axis=1)], axis=1)
    rises = sums - np.minimum.accumulate(sums, axis=1)
    row, stop = np.unravel_index(rises.argmax(), rises.shape)
    start = int(sums[row, : stop + 1].argmin())
    first = float(firsts[row] + period * start)
    return Comb(float(rises[row, stop]), period, first, int(stop - start))


def _sampled(profile: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the profile at the nearest whole places, 0 outside."""
    near = np.rint(places).astype(int)
    inside = (near >= 0) & (near < len(profile))
    return np.where(inside, profile[np.clip(near, 0, len(profile) - 1)], 0)
