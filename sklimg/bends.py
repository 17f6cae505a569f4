"""Rules as they were drawn: a little off, a little slanted, a little bent.

Floor 1: works on arrays; reads no file and prints nothing.
"""

import numpy as np

from sklimg.pencils import Frame
from sklimg.rules import RuledGrid

__all__ = ["follow_rules"]

_SAMPLES = 24  # a cell, along a line and across
_REACH = 0.12  # of a cell; a rule is looked for no further away
_SHARPENED = (0.1, 0.06, 0.04)  # of a cell: what counts as near, round by round
_LEAST = 0.25  # of a line's length that has to be drawn for it to be followed


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
        keep = np.diag([0.0, 0.1, 1.0]) * weights.sum()  # straight unless it is seen to bend
        bend = np.linalg.solve(scaled.T @ shapes + keep, scaled.T @ middle)
    return bend
