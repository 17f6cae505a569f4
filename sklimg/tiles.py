"""Cut sheets into a folder of tiles with its manifest.

The manifest holds the truth; file and folder names are only encodings of it.

    DIR/<label>/<sheet>_r01_c01.png   one tile, without the folder if unlabelled
    DIR/manifest.csv                  path,label,sheet,row,col,left,top,right,bottom
    DIR/sheets.csv                    what was cut: path, page, size, grid, counts
    DIR/rejects.csv                   path,code,reason of the sheets that were not
    DIR.grid.png                      the grid that was too doubtful to cut along

Floor 2: reads and writes files, prints nothing.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sklimg.cuts import CutPage, Cutting, Labels, cut_page
from sklimg.errors import GridError, ImageError, SheetError, UsageError
from sklimg.files import new_folder, one_line, path_text, safe_name, write_bytes
from sklimg.grids import ENOUGH, show_grid
from sklimg.images import encode_image, read_pages
from sklimg.manifest import MANIFEST_COLUMNS, SHEETS_COLUMNS
from sklimg.names import MANIFEST, OWN_FILES, REJECTS, SHEETS, SQUARES, TILE_FORMATS
from sklimg.records import records_csv

__all__ = ["Cut", "cut_sheets"]

_EVENLY = "pass --rows and --cols without --grid to cut the sheet evenly"


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
    warnings : list of str
        What a person should look at, one line each.
    """

    tiles: list[tuple] = field(default_factory=list)
    sheets: list[tuple] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def n_empty(self) -> int:
        """Number of tiles left out because they hold nothing."""
        return sum(row[SHEETS_COLUMNS.index("empty")] for row in self.sheets)


def cut_sheets(
    sheets: Sequence[str | os.PathLike],
    grid: tuple[int | None, int | None],
    out: str | os.PathLike,
    *,
    find: bool | None = None,
    labels: Labels | None = None,
    inset: float | str = 0.0,
    square: str = SQUARES[0],
    skip_empty: bool = False,
    clean: bool = False,
    format: str = TILE_FORMATS[0],
) -> Cut:
    """Cut sheets into tiles and write them to a new folder with a manifest.

    Parameters
    ----------
    sheets : sequence of path
        Image files; every page of a TIFF is cut.
    grid : tuple of (int or None)
        Number of tiles as (rows, columns); None where it is to be found.
    out : path
        The folder to make; it must be absent or empty. It appears whole.
    find : bool, optional
        Whether the grid is found on each sheet, by its rules, its symbols or the
        marks of a printed form, and the sheet is laid flat; else it is cut evenly. By
        default it is found unless both rows and columns are given.
    labels : sequence of rows * columns str, or callable, optional
        Label of each tile in reading order, or a function that returns them for a
        grid; an empty one leaves a tile unlabelled, None leaves it out. A printed
        form brings its own.
    inset : float or "auto", default=0
        Share of a tile's side cut off at each edge, in [0, 0.45); "auto" measures
        how far ruled lines reach into the tiles of each sheet.
    square : {"none", "pad", "crop"}, default="none"
        How tiles become square.
    skip_empty : bool, default=False
        Whether tiles that hold no stroke are left out.
    clean : bool, default=False
        Whether rules and specks are removed and the symbol is centred in a square
        tile; see `sklimg.glyphs.centre_glyph`.
    format : {"png", "jpg"}, default="png"
        Of the tiles; PNG keeps every pixel as it is.

    Returns
    -------
    cut : Cut

    Raises
    ------
    UsageError
        If *out* is in use, the number of labels does not fit a given grid, or *inset*
        is out of range.
    SheetError, ImageError
        If no sheet could be cut; nothing is written then, but for a picture
        ``OUT.grid.png`` of a grid that was found and not trusted.
    """
    if format not in TILE_FORMATS:
        raise UsageError(f"format: expected one of {', '.join(TILE_FORMATS)}, got {format!r}")
    how = Cutting(grid, find, labels, inset, square, skip_empty, clean)
    cut, names, errors = Cut(), set(), []
    with new_folder(out) as folder:
        for path in sheets:
            picture = _picture_file(out, path, several=len(sheets) > 1)
            try:
                tiles, pages, warnings = _cut_file(path, how, format, folder, names, picture)
            except ImageError as err:
                errors.append(err)
                cut.rejects.append((path_text(path), err.code, one_line(err)))
            except SheetError as err:
                errors.append(err)
                code = "grid" if isinstance(err, GridError) else "too_small"
                cut.rejects.append((path_text(path), code, one_line(err)))
            else:
                cut.tiles += tiles
                cut.sheets += pages
                cut.warnings += warnings
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


def _cut_file(
    path: str | os.PathLike,
    how: Cutting,
    format: str,
    folder: Path,
    names: set[str],
    picture: Path,
) -> tuple[list[tuple], list[tuple], list[str]]:
    """Write the tiles of one file, all or none.

    Returned are its rows of the manifest and of the sheets, and warnings.
    """
    tiles, pages, warnings = [], [], []
    try:
        for name, page, sheet in _named_pages(path, names):
            try:
                cut = cut_page(sheet, how)
            except GridError as err:
                if err.found is None:
                    raise GridError(f"{err}; {_EVENLY}, or scan it flat and whole") from err
                write_bytes(picture, encode_image(show_grid(sheet, err.found.nodes)))
                rows, columns = err.found.shape
                known = f"if it is right, pass --grid auto --rows {rows} --cols {columns}; "
                advice = (
                    _EVENLY
                    if all(how.grid) or err.found.confidence >= ENOUGH
                    else f"{known}if not, {_EVENLY}"
                )
                raise GridError(f"{err}; {picture} shows it; {advice}", err.found) from err
            for tile in cut.tiles:
                file = _tile_file(name, tile.label, tile.row, tile.col, cut.found.shape, format)
                (folder / file).parent.mkdir(exist_ok=True)
                (folder / file).write_bytes(encode_image(tile.pixels, format))
                tiles.append((file, tile.label, name, tile.row + 1, tile.col + 1, *tile.box))
            pages.append((name, path_text(path), page, *_told(cut)))
            warnings += [f"{name}: {warning}" for warning in cut.warnings]
    except (ImageError, SheetError) as err:
        for tile in tiles:
            (folder / tile[0]).unlink()
        where = f"{path}, page {len(pages) + 1}" if pages else path
        if isinstance(err, GridError):
            raise GridError(f"{where}: {err}", err.found) from err
        if isinstance(err, SheetError):
            raise SheetError(f"{where}: {err}") from err
        raise
    return tiles, pages, warnings


def _told(cut: CutPage) -> tuple:
    """Return what ``sheets.csv`` tells of a page behind its name, path and number."""
    found = cut.found
    confidence = "" if found.kind == "given" else round(found.confidence, 3)
    counts = (len(cut.tiles), cut.n_empty)
    return (
        *cut.size,
        *found.shape,
        *counts,
        found.kind,
        confidence,
        "yes" if cut.is_clean else "no",
    )


def _picture_file(out: str | os.PathLike, path: str | os.PathLike, several: bool) -> Path:
    """Return the file for the picture of a doubtful grid, beside the folder of tiles."""
    name = f".{safe_name(path_text(Path(path).stem))}" if several else ""
    return Path(out).with_name(f"{Path(out).name}{name}.grid.png")


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
