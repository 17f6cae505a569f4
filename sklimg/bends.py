"""Rules as they were drawn: a little off, a little slanted, a little bent, or cut off.

Floor 1: works on arrays; reads no file and prints nothing.
"""

import numpy as np
from scipy import ndimage

from sklimg.pencils import Frame
from sklimg.rules import OPEN, RuledGrid

__all__ = ["cut_sides", "follow_rules"]

_SAMPLES = 24  # a cell, along a line and across
_REACH = 0.12  # of a cell; a rule is looked for no further away
_SHARPENED = (0.1, 0.06, 0.04)  # of a cell: what counts as near, round by round
_LEAST = 0.25  # of a line's length that has to be drawn for it to be followed
_BEYOND = np.linspace(0.1, 0.9, 17)  # of a cell beyond the outermost line
_RUNS_ON = 0.6  # of how much of the rules is drawn, where they go on


def follow_rules(grid: RuledGrid) -> np.ndarray:
    """Return where the rules of a grid cross, each rule followed as it bends.

    A rule is a parabola through what is drawn near where it was found. One that is
    hardly drawn bends as its neighbours do.

    Parameters
    ----------
    grid : RuledGrid

    Returns
    -------
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
        As (y, x) in pixels of the sheet the grid was found on.
    """
    lying = _offsets(grid.shown[0], grid.frame, grid.down, grid.across, 0)
    standing = _offsets(grid.shown[1], grid.frame, grid.across, grid.down, 1)
    steps = [np.gradient(lines) for lines in (grid.down, grid.across)]
    down = grid.down[:, None] + lying * steps[0][:, None]
    across = grid.across[None] + standing.T * steps[1][None]
    return grid.frame.pixels(down, across)


def cut_sides(grid: RuledGrid) -> list[str]:
    """Return at which sides rules run on to the picture's edge, so that cells are cut off."""
    sides = []
    most = np.array(grid.frame.shape) - 1
    for axis, names in ((0, ("top", "bottom")), (1, ("left", "right"))):
        lines, others = (grid.down, grid.across) if axis == 0 else (grid.across, grid.down)
        spread = ndimage.maximum_filter1d(grid.shown[1 - axis], 5, axis=1 - axis)
        ends = ((lines[0], lines[0] - lines[1]), (lines[-1], lines[-1] - lines[-2]))
        for name, (outer, step) in zip(names, ends, strict=True):
            beyond = outer + step * _BEYOND
            places = (
                (beyond[:, None], others[None]) if axis == 0 else (others[None], beyond[:, None])
            )
            points = grid.frame.pixels(*places)
            inside = ((points > OPEN) & (points < most - OPEN)).all(axis=-1)
            y, x = np.moveaxis(np.clip(np.rint(points).astype(int), 0, most), -1, 0)
            ends_here = 0.15 < inside.mean() < 0.9
            if ends_here and spread[y, x][inside].mean() > _RUNS_ON * grid.seen:
                sides.append(name)
    return sides


def _offsets(
    shown: np.ndarray, frame: Frame, lines: np.ndarray, crossings: np.ndarray, axis: int
) -> np.ndarray:
    """Return by how much of a cell each line is off at each crossing."""
    n_lines, n_crossings = len(lines), len(crossings)
    along = np.linspace(0, n_crossings - 1, (n_crossings - 1) * _SAMPLES + 1)
    reach = np.arange(-_REACH, _REACH + 0.01, 1 / _SAMPLES)
    over = lines[:, None] + reach * np.gradient(lines)[:, None]  # (n_lines, n_reach)
    way = np.interp(along, np.arange(n_crossings), crossings)
    places = (over[:, :, None], way) if axis == 0 else (way, over[:, :, None])
    near = np.rint(frame.pixels(*places)).astype(int)
    most = np.array(frame.shape) - 1
    inside = ((near >= 0) & (near <= most)).all(axis=-1)
    y, x = np.moveaxis(np.clip(near, 0, most), -1, 0)
    drawn = np.where(inside, shown[y, x], 0)
    ends = np.linspace(-1, 1, len(along))
    shapes = np.polynomial.polynomial.polyvander(ends, 2)
    at_crossings = shapes[::_SAMPLES]
    offsets = np.full((n_lines, n_crossings), np.nan)
    for i in range(n_lines):
        bend = _parabola(drawn[i], reach, shapes)
        if bend is not None:
            offsets[i] = at_crossings @ bend
    known = ~np.isnan(offsets[:, 0])
    if not known.any():
        return np.zeros_like(offsets)
    for j in range(n_crossings):
        offsets[:, j] = np.interp(np.arange(n_lines), np.flatnonzero(known), offsets[known, j])
    return offsets


def _parabola(drawn: np.ndarray, reach: np.ndarray, shapes: np.ndarray) -> np.ndarray | None:
    """Return the parabola through a line, as offsets in cells; None if little is drawn."""
    heights = np.convolve(drawn.mean(axis=1), [0.5, 1, 0.5], "same")
    bend = np.array([reach[int(heights.argmax())], 0.0, 0.0])
    for near in _SHARPENED:
        close = drawn * (np.abs(reach[:, None] - shapes @ bend) < near)
        mass = close.sum(axis=0)
        if (mass > 0.3).mean() < _LEAST:
            return None
        middle = (close * reach[:, None]).sum(axis=0) / np.maximum(mass, 1e-9)
        weights = np.minimum(mass, 1)
        scaled = shapes * weights[:, None]
        keep = np.diag([0.0, 0.03, 0.1]) * weights.sum()  # straight unless it is seen to bend
        bend = np.linalg.solve(scaled.T @ shapes + keep, scaled.T @ middle)
    return bend
