"""Cut one sheet into tiles: along a grid that is given, or found, or printed.

Floor 2: works on arrays; writes no file and prints nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sklimg.errors import GridError, UsageError
from sklimg.forms import read_form
from sklimg.glyphs import find_glyph, frame_glyph
from sklimg.grids import ENOUGH, KINDS, FoundGrid, find_grid
from sklimg.names import SQUARES
from sklimg.sheets import is_empty, rule_inset, split_sheet, square_tile, tile_boxes
from sklimg.warps import cell_size, even_nodes, flat_sheet, padded_nodes, shrunk_sheet

__all__ = ["CutPage", "Cutting", "Labels", "Tile", "cut_page"]

Grid = tuple[int | None, int | None]
Labels = Sequence[str | None] | Callable[[tuple[int, int]], Sequence[str | None]]

_KNOWN = 0.25  # confidence that is enough where rows and columns are known
_CLEAN_SIDE = 112  # pixels of a cell at least, where the sheet has them
_MARGIN = 0.15  # of a cell: what a symbol may reach into its neighbours


@dataclass(frozen=True)
class Cutting:
    """How sheets are cut; see `sklimg.tiles.cut_sheets`."""

    grid: Grid = (None, None)
    find: bool = True
    labels: Labels | None = None
    inset: float | str = 0.0
    square: str = SQUARES[0]
    skip_empty: bool = False
    clean: bool = False

    def __post_init__(self):
        if not self.find and None in self.grid:
            raise UsageError("grid: expected rows and columns, or to find them; got one of them")
        if self.square not in SQUARES:
            raise UsageError(f"square: expected one of {', '.join(SQUARES)}, got {self.square!r}")
        is_share = isinstance(self.inset, int | float) and 0 <= self.inset < 0.45
        if self.inset != "auto" and not is_share:
            raise UsageError(f"inset: expected a share in [0, 0.45) or 'auto', got {self.inset!r}")
        if self.clean and self.inset != 0:
            raise UsageError("inset: cleaning removes rules itself; choose one of clean and inset")
        if not self.find:
            self.labels_of(self.grid)

    def labels_of(self, grid: tuple[int, int]) -> Sequence[str | None]:
        """Return a label for each tile in reading order, empty if there is none.

        Raises
        ------
        UsageError, GridError
            If their number does not fit a grid that was given, or found.
        """
        n_tiles = grid[0] * grid[1]
        if self.labels is None:
            return [""] * n_tiles
        labels = self.labels(grid) if callable(self.labels) else self.labels
        if len(labels) != n_tiles:
            message = f"labels: expected {n_tiles} for a grid of {grid[0]}x{grid[1]}, "
            raise (GridError if self.find else UsageError)(f"{message}got {len(labels)}")
        return labels


@dataclass
class Tile:
    """One tile; `row` and `col` count from 0, `box` is (left, top, right, bottom)."""

    row: int
    col: int
    label: str
    box: tuple[int, int, int, int]
    pixels: np.ndarray
    is_empty: bool


@dataclass
class CutPage:
    """What became of a sheet.

    Attributes
    ----------
    size : tuple of int
        Of the sheet, laid flat, (height, width); boxes are in its pixels.
    found : FoundGrid
        The grid it was cut along.
    tiles : list of Tile
    n_empty : int
        Tiles left out because they hold nothing.
    """

    size: tuple[int, int]
    found: FoundGrid
    tiles: list[Tile] = field(default_factory=list)
    n_empty: int = 0


def cut_page(sheet: np.ndarray, how: Cutting) -> CutPage:
    """Cut a sheet into tiles.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    how : Cutting

    Raises
    ------
    GridError
        If no grid was found, or one too doubtful, or one that the labels do not fit.
    SheetError
        If the sheet has fewer pixels than tiles.
    """
    if how.find:
        found, labels = _found(sheet, how)
        cell = cell_size(found.nodes)
        size = (cell[0] * found.shape[0], cell[1] * found.shape[1])
    else:
        boxes = tile_boxes(sheet.shape[:2], how.grid)
        found = FoundGrid(even_nodes(sheet.shape[:2], how.grid), 1.0, "given")
        labels, size = how.labels_of(how.grid), sheet.shape[:2]
    boxes = tile_boxes(size, found.shape)
    page = CutPage(size, found)
    if how.clean:
        cut = _cleaned(sheet, found, boxes)
    else:
        flat = sheet if not how.find else flat_sheet(sheet, found.nodes, cell)
        cut = _plain(flat, found.shape, boxes, how)
    for i, (box, tile, empty) in enumerate(cut):
        if labels[i] is None:
            continue
        if how.skip_empty and empty:
            page.n_empty += 1
            continue
        page.tiles.append(Tile(*divmod(i, found.shape[1]), labels[i], box, tile, empty))
    return page


def _found(sheet: np.ndarray, how: Cutting) -> tuple[FoundGrid, Sequence[str | None]]:
    """Return the grid on a sheet and the labels of its tiles."""
    grey = sheet if sheet.ndim == 2 else sheet[..., 1]  # green is nearest to grey
    form = read_form(np.ascontiguousarray(grey))
    if form is not None:
        found = FoundGrid(form[1], 1.0, "form")
        if any(given not in (None, n) for given, n in zip(how.grid, found.shape, strict=True)):
            raise GridError(f"expected {_asked(how.grid)}, got a printed form of {found}", found)
        printed = form[0].labels
        if how.labels is None:
            return found, printed
        # boxes that the form does not use stay unused
        pairs = zip(how.labels_of(found.shape), printed, strict=True)
        return found, [own if own_printed is not None else None for own, own_printed in pairs]
    found = find_grid(sheet, how.grid)
    known = all(how.grid)
    if found is None or found.confidence < 0.05:
        raise GridError(f"expected {_asked(how.grid)}, found none")
    if found.confidence < (_KNOWN if known else ENOUGH):
        raise GridError(
            f"expected {_asked(how.grid)}, found one of {found} by {KINDS[found.kind]} with a "
            f"confidence of {found.confidence:.2f}, below {_KNOWN if known else ENOUGH}",
            found,
        )
    try:
        return found, how.labels_of(found.shape)
    except GridError as err:
        raise GridError(f"{err} (the grid found is {found})", found) from err


def _asked(grid: Grid) -> str:
    """Say which grid was asked for."""
    rows, columns = grid
    if rows is None and columns is None:
        return "a grid"
    if rows is None or columns is None:
        return f"a grid of {rows or columns} {'columns' if rows is None else 'rows'}"
    return f"a grid of {rows}x{columns}"


def _plain(flat: np.ndarray, grid: tuple[int, int], boxes: list, how: Cutting) -> Iterator[tuple]:
    """Yield (box, tile, whether it is empty) of each tile as it stands."""
    tiles = split_sheet(flat, grid)
    share = rule_inset(tiles) if how.inset == "auto" else how.inset
    for (left, top, right, bottom), whole in zip(boxes, tiles, strict=True):
        down, across = _margin(bottom - top, share), _margin(right - left, share)
        box = (left + across, top + down, right - across, bottom - down)
        tile = flat[box[1] : box[3], box[0] : box[2]]
        if how.square == "crop":
            height, width = tile.shape[:2]
            tile = square_tile(tile, "crop")
            box = _middle(box, height, width, len(tile))
        elif how.square == "pad":
            tile = square_tile(tile, "pad")
        yield box, tile, is_empty(whole)


def _cleaned(sheet: np.ndarray, found: FoundGrid, boxes: list) -> Iterator[tuple]:
    """Yield (box, tile, whether it is empty) of each tile, its symbol alone in the middle."""
    # no classifier sees more of a symbol, and it takes the less time
    sheet, nodes = shrunk_sheet(sheet, found.nodes, _CLEAN_SIDE)
    height, width = cell_size(nodes)
    wide = (round(height * (1 + 2 * _MARGIN)), round(width * (1 + 2 * _MARGIN)))
    share, side = _MARGIN / (1 + 2 * _MARGIN), max(height, width)
    corners = padded_nodes(nodes, _MARGIN).reshape(-1, 2, 2, 2)
    for box, corner in zip(boxes, corners, strict=True):
        tile = flat_sheet(sheet, corner, wide)
        glyph = find_glyph(tile, share, sure=False)
        if glyph is None:  # a photo is left as it is
            down, across = (wide[0] - height) // 2, (wide[1] - width) // 2
            yield box, tile[down : down + height, across : across + width], False
        else:
            yield box, frame_glyph(tile, glyph, (side, side)), not glyph.cover.any()


def _margin(length: int, share: float) -> int:
    """Return the pixels to cut off at each end; at least one is left."""
    return min(int(share * length + 0.5), (length - 1) // 2)


def _middle(box: tuple, height: int, width: int, side: int) -> tuple[int, int, int, int]:
    """Return the box of the middle square of *side* pixels."""
    left, top = box[0] + (width - side) // 2, box[1] + (height - side) // 2
    return (left, top, left + side, top + side)
