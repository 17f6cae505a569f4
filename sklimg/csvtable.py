"""Tables of vectors as CSV, in the layouts that people have.

wide       ``label,path,pixel0,pixel1,...`` and further named columns after the
           last pixel; also without ``path`` or ``label``, and with the pixel
           names of other programs (``1x1,1x2,...``)
headerless numbers alone, the label first; or none, where the numbers are as many as
           an image has
vector     ``image_vector,label``, the vector quoted

Reading has three layers: lines are split by byte searches where they hold no
quotes and by the csv module where they do; the digits of a whole block become
numbers in a few numpy passes; only a block that fails its checks is looked at
vector by vector, to accept it or to name the line.

Floor 1: reads and writes open files.
"""

import csv
import io
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from sklimg.errors import TableError
from sklimg.records import csv_field, csv_line
from sklimg.spec import ImageSpec
from sklimg.vectors import parse_digits, parse_vector, print_vectors

__all__ = ["looks_like_table", "read_csv", "write_csv"]

_BLOCK = 1 << 22  # bytes read at a time
_PIXEL = re.compile(r"pixel_?[0-9]+|[0-9]+x[0-9]+", re.IGNORECASE)
_VECTOR = "image_vector"


@dataclass(frozen=True)
class _Layout:
    """Where things stand in a line.

    The pixels are the fields ``start`` to ``stop``; ``names`` holds the names of
    all other fields in their order.
    """

    names: tuple[str, ...]
    start: int
    stop: int
    kind: str

    @property
    def n_after(self) -> int:
        """Number of fields after the pixels."""
        return len(self.names) - self.start


def read_csv(file: BinaryIO, where: str) -> tuple[np.ndarray, dict[str, list[str]]]:
    """Read a table of vectors.

    Parameters
    ----------
    file : binary file
        Positioned at its start.
    where : str
        What errors call the file.

    Returns
    -------
    pixels : ndarray of shape (n_images, n_pixels), uint8
    columns : dict of str to list of str
        All other columns, such as ``label`` and ``path``.

    Raises
    ------
    TableError
        With the line, and the column where there is one.
    """
    first = file.readline()
    file.seek(0)
    layout = _layout(first, where)
    line = 1
    if layout.kind != "headerless":
        file.readline()
        line = 2
    elif first.startswith(b"\xef\xbb\xbf"):
        file.seek(3)
    blocks, columns = [], {name: [] for name in layout.names}
    width = layout.stop - layout.start if layout.kind != "vector" else None
    while block := _whole_lines(file):
        others, pixels = _read_block(block, layout, line, where, width)
        if pixels is not None:
            width = pixels.shape[1]
            blocks.append(pixels)
        for name, values in zip(columns, others, strict=True):
            columns[name] += values
        line += block.count(b"\n")
    if not blocks:
        raise TableError(f"{where}: expected rows of pixels, got none")
    return np.concatenate(blocks), columns


def write_csv(
    file: BinaryIO, pixels: np.ndarray, columns: dict[str, Sequence[str]], layout: str
) -> None:
    """Write a table of vectors.

    Parameters
    ----------
    file : binary file
    pixels : ndarray of shape (n_images, n_pixels), uint8
    columns : dict of str to sequence of str
        ``label`` and, in the wide layout, ``path`` stand before the pixels, the
        others after them. The vector layout holds the label alone.
    layout : {"wide", "vector"}
    """
    names = [f"pixel{i}" for i in range(pixels.shape[1])]
    after = [name for name in columns if name not in ("label", "path")]
    if mistaken := [name for name in after if _PIXEL.fullmatch(name) or name == _VECTOR]:
        raise TableError(
            f"column {mistaken[0]!r}: expected a name unlike those of pixels; rename it"
        )
    if layout == "vector":
        header, before, after = [_VECTOR, "label"], [], ["label"]
    else:
        before = ["label", "path"]
        header = [*before, *names, *after]
    file.write((csv_line(header) + "\n").encode())
    quote = b'"' if layout == "vector" else b""
    fields = [[csv_field(text).encode() for text in columns[name]] for name in before + after]
    lead = len(before)
    for start in range(0, len(pixels), 1024):
        lines = []
        for i, digits in enumerate(print_vectors(pixels[start : start + 1024]), start):
            others = [column[i] for column in fields]
            lines.append(b",".join([*others[:lead], quote + digits + quote, *others[lead:]]))
        file.write(b"\n".join(lines) + b"\n")


def looks_like_table(first_line: bytes) -> bool:
    """Tell whether a CSV file that starts so holds vectors rather than paths."""
    try:
        _layout(first_line, "")
    except TableError:
        return False
    return True


def _layout(first_line: bytes, where: str) -> _Layout:
    """Find out from its first line how a file is laid out."""
    try:
        names = next(csv.reader([first_line.decode("utf-8-sig").rstrip("\r\n")]), [])
    except (UnicodeDecodeError, csv.Error) as err:
        raise TableError(
            f"{where}, line 1: expected CSV in UTF-8: {err}; save it as UTF-8"
        ) from err
    counted = [str(i) for i in range(len(names))]
    if len(names) > 1 and names[1:] in (counted[:-1], counted[1:]) and not names[0].isdecimal():
        return _Layout((names[0],), 1, len(names), "wide")  # columns that pandas numbered
    if len(names) > 1 and all(re.fullmatch(r"\s*[0-9.]+\s*", name) for name in names[1:]):
        bare = ImageSpec.guessed(len(names)) and not ImageSpec.guessed(len(names) - 1)
        others = () if bare else ("label",)
        is_header = names == counted and len(names) > 4  # by pandas again
        kind = "wide" if is_header else "headerless"
        return _Layout(others, len(others), len(names), kind)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"{where}, line 1: column {twice[0]!r} stands twice; rename one")
    if _VECTOR in names:
        start = names.index(_VECTOR)
        return _Layout(tuple(n for n in names if n != _VECTOR), start, start + 1, "vector")
    pixels = [i for i, name in enumerate(names) if _PIXEL.fullmatch(name)]
    if not pixels or pixels != list(range(pixels[0], pixels[0] + len(pixels))):
        raise TableError(
            f"{where}, line 1: expected the columns label,path,pixel0,... or image_vector,label, "
            f"got {','.join(names)[:60]!r}"
        )
    start, stop = pixels[0], pixels[-1] + 1
    return _Layout(tuple(names[:start] + names[stop:]), start, stop, "wide")


def _whole_lines(file: BinaryIO) -> bytes:
    """Read about a block that ends where a record ends: its quotes are even."""
    block = file.read(_BLOCK) + file.readline()
    while block.count(b'"') % 2 and (more := file.readline()):
        block += more
    return block


def _read_block(
    block: bytes, layout: _Layout, line: int, where: str, width: int | None
) -> tuple[list[list[str]], np.ndarray | None]:
    """Return the other columns of a block, and its pixels: the quick way, else the exact one."""
    split = _split_quoted if layout.kind == "vector" else _split_plain
    try:
        if rows := split(block, layout):
            pixels = _quick_pixels([row[-1] for row in rows], width)
            if pixels is not None:
                return [[row[i].decode() for row in rows] for i in range(len(layout.names))], pixels
        others, vectors, lines = _split_exactly(block, layout, line, where)
    except UnicodeDecodeError as err:
        raise TableError(f"{where}, after line {line}: expected UTF-8: {err.reason}") from err
    if not vectors:
        return others, None
    pixels = _quick_pixels([vector.encode() for vector in vectors], width)
    if pixels is None:
        width = width or len(parse_vector(vectors[0], None, f"{where}, line {lines[0]}"))
        places = [f"{where}, line {number}" for number in lines]
        pixels = np.stack([parse_vector(v, width, p) for v, p in zip(vectors, places, strict=True)])
    return others, pixels


def _quick_pixels(vectors: list[bytes], width: int | None) -> np.ndarray | None:
    """Parse vectors all at once, also as people and programs write them: 1, 2.0, 3."""
    width = width or vectors[0].count(b",") + 1
    text = b"\n".join(vectors) + b"\n"
    pixels = parse_digits(text, width)
    if pixels is None:
        plain = text.replace(b", ", b",").replace(b".0,", b",").replace(b".0\n", b"\n")
        pixels = parse_digits(plain, width)
    return pixels


def _split_plain(block: bytes, layout: _Layout) -> list[list[bytes]] | None:
    """Split lines without quotes; None if there are quotes or a line has too few fields."""
    if b'"' in block:
        return None
    rows = []
    for line in block.removesuffix(b"\n").split(b"\n"):
        *before, tail = line.removesuffix(b"\r").split(b",", layout.start)
        tail, *after = tail.rsplit(b",", layout.n_after) if layout.n_after else (tail,)
        row = [*before, *after, tail]
        if len(row) != len(layout.names) + 1:
            return None
        rows.append(row)
    return rows


def _split_quoted(block: bytes, layout: _Layout) -> list[list[bytes]] | None:
    """Split lines of one quoted vector and a plain label; None if one is otherwise."""
    if layout.start != 0 or len(layout.names) != 1:
        return None
    rows = []
    for line in block.removesuffix(b"\n").split(b"\n"):
        parts = line.removesuffix(b"\r").split(b'"')
        if len(parts) != 3 or parts[0] or not parts[2].startswith(b",") or b"," in parts[2][1:]:
            return None
        rows.append([parts[2][1:], parts[1]])
    return rows


def _split_exactly(block: bytes, layout: _Layout, line: int, where: str) -> tuple[list, list, list]:
    """Split a block by the csv module; slower, right for quotes, exact in its errors."""
    csv.field_size_limit(sys.maxsize)  # a vector is one field and may be long
    reader = csv.reader(io.StringIO(block.decode(), newline=""), strict=True)
    expected = layout.stop - layout.start + len(layout.names)
    others, vectors, lines = [[] for _ in layout.names], [], []
    while True:
        number = line + reader.line_num
        try:
            row = next(reader, None)
        except csv.Error as err:
            raise TableError(f"{where}, line {number}: not CSV: {err}") from err
        if row is None:
            return others, vectors, lines
        if not row:
            continue
        if len(row) != expected:
            inside = (
                "" if layout.kind == "vector" else f" of which {layout.stop - layout.start} pixels"
            )
            raise TableError(
                f"{where}, line {number}: expected {expected} fields{inside}, got {len(row)}; "
                "was the line cut, or a comma not quoted?"
            )
        for column, text in zip(others, row[: layout.start] + row[layout.stop :], strict=True):
            column.append(text)
        vectors.append(",".join(row[layout.start : layout.stop]))
        lines.append(number)
