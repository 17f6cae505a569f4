"""Cut sheets into a folder of tiles with its manifest.

The manifest holds the truth; file and folder names are only encodings of it.

    DIR/<label>/<sheet>_r01_c01.png   one tile, without the folder if unlabelled
    DIR/manifest.csv                  path,label,sheet,row,col,left,top,right,bottom
    DIR/sheets.csv                    what was cut: path, page, size, grid, counts
    DIR/rejects.csv                   path,code,reason of the sheets that were not

Floor 2: reads and writes files, prints nothing.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sklimg.errors import ImageError, SheetError, UsageError
from sklimg.files import new_folder, one_line, path_text, safe_name
from sklimg.images import encode_image, read_pages
from sklimg.manifest import MANIFEST_COLUMNS, SHEETS_COLUMNS
from sklimg.names import MANIFEST, OWN_FILES, REJECTS, SHEETS, SQUARES, TILE_FORMATS
from sklimg.records import records_csv
from sklimg.sheets import is_empty, rule_inset, split_sheet, square_tile, tile_boxes

__all__ = ["Cut", "cut_sheets"]


@dataclass
class Cut:
    """What `cut_sheets` did.

    Attributes
    ----------
    tiles : list of tuple
        One row of the manifest each.
    sheets : list of tuple
        One row of ``sheets.csv`` each, a page of a TIFF being a sheet.
    rejects : list of (path, code, reason)
        Files that were not cut.
    """

    tiles: list[tuple] = field(default_factory=list)
    sheets: list[tuple] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def n_empty(self) -> int:
        """Number of tiles left out because they hold nothing."""
        return sum(row[SHEETS_COLUMNS.index("empty")] for row in self.sheets)


def cut_sheets(
    sheets: Sequence[str | os.PathLike],
    grid: tuple[int, int],
    out: str | os.PathLike,
    *,
    labels: Sequence[str] | None = None,
    inset: float | str = 0.0,
    square: str = "none",
    skip_empty: bool = False,
    format: str = "png",
) -> Cut:
    """Cut sheets into tiles and write them to a new folder with a manifest.

    Parameters
    ----------
    sheets : sequence of path
        Image files; every page of a TIFF is cut.
    grid : tuple of int
        Number of tiles as (rows, columns).
    out : path
        The folder to make; it must be absent or empty. It appears whole.
    labels : sequence of rows * columns str, optional
        Label of each tile in reading order; an empty one leaves a tile unlabelled.
    inset : float or "auto", default=0
        Share of a tile's side cut off at each edge, in [0, 0.45); "auto" measures
        how far ruled lines reach into the tiles of each sheet.
    square : {"none", "pad", "crop"}, default="none"
        How tiles become square.
    skip_empty : bool, default=False
        Whether tiles that hold no stroke are left out.
    format : {"png", "jpg"}, default="png"
        Of the tiles; PNG keeps every pixel as it is.

    Returns
    -------
    cut : Cut

    Raises
    ------
    UsageError
        If *out* is in use, the number of labels does not fit the grid, or *inset*
        is out of range.
    SheetError, ImageError
        If no sheet could be cut; nothing is written then.
    """
    how = _How(grid, labels, inset, square, skip_empty, format)
    cut, names, errors = Cut(), set(), []
    with new_folder(out) as folder:
        for path in sheets:
            try:
                tiles, pages = _cut_file(path, how, folder, names)
            except ImageError as err:
                errors.append(err)
                cut.rejects.append((path_text(path), err.code, one_line(err)))
            except SheetError as err:
                errors.append(err)
                cut.rejects.append((path_text(path), "too_small", one_line(err)))
            else:
                cut.tiles += tiles
                cut.sheets += pages
        if len(errors) == len(sheets) == 1:
            raise errors[0]
        if not cut.sheets:
            first = errors[0] if errors else "no sheets were given"
            raise SheetError(f"none of {len(errors)} sheets could be cut; the first: {first}")
        _write(folder / MANIFEST, MANIFEST_COLUMNS, cut.tiles)
        _write(folder / SHEETS, SHEETS_COLUMNS, cut.sheets)
        _write(folder / REJECTS, ("path", "code", "reason"), cut.rejects)
        for label_dir in folder.iterdir():
            if label_dir.is_dir() and not any(label_dir.iterdir()):
                label_dir.rmdir()
    return cut


@dataclass(frozen=True)
class _How:
    """The choices of `cut_sheets`, checked."""

    grid: tuple[int, int]
    labels: Sequence[str] | None
    inset: float | str
    square: str
    skip_empty: bool
    format: str

    def __post_init__(self):
        rows, columns = self.grid
        if self.labels is not None and len(self.labels) != rows * columns:
            raise UsageError(
                f"labels: expected {rows * columns} for a grid of {rows}x{columns}, "
                f"got {len(self.labels)}"
            )
        for name, allowed in (("square", SQUARES), ("format", TILE_FORMATS)):
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name}: expected one of {', '.join(allowed)}, got {getattr(self, name)!r}"
                )
        is_share = isinstance(self.inset, int | float) and 0 <= self.inset < 0.45
        if self.inset != "auto" and not is_share:
            raise UsageError(f"inset: expected a share in [0, 0.45) or 'auto', got {self.inset!r}")

    def label(self, row: int, column: int) -> str:
        """Return the label of a tile, empty if there is none."""
        return "" if self.labels is None else self.labels[row * self.grid[1] + column]


def _cut_file(
    path: str | os.PathLike, how: _How, folder: Path, names: set[str]
) -> tuple[list[tuple], list[tuple]]:
    """Write the tiles of one file, all or none; return its rows of manifest and sheets."""
    tiles, pages = [], []
    try:
        for name, page, sheet in _named_pages(path, names):
            kept = _cut_page(sheet, how)
            for row, col, box, tile in kept:
                label = how.label(row, col)
                file = _tile_file(name, label, row, col, how)
                (folder / file).parent.mkdir(exist_ok=True)
                (folder / file).write_bytes(encode_image(tile, how.format))
                tiles.append((file, label, name, row + 1, col + 1, *box))
            counts = (len(kept), how.grid[0] * how.grid[1] - len(kept))
            pages.append((name, path_text(path), page, *sheet.shape[:2], *how.grid, *counts))
    except (ImageError, SheetError) as err:
        for tile in tiles:
            (folder / tile[0]).unlink()
        if isinstance(err, SheetError):
            raise SheetError(f"{path}: {err}") from err
        raise
    return tiles, pages


def _named_pages(path: str | os.PathLike, names: set[str]) -> Iterator[tuple[str, int, np.ndarray]]:
    """Yield (name, page, pixels) of each page; no name is used twice."""
    stem = path_text(Path(path).stem)
    for page, sheet in enumerate(read_pages(path), start=1):
        plain = stem if page == 1 else f"{stem}_p{page:02d}"
        name = next(n for n in _numbered(plain) if n not in names)
        names.add(name)
        yield name, page, sheet


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 10**9):
        yield f"{name}-{number}"


def _cut_page(sheet: np.ndarray, how: _How) -> list:
    """Return (row, column, box, tile) for each tile that is kept."""
    boxes, tiles = tile_boxes(sheet.shape[:2], how.grid), split_sheet(sheet, how.grid)
    share = rule_inset(tiles) if how.inset == "auto" else how.inset
    kept = []
    for i, ((left, top, right, bottom), tile) in enumerate(zip(boxes, tiles, strict=True)):
        if how.skip_empty and is_empty(tile):
            continue
        down, across = _margin(bottom - top, share), _margin(right - left, share)
        box = (left + across, top + down, right - across, bottom - down)
        tile = sheet[box[1] : box[3], box[0] : box[2]]
        if how.square == "crop":
            height, width = tile.shape[:2]
            tile = square_tile(tile, "crop")
            box = _middle(box, height, width, len(tile))
        kept.append(
            (
                *divmod(i, how.grid[1]),
                box,
                square_tile(tile, "pad") if how.square == "pad" else tile,
            )
        )
    return kept


def _margin(length: int, share: float) -> int:
    """Return the pixels to cut off at each end; at least one is left."""
    return min(int(share * length + 0.5), (length - 1) // 2)


def _middle(box: tuple, height: int, width: int, side: int) -> tuple[int, int, int, int]:
    """Return the box of the middle square of *side* pixels."""
    left, top = box[0] + (width - side) // 2, box[1] + (height - side) // 2
    return (left, top, left + side, top + side)


def _tile_file(name: str, label: str, row: int, col: int, how: _How) -> str:
    """Return the path of a tile in its folder."""
    digits = [max(2, len(str(count))) for count in how.grid]
    file = f"{safe_name(name)}_r{row + 1:0{digits[0]}d}_c{col + 1:0{digits[1]}d}.{how.format}"
    if not label:
        return file
    folder = safe_name(label)
    if folder in OWN_FILES:  # taken by the folder's own files
        folder = folder.replace(".", "%2E")
    return f"{folder}/{file}"


def _write(path: Path, header: Sequence[str], rows: Sequence[tuple]) -> None:
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    path.write_bytes(records_csv(columns))
