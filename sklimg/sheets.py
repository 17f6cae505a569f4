"""Cut a sheet into its tiles, and put tiles back into a sheet.

Sizes are (height, width) in pixels and grids are (rows, columns), the order of
numpy axes. A box is (left, top, right, bottom) in pixels of the sheet.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from collections.abc import Sequence

import numpy as np

from sklimg.errors import SheetError

__all__ = [
    "is_empty",
    "join_tiles",
    "paste_tiles",
    "rule_inset",
    "split_sheet",
    "square_tile",
    "tile_boxes",
]

_STROKE = 48  # grey levels by which a stroke differs from its paper
_SEEN = 96  # pixels of a tile's side in which a stroke is looked for
_MOST_INSET = 0.15  # of a tile; rules do not reach further in


def split_sheet(sheet: np.ndarray, grid: tuple[int, int]) -> list[np.ndarray]:
    """Cut a sheet into tiles, row by row; sizes differ by at most one pixel.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, channels)
        Pixels of the whole sheet, any dtype.
    grid : tuple of int
        Number of tiles as (rows, columns).

    Returns
    -------
    tiles : list of rows * columns ndarrays
        Tiles in reading order, same dtype, together covering every pixel once.

    Raises
    ------
    SheetError
        If the sheet has fewer pixels than the grid has cells.

    Examples
    --------
    >>> import numpy as np
    >>> [tile.tolist() for tile in split_sheet(np.arange(6).reshape(2, 3), (1, 3))]
    [[[0], [3]], [[1], [4]], [[2], [5]]]
    """
    sheet = np.asarray(sheet)
    return [
        sheet[top:bottom, left:right]
        for left, top, right, bottom in tile_boxes(sheet.shape[:2], grid)
    ]


def join_tiles(tiles: Sequence[np.ndarray], grid: tuple[int, int]) -> np.ndarray:
    """Put tiles back into the sheet they were cut from.

    Parameters
    ----------
    tiles : sequence of rows * columns ndarrays
        Tiles in reading order; those of one row have one height, those of one
        column one width.
    grid : tuple of int
        Number of tiles as (rows, columns).

    Returns
    -------
    sheet : ndarray of shape (height, width) or (height, width, channels)

    Raises
    ------
    SheetError
        If the number of tiles or their sizes do not fit the grid.
    """
    rows, columns = _checked(grid)
    if len(tiles) != rows * columns:
        raise SheetError(
            f"expected {rows * columns} tiles for a grid of {rows}x{columns}, got {len(tiles)}"
        )
    try:
        bands = [
            np.concatenate(tiles[r * columns : (r + 1) * columns], axis=1) for r in range(rows)
        ]
        return np.concatenate(bands)
    except ValueError as err:
        raise SheetError(
            f"expected tiles whose sizes fit a grid of {rows}x{columns}: {err}"
        ) from err


def tile_boxes(size: tuple[int, int], grid: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Return the box of each tile in reading order.

    Parameters
    ----------
    size : tuple of int
        Size of the sheet as (height, width).
    grid : tuple of int
        Number of tiles as (rows, columns).

    Raises
    ------
    SheetError
        If the sheet has fewer pixels than the grid has cells.
    """
    (height, width), (rows, columns) = size, _checked(grid)
    if rows > height or columns > width:
        raise SheetError(
            f"expected at least one pixel a tile, got {height}x{width} pixels "
            f"for {rows}x{columns} tiles; use fewer rows or columns"
        )
    down, across = _edges(height, rows), _edges(width, columns)
    return [
        (across[column], down[row], across[column + 1], down[row + 1])
        for row in range(rows)
        for column in range(columns)
    ]


def paste_tiles(
    tiles: Sequence[np.ndarray], boxes: Sequence[tuple[int, int, int, int]], size: tuple[int, int]
) -> np.ndarray:
    """Lay tiles on white paper of *size* (height, width), each at its box.

    A tile that `square_tile` padded is cut back to its box first.

    Raises
    ------
    SheetError
        If a tile is smaller than its box or a box lies outside the sheet.
    """
    colour = any(tile.ndim == 3 for tile in tiles)
    sheet = np.full((*size, 3) if colour else size, 255, np.uint8)
    for tile, (left, top, right, bottom) in zip(tiles, boxes, strict=True):
        height, width = bottom - top, right - left
        down, across = (tile.shape[0] - height) // 2, (tile.shape[1] - width) // 2
        if min(down, across) < 0 or bottom > size[0] or right > size[1]:
            raise SheetError(
                f"expected a tile of {height}x{width} pixels inside {size[0]}x{size[1]} for the "
                f"box {left},{top},{right},{bottom}, got {tile.shape[0]}x{tile.shape[1]}"
            )
        inner = tile[down : down + height, across : across + width]
        sheet[top:bottom, left:right] = inner[..., None] if colour and inner.ndim == 2 else inner
    return sheet


def rule_inset(tiles: Sequence[np.ndarray]) -> float:
    """Return the share of a tile's side, up to 0.15, that rules take at its edges.

    A rule crosses every tile at the same depth, a stroke does not: the median
    over all tiles of the contrast of the k-th line from an edge falls to that of
    the inside where the rules end.
    """
    depths = []
    for turn in range(4):
        strips = [np.rot90(_contrast(tile), turn) for tile in tiles]
        reach = max(1, round(min(len(strip) for strip in strips) * 2 * _MOST_INSET))
        lines = np.median([strip[:reach].mean(axis=1) for strip in strips], axis=0)
        rules = np.flatnonzero(lines[: reach // 2] > lines[reach // 2 :].mean() + 6)
        depths.append((rules[-1] + 1 if len(rules) else 0) / np.median([len(s) for s in strips]))
    return float(max(depths))


def square_tile(tile: np.ndarray, how: str) -> np.ndarray:
    """Make a tile square: ``pad`` with the median of its border, or ``crop`` its middle."""
    height, width = tile.shape[:2]
    side = max(height, width) if how == "pad" else min(height, width)
    if how == "crop":
        top, left = (height - side) // 2, (width - side) // 2
        return tile[top : top + side, left : left + side]
    border = np.concatenate([tile[0], tile[-1], tile[:, 0], tile[:, -1]])
    square = np.empty((side, side, *tile.shape[2:]), tile.dtype)
    square[:] = np.median(border, axis=0).astype(tile.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = tile
    return square


def is_empty(tile: np.ndarray) -> bool:
    """Tell whether a tile holds no stroke, its edges (where rules run) left aside."""
    step = max(1, min(tile.shape[:2]) // _SEEN)  # some of a large tile's pixels tell enough
    contrast = _contrast(tile[::step, ::step])
    down, across = (round(length * _MOST_INSET) for length in contrast.shape)
    inside = contrast[down : len(contrast) - down, across : contrast.shape[1] - across]
    return bool(np.mean(inside > _STROKE) < 0.003)


def _contrast(tile: np.ndarray) -> np.ndarray:
    """Return by how many grey levels each pixel differs from the paper, float32."""
    grey = tile if tile.ndim == 2 else tile.mean(axis=2)
    return np.abs(grey.astype(np.float32) - np.median(grey))


def _edges(length: int, parts: int) -> list[int]:
    """Return parts + 1 edges, rounded to whole pixels, from 0 to length."""
    return [(2 * i * length + parts) // (2 * parts) for i in range(parts + 1)]


def _checked(grid: tuple[int, int]) -> tuple[int, int]:
    rows, columns = grid
    if rows < 1 or columns < 1:
        raise SheetError(f"expected a grid of at least 1x1, got {rows}x{columns}")
    return rows, columns
