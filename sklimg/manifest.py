"""Read the manifest of a folder of tiles, and join its tiles to the sheet they were.

Floor 2: reads files, prints nothing.
"""

import os
from pathlib import Path

import numpy as np

from sklimg.errors import TableError, UsageError
from sklimg.formats import MAX_PIXELS
from sklimg.images import read_pages
from sklimg.names import MANIFEST, SHEETS
from sklimg.records import read_records
from sklimg.sheets import paste_tiles

__all__ = ["MANIFEST_COLUMNS", "SHEETS_COLUMNS", "join_sheet", "were_cleaned"]

MANIFEST_COLUMNS = ("path", "label", "sheet", "row", "col", "left", "top", "right", "bottom")
SHEETS_COLUMNS = (
    *("sheet", "path", "page", "height", "width", "rows", "cols", "tiles", "empty"),
    *("grid", "confidence", "cleaned"),
)


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
    columns = read_records(manifest, MANIFEST_COLUMNS)
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
            boxes.append(_box(manifest, i, [columns[side][i] for side in MANIFEST_COLUMNS[-4:]]))
            tiles.append(next(read_pages(Path(manifest).parent / columns["path"][i])))
    size = _recorded_size(Path(manifest).with_name(SHEETS), sheet)
    height, width = size or (max(box[3] for box in boxes), max(box[2] for box in boxes))
    if height * width > MAX_PIXELS:
        most = f"{MAX_PIXELS // 10**6} million pixels"
        raise TableError(f"{manifest}: expected a sheet of at most {most}, got {height}x{width}")
    return paste_tiles(tiles, boxes, (height, width))


def were_cleaned(source: str | os.PathLike) -> bool:
    """Tell whether a folder, or a manifest, lists tiles that were cleaned when they were cut."""
    folder = Path(source).parent if Path(source).name == MANIFEST else Path(source)
    path = folder / SHEETS
    try:
        return set(read_records(path, ("cleaned",))["cleaned"]) == {"yes"}
    except TableError:  # no folder of tiles, or one of before there was cleaning
        return False


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
    columns = read_records(path, ("sheet", "height", "width"))
    if sheet not in columns["sheet"]:
        return None
    index = columns["sheet"].index(sheet)
    try:
        return int(columns["height"][index]), int(columns["width"][index])
    except ValueError as err:
        raise TableError(f"{path}, sheet {sheet}: expected whole numbers as its size") from err
