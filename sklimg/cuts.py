"""Cut one sheet into tiles: along a grid that is given, or found, or printed.

Floor 2: works on arrays; writes no file and prints nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sklimg.errors import GridError, TableError, UsageError
from sklimg.forms import Form, read_form
from sklimg.glyphs import find_glyph, frame_glyph
from sklimg.grids import ENOUGH, KINDS, FoundGrid, find_grid, fits
from sklimg.marks import find_marks
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
    find: bool | None = None
    labels: Labels | None = None
    inset: float | str = 0.0
    square: str = SQUARES[0]
    skip_empty: bool = False
    clean: bool = False

    def __post_init__(self):
        if self.find is None:  # an even cut is what rows and columns alone ask for
            object.__setattr__(self, "find", None in self.grid)
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
        Of the sheet as it was cut, (height, width): laid flat, and made smaller for
        cleaning where its cells are large. Boxes are in its pixels.
    found : FoundGrid
        The grid it was cut along.
    is_clean : bool
        Whether the tiles were cleaned; those of photos are not.
    warnings : list of str
        What a person should look at, one line each.
    tiles : list of Tile
    n_empty : int
        Tiles left out because they hold nothing.
    """

    size: tuple[int, int]
    found: FoundGrid
    is_clean: bool
    warnings: list[str]
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
    warnings: list[str] = []
    if how.find:
        grey = sheet if sheet.ndim == 2 else np.ascontiguousarray(sheet[..., 1])  # green is near
        marks = find_marks(grey)
        found, labels = _found(sheet, how, read_form(grey, marks))
        if found.cut:
            warnings.append(f"boxes at the {' and '.join(found.cut)} are cut off and left out")
        if found.kind != "form" and len(marks) > 1 and how.labels is None:
            warnings.append("marks of a form are seen, but its code is not: there are no labels")
    else:
        tile_boxes(sheet.shape[:2], how.grid)  # a sheet with too few pixels is told by its size
        found = FoundGrid(even_nodes(sheet.shape[:2], how.grid), 1.0, "given")
        labels = how.labels_of(how.grid)
    nodes = found.nodes
    if how.clean:
        # no classifier sees more of a symbol, and it takes the less time
        sheet, nodes = shrunk_sheet(sheet, nodes, _CLEAN_SIDE)
    cell = cell_size(nodes)
    is_flat = not how.find and not how.clean
    size = sheet.shape[:2] if is_flat else (cell[0] * found.shape[0], cell[1] * found.shape[1])
    boxes = tile_boxes(size, found.shape)
    page = CutPage(size, found, how.clean, warnings)
    if how.clean:
        cut, page.is_clean = _cleaned(sheet, nodes, boxes)
    else:
        flat = sheet if is_flat else flat_sheet(sheet, nodes, cell)
        cut = _plain(flat, found.shape, boxes, how)
    for i, (box, tile, empty) in enumerate(cut):
        if labels[i] is None:
            continue
        if how.skip_empty and empty:
            page.n_empty += 1
            continue
        page.tiles.append(Tile(*divmod(i, found.shape[1]), labels[i], box, tile, empty))
    return page


def _found(
    sheet: np.ndarray, how: Cutting, form: tuple[Form, np.ndarray] | None
) -> tuple[FoundGrid, Sequence[str | None]]:
    """Return the grid on a sheet and the labels of its tiles."""
    if form is not None:
        found = FoundGrid(form[1], 1.0, "form")
        if not fits(found, how.grid):
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
    if not fits(found, how.grid):
        raise GridError(f"expected {_asked(how.grid)}, found {_described(found)}", found)
    if found.confidence < (_KNOWN if known else ENOUGH):
        enough = _KNOWN if known else ENOUGH
        raise GridError(
            f"expected {_asked(how.grid)}, found {_described(found)}, below {enough}", found
        )
    try:
        return found, how.labels_of(found.shape)
    except (GridError, TableError) as err:
        raise GridError(f"{err} (the grid found is {found})", found) from err


def _described(found: FoundGrid) -> str:
    """Say what was found."""
    how = f"by {KINDS[found.kind]} with a confidence of {found.confidence:.2f}"
    return f"one of {found} {how}"


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


def _cleaned(sheet: np.ndarray, nodes: np.ndarray, boxes: list) -> tuple[list[tuple], bool]:
    """Return (box, tile, whether it is empty) of each tile, and whether they were cleaned.

    Tiles hold their symbol alone in the middle. If most tiles of a sheet are photos,
    all are left as they are.
    """
    height, width = cell_size(nodes)
    wide = (round(height * (1 + 2 * _MARGIN)), round(width * (1 + 2 * _MARGIN)))
    share, side = _MARGIN / (1 + 2 * _MARGIN), max(height, width)
    corners = padded_nodes(nodes, _MARGIN).reshape(-1, 2, 2, 2)
    tiles = [flat_sheet(sheet, corner, wide) for corner in corners]
    glyphs = [find_glyph(tile, share, sure=False) for tile in tiles]
    if 2 * glyphs.count(None) > len(tiles):
        down, across = (wide[0] - height) // 2, (wide[1] - width) // 2
        part = np.s_[down : down + height, across : across + width]
        return [(box, tile[part], False) for box, tile in zip(boxes, tiles, strict=True)], False
    cut = []
    for box, tile, glyph in zip(boxes, tiles, glyphs, strict=True):
        sure = glyph or find_glyph(tile, share)
        cut.append((box, frame_glyph(tile, sure, (side, side)), not sure.cover.any()))
    return cut, True


def _margin(length: int, share: float) -> int:
    """Return the pixels to cut off at each end; at least one is left."""
    return min(int(share * length + 0.5), (length - 1) // 2)


def _middle(box: tuple, height: int, width: int, side: int) -> tuple[int, int, int, int]:
    """Return the box of the middle square of *side* pixels."""
    left, top = box[0] + (width - side) // 2, box[1] + (height - side) // 2
    return (left, top, left + side, top + side)
