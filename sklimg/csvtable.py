"""Tables of vectors as CSV: read from all layouts, written in two.

Reading has three layers: lines are split by byte searches where they hold no
quotes and by the csv module where they do; the digits of a whole block become
numbers in a few numpy passes; only a block that fails its checks is looked at
vector by vector, to accept it or to name the line.

Floor 1: reads and writes open files.
"""

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from sklimg.errors import TableError
from sklimg.layouts import Layout, find_layout
from sklimg.records import csv_field, csv_line
from sklimg.vectors import parse_digits, parse_vector, print_vectors

__all__ = ["read_blocks", "write_header", "write_rows"]

_BLOCK = 1 << 22  # bytes read at a time


def read_blocks(file: BinaryIO, where: str) -> Iterator[tuple[np.ndarray, dict[str, list[str]]]]:
    """Read a table of vectors block by block, each of some megabytes of text.

    Parameters
    ----------
    file : binary file
        Positioned at its start.
    where : str
        What errors call the file.

    Yields
    ------
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
    layout = find_layout(first, where)
    line = 1
    if layout.kind != "headerless":
        file.readline()
        line = 2
    elif first.startswith(b"\xef\xbb\xbf"):
        file.seek(3)
    width = layout.stop - layout.start if layout.kind != "vector" else None
    is_empty = True
    while block := _whole_lines(file):
        others, pixels = _read_block(block, layout, line, where, width)
        if pixels is not None:
            width, is_empty = pixels.shape[1], False
            yield pixels, dict(zip(layout.names, others, strict=True))
        line += block.count(b"\n")
    if is_empty:
        raise TableError(f"{where}: expected rows of pixels, got none")


def write_header(file: BinaryIO, layout: Layout) -> None:
    """Write the first line of a table of vectors."""
    file.write((csv_line(layout.header) + "\n").encode())


def write_rows(
    file: BinaryIO, layout: Layout, pixels: np.ndarray, columns: Mapping[str, Sequence[str]]
) -> None:
    """Write rows of a table of vectors.

    Parameters
    ----------
    file : binary file
    layout : Layout
        Of a new table.
    pixels : ndarray of shape (n_images, n_pixels), uint8
    columns : mapping of str to sequence of str
        At least those that the layout names.
    """
    quote = b'"' if layout.kind == "vector" else b""
    fields = [[csv_field(text).encode() for text in columns[name]] for name in layout.names]
    lead = layout.start
    for start in range(0, len(pixels), 1024):
        lines = []
        for i, digits in enumerate(print_vectors(pixels[start : start + 1024]), start):
            others = [column[i] for column in fields]
            lines.append(b",".join([*others[:lead], quote + digits + quote, *others[lead:]]))
        file.write(b"\n".join(lines) + b"\n")


def _whole_lines(file: BinaryIO) -> bytes:
    """Read about a block that ends where a record ends: its quotes are even."""
    lines = [file.read(_BLOCK) + file.readline()]
    is_open = lines[0].count(b'"') % 2
    while is_open and (more := file.readline()):
        lines.append(more)
        is_open ^= more.count(b'"') % 2
    return b"".join(lines)


def _read_block(
    block: bytes, layout: Layout, line: int, where: str, width: int | None
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
        raise TableError(
            f"{where}, after line {line}: expected UTF-8: {err.reason}; save it so"
        ) from err
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


def _split_plain(block: bytes, layout: Layout) -> list[list[bytes]] | None:
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


def _split_quoted(block: bytes, layout: Layout) -> list[list[bytes]] | None:
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


def _split_exactly(block: bytes, layout: Layout, line: int, where: str) -> tuple[list, list, list]:
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
