"""Ruled lines on a sheet, and the grid that they are.

The lines of each direction are a pencil, its lines a comb; of all grids that the
combs allow, that one is taken whose rules are seen best and that leaves out most
of what is not ruled.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import ndimage

from sklimg.combs import best_lines, line_evidence, walk_lines
from sklimg.pencils import Frame, find_pencil

__all__ = ["OPEN", "RuledGrid", "find_rules", "show_rules"]

_ALONG = 9  # pixels over which a rule is smoothed along its way
_WIDEST = 15  # pixels; whatever is wider is no rule
_SAMPLES = 16  # a cell, in each direction
OPEN = 2.0  # pixels from the picture's edge where a rule can't be told
_CONTENT = 0.2  # what writing in a cell is worth, of a rule on one of its sides
_FAR_LESS = 0.6  # of how much of the other lines is drawn
_MARGIN = slice(4, 12)  # samples of a cell that hold no rule


@dataclass
class RuledGrid:
    """A grid of rules.

    Attributes
    ----------
    frame : Frame
    down, across : ndarray of shape (rows + 1,), (columns + 1,)
        Where the rules stand in the frame.
    seen : float
        Share of the rules that is drawn, in [0, 1].
    worth : float
        By which one grid is better than another.
    shown : tuple of two ndarrays of the shape of the sheet
        Thin lines from left to right and from top to bottom; see `show_rules`.
    parted : float
        Share of the filled cells that hold two symbols with a gap in the middle.
    is_uneven : bool
        Whether every other line of a direction is drawn far less than the rest, or one
        is drawn half way between two others.
    """

    frame: Frame
    down: np.ndarray
    across: np.ndarray
    seen: float
    worth: float
    shown: tuple[np.ndarray, np.ndarray]
    parted: float
    is_uneven: bool


def show_rules(ink: np.ndarray, axis: int) -> np.ndarray:
    """Return the middle of thin lines that run along *axis*, in [0, 1].

    Parameters
    ----------
    ink : ndarray of shape (height, width), float32
    axis : {0, 1}
        1 for lines from left to right.
    """
    over = 1 - axis
    smooth = ndimage.uniform_filter1d(ink, _ALONG, axis=axis)
    smooth = ndimage.gaussian_filter1d(smooth, 1.0, axis=over, truncate=2)
    wide = ndimage.maximum_filter1d(
        ndimage.minimum_filter1d(smooth, _WIDEST, axis=over), _WIDEST, axis=over
    )
    thin = smooth - wide
    level = np.median(thin)
    noise = 3 * 1.4826 * np.median(np.abs(thin - level))
    shown = np.clip((thin - level - noise) / max(noise, 0.03), 0, 1)
    return shown * (smooth >= ndimage.maximum_filter1d(smooth, 5, axis=over) - 1e-4)


def find_rules(
    ink: np.ndarray, grid: tuple[int | None, int | None] = (None, None)
) -> RuledGrid | None:
    """Find the ruled grid on a sheet; None where there are no two lines to span one.

    Parameters
    ----------
    ink : ndarray of shape (height, width), float32
    grid : tuple of (int or None)
        Rows and columns where they are known.
    """
    shown = show_rules(ink, 1), show_rules(ink, 0)
    lying, standing = find_pencil(shown[0]), find_pencil(shown[1].T)
    frame = Frame(ink.shape, lying, standing)
    # a rule is where its middle is, give or take what lines are fitted to
    spread = [ndimage.maximum_filter1d(rules, 5, axis=axis) for axis, rules in enumerate(shown)]
    evidence = [
        line_evidence(frame.even(pencil.profile, axis))
        for axis, pencil in enumerate((lying, standing))
    ]
    ways = [[(comb.period, walk_lines(one, comb)) for comb in best_lines(one)] for one in evidence]
    trials = [
        _Trial(frame, shown, spread, ink, down, across, (height, width))
        for (height, down), (width, across) in product(*ways)
        if min(len(down), len(across)) > 1
    ]
    if not trials:
        return None
    bare = max(0.2, 0.35 * max(trial.strength for trial in trials))
    grids = [trial.best(bare, grid) for trial in trials]
    return max((found for found in grids if found), key=lambda one: one.worth, default=None)


class _Trial:
    """All lines that two combs lead to, and how much of each is drawn.

    Lines from left to right are told in arrays of shape (rows + 1, columns), those from
    top to bottom in arrays of shape (rows, columns + 1): what is drawn along each cell.
    """

    def __init__(self, frame, shown, spread, ink, down, across, periods):
        self.frame, self.down, self.across, self.periods = frame, down, across, periods
        self.shown = shown
        points = frame.pixels(_between(down)[:, None], _between(across)[None])
        near = np.rint(points).astype(int)
        most = np.array(frame.shape) - 1
        inside = ((points > OPEN) & (points < most - OPEN)).all(axis=-1)
        y, x = np.moveaxis(np.clip(near, 0, most), -1, 0)
        lying, standing, half = spread[0][y, x], spread[1][y, x].T, _SAMPLES // 2
        self.lying, self.standing = _drawn(lying, inside), _drawn(standing, inside.T).T
        # half a cell on: where there is a line if the cells are twice as large as they should be
        self.half_lying = _drawn(lying[half:-half], inside[half:-half])
        self.half_standing = _drawn(standing[half:-half], inside.T[half:-half]).T
        self.content, self.parted = _written(ink[y, x])
        sides = [np.nan_to_num(self.lying), np.nan_to_num(self.standing.T)]
        lines = [np.sort(side, axis=1)[:, side.shape[1] // 3 :].mean(axis=1) for side in sides]
        self.strength = float(np.percentile(np.concatenate(lines), 70))

    def best(self, bare: float, grid: tuple[int | None, int | None]) -> RuledGrid | None:
        """Return the best grid of some of the lines, each side worth what it exceeds *bare*."""
        lying = np.where(np.isnan(self.lying), 0, self.lying - bare)
        standing = np.where(np.isnan(self.standing), 0, self.standing - bare)
        found = _best_part(lying, standing, _CONTENT * self.content, grid)
        if found is None:
            return None
        top, bottom, left, right = found
        while not all(grid):
            trimmed = self._trimmed(top, bottom, left, right, grid)
            if trimmed == (top, bottom, left, right):
                break
            top, bottom, left, right = trimmed
        rules = (
            self.lying[top : bottom + 1, left:right],
            self.standing[top:bottom, left : right + 1],
        )
        height, width = self.periods
        worth = width * np.nansum(rules[0] - bare) + height * np.nansum(rules[1] - bare)
        drawn = np.concatenate([side[~np.isnan(side)] for side in rules])
        seen = float(drawn.mean()) if len(drawn) else 0.0
        return RuledGrid(
            self.frame,
            self.down[top : bottom + 1],
            self.across[left : right + 1],
            seen,
            float(worth),
            self.shown,
            _parted(self.parted[:, top:bottom, left:right], self.content[top:bottom, left:right]),
            _is_uneven(rules[0])
            or _is_uneven(rules[1].T)
            or self._is_halved(top, bottom, left, right, seen),
        )

    def _is_halved(self, top, bottom, left, right, seen):
        """Tell whether a line is drawn half way between two of a part of the grid."""
        lying = np.nan_to_num(self.half_lying[top:bottom, left:right]).mean(axis=1)
        standing = np.nan_to_num(self.half_standing[top:bottom, left:right]).mean(axis=0)
        return bool(max(lying.max(), standing.max()) > _FAR_LESS * seen)

    def _trimmed(self, top, bottom, left, right, grid):
        """Return the part without an outer row or column that no rule runs through."""
        lying = np.nan_to_num(self.lying[top : bottom + 1, left:right])
        standing = np.nan_to_num(self.standing[top:bottom, left : right + 1])
        least = 0.4 * max(lying.mean(), standing.mean())
        if grid[1] is None and right - left > 1:
            if lying[:, 0].mean() < least:
                return top, bottom, left + 1, right
            if lying[:, -1].mean() < least:
                return top, bottom, left, right - 1
        if grid[0] is None and bottom - top > 1:
            if standing[0].mean() < least:
                return top + 1, bottom, left, right
            if standing[-1].mean() < least:
                return top, bottom - 1, left, right
        return top, bottom, left, right


def _between(lines: np.ndarray) -> np.ndarray:
    """Return the places of the samples: all cells, and half a cell more at each end."""
    steps = np.arange(-_SAMPLES // 2, (len(lines) - 1) * _SAMPLES + _SAMPLES // 2 + 1) / _SAMPLES
    places = np.interp(steps, np.arange(len(lines)), lines)
    places += np.minimum(steps, 0) * (lines[1] - lines[0])
    return places + np.maximum(steps - (len(lines) - 1), 0) * (lines[-1] - lines[-2])


def _drawn(shown: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return for each line and cell the share of the line that is drawn; NaN at the edge.

    The worse half of the line counts, since strokes cross a cell's middle; so does
    what is drawn beside it, since a stroke is where it likes and a rule is not.
    """
    half = _SAMPLES // 2
    n_cells = (shown.shape[1] - 1) // _SAMPLES - 1
    cells = shown[:, half : half + n_cells * _SAMPLES].reshape(len(shown), n_cells, 4, -1)
    quarters = np.sort(cells.mean(axis=3), axis=2)
    drawn = quarters[:, :, :2].mean(axis=2)
    lines = np.arange(half, len(shown) - half, _SAMPLES)
    beside = [np.maximum(drawn[lines + s * 3], drawn[lines + s * 4]) for s in (-1, 1)]
    known = inside[lines, half : half + n_cells * _SAMPLES].reshape(len(lines), n_cells, -1)
    clear = np.maximum(drawn[lines] - (beside[0] + beside[1]) / 2, 0)
    at_edge = (known.mean(axis=2) < 0.5).mean(axis=1) > 0.5
    clear[at_edge] = np.nan
    return clear


def _written(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 for each cell with ink inside, else 0; and where that is two symbols.

    The latter is of shape (2, rows, columns): one above the other, side by side.
    """
    half = _SAMPLES // 2
    rows, columns = ((length - 1) // _SAMPLES - 1 for length in ink.shape)
    cells = ink[half : half + rows * _SAMPLES, half : half + columns * _SAMPLES]
    cells = cells.reshape(rows, _SAMPLES, columns, _SAMPLES)[:, _MARGIN, :, _MARGIN] > 0.25
    filled = np.mean(cells, axis=(1, 3)) > 0.04
    parted = []
    for axis in (1, 3):
        profile = cells.any(axis=4 - axis)  # of shape (rows, columns, samples) or alike
        profile = np.moveaxis(profile, 1, -1) if axis == 1 else profile
        middle = profile.shape[-1] // 2
        gap = ~profile[..., middle - 1 : middle + 1].any(axis=-1)
        sides = profile[..., : middle - 1].any(axis=-1) & profile[..., middle + 1 :].any(axis=-1)
        parted.append(gap & sides)
    return filled.astype(float), np.array(parted)


def _parted(parted: np.ndarray, content: np.ndarray) -> float:
    """Return the larger share of filled cells that hold two symbols, one way or the other."""
    return float(max((part * content).sum() for part in parted) / max(content.sum(), 1))


def _is_uneven(drawn: np.ndarray) -> bool:
    """Tell whether every other line, the first not among them, is drawn far less than the rest."""
    if len(drawn) < 3 or len(drawn) % 2 == 0:
        return False
    lines = np.array([np.nanmean(line) if not np.isnan(line).all() else np.nan for line in drawn])
    if np.isnan(lines[1::2]).all() or np.isnan(lines[::2]).all():
        return False
    return bool(np.nanmean(lines[1::2]) < _FAR_LESS * np.nanmean(lines[::2]))


def _best_part(lying, standing, content, grid):
    """Return (top, bottom, left, right) of the part of a grid with the largest sum."""
    n_down, n_across = len(lying), standing.shape[1]
    tops, bottoms = np.triu_indices(n_down, 1)
    if grid[0]:
        fits = bottoms - tops == grid[0]
        tops, bottoms = tops[fits], bottoms[fits]
    if not len(tops) or (grid[1] or 1) >= n_across:
        return None
    lying, standing, content = (
        np.concatenate([np.zeros((1, part.shape[1])), np.cumsum(part, axis=0)])
        for part in (lying, standing, content)
    )
    cells = lying[bottoms + 1] - lying[tops] + content[bottoms] - content[tops]
    lines = standing[bottoms] - standing[tops]
    cells = np.concatenate([np.zeros((len(tops), 1)), np.cumsum(cells, axis=1)], axis=1)
    lines = np.cumsum(lines, axis=1)
    starts = cells + np.concatenate([np.zeros((len(tops), 1)), lines[:, :-1]], axis=1)
    stops = cells + lines
    if grid[1]:
        sums = stops[:, grid[1] :] - starts[:, : -grid[1]]
        best, left = np.unravel_index(sums.argmax(), sums.shape)
        return tops[best], bottoms[best], int(left), int(left) + grid[1]
    sums = stops[:, 1:] - np.minimum.accumulate(starts, axis=1)[:, :-1]
    best, right = np.unravel_index(sums.argmax(), sums.shape)
    left = int(starts[best, : right + 1].argmin())
    return tops[best], bottoms[best], left, int(right) + 1
