"""Symbols in regular places on paper without rules, and the grid that they stand in.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.optimize import least_squares

from sklimg.combs import best_cells
from sklimg.pencils import Frame, find_pencil

__all__ = ["Lattice", "find_lattice"]

_JITTER = 0.07  # of a cell by which a symbol stands off its middle
_PERSPECTIVE = 0.06  # of a picture's size by which its halves differ
_SKEW = 0.03  # cosine of the angle between rows and columns
_ROUNDS = 4  # of dealing symbols to cells and fitting the grid to them
_FILLED = 0.3  # of an outer row's cells that have to hold a symbol


@dataclass
class Lattice:
    """A grid that symbols stand in.

    Attributes
    ----------
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
        Corners of the cells as (y, x) in pixels.
    filled : float
        Share of the cells that hold a symbol.
    whole : float
        Share of the symbols, by area, that lie in one cell.
    spread : float
        Mean distance of symbols from the middle of their cell, in cells.
    extent : float
        Median of the symbols' longer sides, in cells.
    """

    nodes: np.ndarray
    filled: float
    whole: float
    spread: float
    extent: float


def find_lattice(
    ink: np.ndarray, grid: tuple[int | None, int | None] = (None, None)
) -> Lattice | None:
    """Find the grid that the symbols on a sheet stand in; None where there are too few.

    Parameters
    ----------
    ink : ndarray of shape (height, width), float32
    grid : tuple of (int or None)
        Rows and columns where they are known.
    """
    symbols, boxes = _symbols(ink)
    if len(boxes) < 4:
        return None
    lying, standing = find_pencil(symbols, spread=0), find_pencil(symbols.T, spread=0)
    frame = Frame(ink.shape, lying, standing)
    combs = [best_cells(frame.even(p.profile, axis)) for axis, p in enumerate((lying, standing))]
    # one cell more at each side: where the sheet ends is decided by what stands there
    teeth = [comb.first + comb.period * np.arange(-1, comb.count + 1) for comb in combs]
    corners = frame.pixels(teeth[0][:, None], teeth[1][None])
    shape = corners.shape[0] - 1, corners.shape[1] - 1
    steps = np.stack(np.indices(corners.shape[:2]), axis=-1).reshape(-1, 2).astype(float)
    to_picture = _fitted(steps, corners.reshape(-1, 2), shape, loose=True)
    for _ in range(_ROUNDS):
        cells, middles = _dealt(boxes, np.linalg.inv(to_picture), shape)
        if len(cells) < 4 or (np.ptp(cells, axis=0) == 0).any():
            return None  # in one row or column, nothing tells how large the cells are
        to_picture = _fitted(cells + 0.5, middles, shape)
    return _cropped(to_picture, boxes, cells, middles, shape, grid)


def _symbols(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of what may be symbols, and their boxes (top, left, bottom, right)."""
    least = max(0.12, 0.35 * float(np.percentile(ink, 99)))
    parts, _ = ndimage.label(ink > least, np.ones((3, 3)))
    slices = ndimage.find_objects(parts)
    if not slices:
        return np.zeros_like(ink), np.zeros((0, 4))
    boxes = np.array([[s[0].start, s[1].start, s[0].stop, s[1].stop] for s in slices], float)
    areas = np.bincount(parts.ravel(), minlength=len(slices) + 1)[1:]
    extents = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    big = np.sort(extents[areas >= 12])
    if not len(big):
        return np.zeros_like(ink), np.zeros((0, 4))
    # half of all ink's length is in parts at least this long, so that specks don't count
    usual = big[np.searchsorted(np.cumsum(big), big.sum() / 2)]
    at_edge = (boxes[:, :2] <= 0).any(axis=1) | (boxes[:, 2:] >= ink.shape).any(axis=1)
    kept = (areas >= 12) & (extents < 2.2 * usual) & (extents > 0.2 * usual) & ~at_edge
    shown = np.concatenate([[0], kept]).astype(np.float32)[parts]
    return shown, boxes[kept]


def _dealt(
    boxes: np.ndarray, to_grid: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells that hold something, and the middle of what each holds."""
    at = np.floor(_through(to_grid, (boxes[:, :2] + boxes[:, 2:] - 1) / 2)).astype(int)
    inside = ((at > 0) & (at < np.array(shape) - 1)).all(axis=1)
    if not inside.any():
        return np.zeros((0, 2), int), np.zeros((0, 2))
    cells, which = np.unique(at[inside], axis=0, return_inverse=True)
    low, high = np.full((len(cells), 2), np.inf), np.full((len(cells), 2), -np.inf)
    np.minimum.at(low, which.ravel(), boxes[inside, :2])
    np.maximum.at(high, which.ravel(), boxes[inside, 2:] - 1)
    return cells, (low + high) / 2


def _fitted(
    steps: np.ndarray, points: np.ndarray, shape: tuple[int, int], loose: bool = False
) -> np.ndarray:
    """Return the homography from grid steps to points, of shape (3, 3).

    Few symbols say little about perspective: without evidence there is none.
    """
    middle, half = np.array(shape) / 2, max(shape) / 2
    z = (steps - middle) / half
    linear = np.linalg.lstsq(np.column_stack([z, np.ones(len(z))]), points, rcond=None)[0]
    cell = max(np.sqrt(abs(np.linalg.det(linear[:2]))) / half, 1.0)  # pixels

    def misses(p):
        turn, shift, bend = p[:4].reshape(2, 2), p[4:6], p[6:]
        moved = z @ turn.T / (1 + z @ bend)[:, None] + shift
        off = (moved - points).ravel() / cell / _JITTER
        # symbols stand anywhere in their cells: the outermost tell more than the mean
        off = off * np.sqrt(np.minimum(np.abs(off), 2))
        lengths = np.linalg.norm(turn, axis=0)
        skew = turn[:, 0] @ turn[:, 1] / max(lengths.prod(), 1e-9)
        strict = 0.01 if loose else 1.0
        return np.concatenate([off, strict * bend / _PERSPECTIVE, [strict * skew / _SKEW]])

    start = np.concatenate([linear[:2].T.ravel(), linear[2], [0, 0]])
    p = least_squares(misses, start, loss="soft_l1", f_scale=2.5, max_nfev=30).x
    turn, shift, bend = p[:4].reshape(2, 2), p[4:6], p[6:]
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2], matrix[2, :2] = turn + np.outer(shift, bend), shift, bend
    to_unit = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, half]]) / half
    return matrix @ to_unit


def _cropped(to_picture, boxes, cells, middles, shape, grid) -> Lattice | None:
    """Return the lattice without outer rows and columns that are hardly filled."""
    full = np.zeros(shape)
    full[cells[:, 0], cells[:, 1]] = 1
    top, left, bottom, right = 1, 1, shape[0] - 1, shape[1] - 1
    while True:
        part = full[top:bottom, left:right]
        if 0 in part.shape:
            return None
        sides = {
            "top": part[0].mean(),
            "bottom": part[-1].mean(),
            "left": part[:, 0].mean(),
            "right": part[:, -1].mean(),
        }
        emptiest = min(sides, key=sides.get)
        if sides[emptiest] >= _FILLED:
            # one row or column too many: the first holds labels, in the margin
            first = ("top", "left")
            over = [
                n
                for n, got, known in zip(first, part.shape, grid, strict=True)
                if known and got == known + 1
            ]
            if not over:
                break
            emptiest = over[0]
        top, bottom = top + (emptiest == "top"), bottom - (emptiest == "bottom")
        left, right = left + (emptiest == "left"), right - (emptiest == "right")
    if any(given not in (None, got) for given, got in zip(grid, part.shape, strict=True)):
        return None
    to_grid = np.linalg.inv(to_picture)
    low, high = _through(to_grid, boxes[:, :2]), _through(to_grid, boxes[:, 2:] - 1)
    own = np.floor((low + high) / 2)
    over = np.maximum(own - low, high - own - 1).max(axis=1)
    inside = ((own >= [top, left]) & (own < [bottom, right])).all(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    off = np.abs(_through(to_grid, middles) - cells - 0.5)
    steps = np.stack(np.indices((bottom - top + 1, right - left + 1)), axis=-1)
    return Lattice(
        nodes=_through(to_picture, steps + np.array([top, left], float)),
        filled=float(part.mean()),
        whole=float(areas[inside & (over < 0.06)].sum() / areas.sum()),
        spread=float(off.mean()),
        extent=float(np.median((high - low).max(axis=1))),
    )


def _through(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return points (y, x) after a homography."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return moved[..., :2] / moved[..., 2:]
