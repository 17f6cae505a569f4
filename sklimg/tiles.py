"""A folder of tiles and its manifest: cut from sheets, joined to sheets again.

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

from sklimg.errors import ImageError, SheetError, TableError, UsageError
from sklimg.files import new_folder, one_line, path_text, safe_name
from sklimg.formats import MAX_PIXELS
from sklimg.images import encode_image, read_pages
from sklimg.names import MANIFEST, OWN_FILES, REJECTS, SHEETS, SQUARES, TILE_FORMATS
from sklimg.records import read_records, records_csv
from sklimg.sheets import is_empty, paste_tiles, rule_inset, split_sheet, square_tile, tile_boxes

__all__ = ["Cut", "cut_sheets", "join_sheet"]

_MANIFEST_COLUMNS = ("path", "label", "sheet", "row", "col", "left", "top", "right", "bottom")
_SHEETS_COLUMNS = ("sheet", "path", "page", "height", "width", "rows", "cols", "tiles", "empty")


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
        return sum(row[_SHEETS_COLUMNS.index("empty")] for row in self.sheets)


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
    if labels is not None and len(labels) != grid[0] * grid[1]:
        raise UsageError(
            f"labels: expected {grid[0] * grid[1]} for a grid of {grid[0]}x{grid[1]}, "
            f"got {len(labels)}"
        )
    for name, value, allowed in (("square", square, SQUARES), ("format", format, TILE_FORMATS)):
        if value not in allowed:
            raise UsageError(f"{name}: expected one of {', '.join(allowed)}, got {value!r}")
    if inset != "auto" and not (isinstance(inset, int | float) and 0 <= inset < 0.45):
        raise UsageError(f"inset: expected a share in [0, 0.45) or 'auto', got {inset!r}")
    cut, names, errors = Cut(), set(), []
    with new_folder(out) as folder:
        for path in sheets:
            tiles, pages = [], []
            try:
                for name, page, sheet in _named_pages(path, names):
                    done = _cut_page(sheet, grid, inset, square, skip_empty)
                    for row, col, box, tile in done:
                        label = "" if labels is None else labels[row * grid[1] + col]
                        file = _tile_file(name, label, row, col, grid, format)
                        (folder / file).parent.mkdir(exist_ok=True)
                        (folder / file).write_bytes(encode_image(tile, format))
                        tiles.append((file, label, name, row + 1, col + 1, *box))
                    empty = grid[0] * grid[1] - len(done)
                    pages.append(
                        (name, path_text(path), page, *sheet.shape[:2], *grid, len(done), empty)
                    )
            except (ImageError, SheetError) as err:
                for tile in tiles:  # a sheet is cut whole or not at all
                    (folder / tile[0]).unlink()
                code = err.code if isinstance(err, ImageError) else "too_small"
                if code == "too_small":
                    err = SheetError(f"{path}: {err}")
                errors.append(err)
                cut.rejects.append((path_text(path), code, one_line(err)))
                continue
            cut.tiles += tiles
            cut.sheets += pages
        if not cut.sheets:
            raise (
                errors[0]
                if len(errors) == 1
                else SheetError(
                    f"none of {len(errors)} sheets could be cut; the first: {errors[0]}"
                )
            )
        _write(folder / MANIFEST, _MANIFEST_COLUMNS, cut.tiles)
        _write(folder / SHEETS, _SHEETS_COLUMNS, cut.sheets)
        _write(folder / REJECTS, ("path", "code", "reason"), cut.rejects)
        for label_dir in folder.iterdir():
            if label_dir.is_dir() and not any(label_dir.iterdir()):
                label_dir.rmdir()
    return cut


def join_sheet(manifest: str | os.PathLike, sheet: str | None = None) -> np.ndarray:
    """Put the tiles of a manifest back into the sheet they were cut from.

    Parameters
    ----------
    manifest : path
        A ``manifest.csv`` with its tiles beside it.
    sheet : str, optional
        Name of the sheet; needed where the manifest holds several.

    Returns
    -------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
        White where no tile lies.

    Raises
    ------
    UsageError
        If the manifest holds several sheets, or not the one named.
    TableError, ImageError, SheetError
        If the manifest or a tile is missing, damaged or of the wrong size.
    """
    columns = read_records(manifest, _MANIFEST_COLUMNS)
    names = list(dict.fromkeys(columns["sheet"]))
    if not names:
        raise TableError(f"{manifest}: expected tiles, got a header alone")
    if sheet is None and len(names) == 1:
        sheet = names[0]
    if sheet not in names:
        asked = "one has to be named" if sheet is None else f"got {sheet!r}"
        raise UsageError(
            f"{manifest}: holds {len(names)} sheets and {asked}; pass --sheet with one of: "
            f"{', '.join(names[:20])}"
        )
    tiles, boxes = [], []
    for i, name in enumerate(columns["sheet"]):
        if name == sheet:
            boxes.append(_box(manifest, i, [columns[side][i] for side in _MANIFEST_COLUMNS[-4:]]))
            tiles.append(next(read_pages(Path(manifest).parent / columns["path"][i])))
    size = _recorded_size(Path(manifest).with_name(SHEETS), sheet)
    height, width = size or (max(box[3] for box in boxes), max(box[2] for box in boxes))
    if height * width > MAX_PIXELS:
        most = f"{MAX_PIXELS // 10**6} million pixels"
        raise TableError(f"{manifest}: expected a sheet of at most {most}, got {height}x{width}")
    return paste_tiles(tiles, boxes, (height, width))


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


def _cut_page(
    sheet: np.ndarray, grid: tuple[int, int], inset, square: str, skip_empty: bool
) -> list:
    """Return (row, column, box, tile) for each tile that is kept."""
    boxes, tiles = tile_boxes(sheet.shape[:2], grid), split_sheet(sheet, grid)
    share = rule_inset(tiles) if inset == "auto" else inset
    kept = []
    for i, ((left, top, right, bottom), tile) in enumerate(zip(boxes, tiles, strict=True)):
        if skip_empty and is_empty(tile):
            continue
        down, across = _margin(bottom - top, share), _margin(right - left, share)
        box = (left + across, top + down, right - across, bottom - down)
        tile = sheet[box[1] : box[3], box[0] : box[2]]
        if square == "crop":
            height, width = tile.shape[:2]
            tile = square_tile(tile, "crop")
            box = _middle(box, height, width, len(tile))
        kept.append(
            (*divmod(i, grid[1]), box, square_tile(tile, "pad") if square == "pad" else tile)
        )
    return kept


def _margin(length: int, share: float) -> int:
    """Return the pixels to cut off at each end; at least one is left."""
    return min(int(share * length + 0.5), (length - 1) // 2)


def _middle(box: tuple, height: int, width: int, side: int) -> tuple[int, int, int, int]:
    """Return the box of the middle square of *side* pixels."""
    left, top = box[0] + (width - side) // 2, box[1] + (height - side) // 2
    return (left, top, left + side, top + side)


def _tile_file(
    name: str, label: str, row: int, col: int, grid: tuple[int, int], format: str
) -> str:
    """Return the path of a tile in its folder."""
    digits = [max(2, len(str(count))) for count in grid]
    file = f"{safe_name(name)}_r{row + 1:0{digits[0]}d}_c{col + 1:0{digits[1]}d}.{format}"
    if not label:
        return file
    folder = safe_name(label)
    if folder in OWN_FILES:  # taken by the folder's own files
        folder = folder.replace(".", "%2E")
    return f"{folder}/{file}"


def _write(path: Path, header: Sequence[str], rows: Sequence[tuple]) -> None:
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    path.write_bytes(records_csv(columns))


def _box(manifest: str | os.PathLike, index: int, fields: list[str]) -> tuple[int, int, int, int]:
    try:
        left, top, right, bottom = map(int, fields)
    except ValueError as err:
        raise TableError(
            f"{manifest}, tile {index + 1}: expected whole numbers for left,top,right,bottom, "
            f"got {','.join(fields)}"
        ) from err
    if not (0 <= left < right and 0 <= top < bottom):
        raise TableError(f"{manifest}, tile {index + 1}: {','.join(fields)} is no box")
    return left, top, right, bottom


def _recorded_size(path: Path, sheet: str) -> tuple[int, int] | None:
    """Return the (height, width) of a sheet as it was cut, if that was recorded."""
    if not path.exists():
        return None
    columns = read_records(path, _SHEETS_COLUMNS)
    if sheet not in columns["sheet"]:
        return None
    index = columns["sheet"].index(sheet)
    try:
        return int(columns["height"][index]), int(columns["width"][index])
    except ValueError as err:
        raise TableError(f"{path}, sheet {sheet}: expected whole numbers as its size") from err
