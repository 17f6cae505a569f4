"""Lay a sheet that was seen at an angle flat.

Floor 1: works on arrays; reads no file and prints nothing.
"""

import numpy as np
from PIL import Image

__all__ = ["cell_size", "even_nodes", "flat_sheet", "padded_nodes", "shrunk_sheet"]


def cell_size(nodes: np.ndarray) -> tuple[int, int]:
    """Return the (height, width) in pixels that the cells between *nodes* have, in the median."""
    down = np.linalg.norm(np.diff(nodes, axis=0), axis=-1)
    across = np.linalg.norm(np.diff(nodes, axis=1), axis=-1)
    return max(1, round(float(np.median(down)))), max(1, round(float(np.median(across))))


def even_nodes(size: tuple[int, int], grid: tuple[int, int]) -> np.ndarray:
    """Return where the lines cross that divide a sheet evenly.

    Parameters
    ----------
    size : tuple of int
        Size of the sheet as (height, width).
    grid : tuple of int
        Number of cells as (rows, columns).

    Returns
    -------
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
    """
    lines = [
        np.linspace(0, *ends) - 0.5 for ends in ((size[0], grid[0] + 1), (size[1], grid[1] + 1))
    ]
    return np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1)


def flat_sheet(sheet: np.ndarray, nodes: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
    """Lay a sheet flat: each cell of a bent grid becomes a rectangle.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
        Where the lines of the grid cross, as (y, x) in pixels of the sheet.
    cell : tuple of int
        Size of each cell in the result, (height, width).

    Returns
    -------
    flat : ndarray of shape (rows * height, columns * width[, 3]), uint8
        Bilinear between the pixels of the sheet; what lies outside is its nearest edge.
    """
    height, width = cell
    rows, columns = nodes.shape[0] - 1, nodes.shape[1] - 1
    sheet, shift = _window(sheet, nodes)
    corners = nodes + shift + 0.5  # Pillow's points lie between pixels
    mesh = []
    for row in range(rows):
        for column in range(columns):
            top, left = row * height, column * width
            ends = [(row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1)]
            quad = tuple(float(v) for end in ends for v in corners[end][::-1])
            mesh.append(((left, top, left + width, top + height), quad))
    flat = Image.fromarray(sheet).transform(
        (columns * width, rows * height), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
    )
    return np.asarray(flat)


def padded_nodes(nodes: np.ndarray, margin: float) -> np.ndarray:
    """Return the corners of each cell and a margin around it.

    Parameters
    ----------
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
    margin : float
        Share of a cell's side that is added at each side.

    Returns
    -------
    corners : ndarray of shape (rows, columns, 2, 2, 2)
        For each cell its (top, bottom) x (left, right) corners as (y, x).
    """
    cells = np.stack(
        [
            np.stack([nodes[:-1, :-1], nodes[:-1, 1:]], axis=2),
            np.stack([nodes[1:, :-1], nodes[1:, 1:]], axis=2),
        ],
        axis=2,
    )
    down = margin * (cells[:, :, 1] - cells[:, :, 0])
    wide = cells + np.stack([-down, down], axis=2)
    across = margin * (wide[:, :, :, 1] - wide[:, :, :, 0])
    return wide + np.stack([-across, across], axis=3)


def shrunk_sheet(sheet: np.ndarray, nodes: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a sheet smaller by a whole number, cells staying at least *least* pixels large.

    Returns
    -------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    nodes : ndarray of the shape of *nodes*
        The same crossings on the smaller sheet.
    """
    factor = max(1, min(cell_size(nodes)) // least)
    if factor == 1:
        return sheet, nodes
    return np.asarray(Image.fromarray(sheet).reduce(factor)), (nodes + 0.5) / factor - 0.5


def _window(sheet: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of a sheet that reaches over all nodes, and how they shift with it.

    Beyond the sheet there is more of its edge: Pillow would have it black.
    """
    low = np.floor(nodes.min(axis=(0, 1))).astype(int) - 1
    high = np.ceil(nodes.max(axis=(0, 1))).astype(int) + 2
    size = np.array(sheet.shape[:2])
    start, stop = np.clip(low, 0, size - 1), np.clip(high, 1, size)
    part = sheet[start[0] : stop[0], start[1] : stop[1]]
    before, after = np.maximum(start - low, 0), np.maximum(high - stop, 0)
    if before.any() or after.any():
        width = [(before[0], after[0]), (before[1], after[1]), (0, 0)][: sheet.ndim]
        part = np.pad(part, width, mode="edge")
    return part, before - start
