"""A table: vectors of pixels with their labels, paths and further columns.

Floor 1: reads and writes table files; prints nothing.
"""

import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sklimg import csvtable, idx
from sklimg.errors import TableError, UsageError
from sklimg.layouts import find_layout, looks_like_table
from sklimg.npz import read_npz_blocks
from sklimg.spec import ImageSpec
from sklimg.tablewriter import sidecar, table_writer

__all__ = [
    "Table",
    "is_table",
    "read_blocks",
    "read_spec",
    "read_table",
    "spec_notes",
    "table_layout",
    "write_table",
]

_ROWS = 4096  # of a block of an npz file


@dataclass(eq=False)
class Table:
    """Images as rows of numbers, and what is known of each.

    Parameters
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8
        One flattened image a row.
    labels : ndarray of shape (n_images,) of str
        Exact texts; the empty one means unlabelled.
    paths : ndarray of shape (n_images,) of str, optional
        Where each image came from; empty where unknown.
    columns : dict of str to ndarray of str
        Further columns, such as ``group``.
    spec : ImageSpec
        How the pixels were made; by default what their number tells, and then
        `spec_is_known` is False.

    Raises
    ------
    TableError
        If lengths disagree or the pixels are no square grey or colour images.
    """

    pixels: np.ndarray
    labels: np.ndarray
    paths: np.ndarray | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    spec: ImageSpec | None = None
    spec_is_known: bool = field(init=False, default=False)

    def __post_init__(self):
        pixels = np.asarray(self.pixels)
        if pixels.ndim != 2 or pixels.dtype != np.uint8:
            raise TableError(
                "pixels: expected an array of shape (n_images, n_pixels) and type uint8, "
                f"got {pixels.shape} and {pixels.dtype}"
            )
        if taken := {"label", "path"} & set(self.columns):
            raise TableError(f"columns: expected further ones, got {taken.pop()!r}; rename it")
        paths = [""] * len(pixels) if self.paths is None else self.paths
        texts = {"label": self.labels, "path": paths, **self.columns}
        texts = {name: _texts(values) for name, values in texts.items()}
        for name, values in texts.items():
            if len(values) != len(pixels):
                raise TableError(f"{name}: expected {len(pixels)} texts, got {len(values)}")
        spec = self.spec or ImageSpec.guessed(pixels.shape[1])
        if spec is None:
            raise TableError(
                f"expected side*side pixels, or side*side*3 for colour, got {pixels.shape[1]}"
            )
        if spec.n_pixels != pixels.shape[1]:
            raise TableError(f"expected {spec.n_pixels} pixels for {spec}, got {pixels.shape[1]}")
        self.pixels, self.labels, self.paths = pixels, texts.pop("label"), texts.pop("path")
        self.columns, self.spec, self.spec_is_known = texts, spec, self.spec is not None

    def __len__(self):
        return len(self.pixels)

    def take(self, rows: np.ndarray) -> "Table":
        """Return the table of some rows, given by index or as a mask."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        spec = self.spec if self.spec_is_known else None
        return Table(self.pixels[rows], self.labels[rows], self.paths[rows], columns, spec)


def read_table(path: str | os.PathLike) -> Table:
    """Read a table of vectors.

    Parameters
    ----------
    path : path
        A ``.csv`` or ``.csv.gz`` in the wide, vector or headerless layout, a
        ``.npz`` written by `write_table`, or the images file of an IDX pair.

    Returns
    -------
    table : Table
        Its spec comes from ``<path>.json`` where that stands beside the file.

    Raises
    ------
    TableError
        If the file is missing or not such a table; the line is named.
    """
    blocks = list(read_blocks(path, whole=True))
    if len(blocks) == 1:
        return blocks[0]
    columns = {
        name: np.concatenate([block.columns[name] for block in blocks])
        for name in blocks[0].columns
    }
    spec = blocks[0].spec if blocks[0].spec_is_known else None
    pixels, labels, paths = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("pixels", "labels", "paths")
    )
    return Table(pixels, labels, paths, columns, spec)


def read_blocks(path: str | os.PathLike, whole: bool = False) -> Iterator[Table]:
    """Read a table of vectors as `read_table` does, block by block.

    Parameters
    ----------
    path : path
    whole : bool, default=False
        Whether one block may hold all, where that saves a copy.

    Yields
    ------
    table : Table
        The next rows.
    """
    path = Path(path)
    with _read_errors_named(path):
        if idx.is_idx(path):
            pixels, labels, spec = idx.read_pair(path)
            yield Table(pixels, labels, spec=spec)
        elif path.suffix == ".npz":
            with path.open("rb") as file:
                for pixels, columns, image in read_npz_blocks(file, None if whole else _ROWS):
                    spec = None if image is None else ImageSpec(**image)
                    yield _as_table(pixels, columns, spec)
        else:
            with _opened(path) as file:
                blocks = csvtable.read_blocks(file, str(path))
                spec = read_spec(path)
                for pixels, columns in blocks:
                    yield _as_table(pixels, columns, spec)


def write_table(
    table: Table,
    path: str | os.PathLike,
    layout: str = "wide",
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a table to one file, whole, and ``<path>.json`` beside it.

    The JSON holds the image spec, counts, the classes in natural order, and the
    SHA-256 of the table.

    Parameters
    ----------
    table : Table
    path : path
        Its ending decides: ``.csv``, ``.csv.gz`` or ``.npz``.
    layout : {"wide", "vector"}, default="wide"
        Of a CSV: one column a pixel, or one quoted column for all of them,
        which keeps no paths and no further columns.
    about : mapping, optional
        Further entries of the JSON file.

    Raises
    ------
    UsageError
        For another ending or layout.
    OutputError
        If the file cannot be written.
    """
    spec = table.spec if table.spec_is_known else None
    n_pixels = table.pixels.shape[1]
    with table_writer(path, n_pixels, spec, layout, list(table.columns)) as writer:
        writer.append(table.pixels, table.labels, table.paths, table.columns)
        writer.about |= dict(about or {})


def is_table(path: Path) -> bool:
    """Tell whether a file holds vectors, by its name and first line."""
    if path.suffix == ".npz" or idx.is_idx(path):
        return True
    try:
        with _opened(path) as file:
            return looks_like_table(file.readline(1 << 24))
    except (OSError, EOFError, zlib.error):
        return False


def table_layout(path: Path) -> str:
    """Return "wide", "vector" or "npz"; a CSV of neither layout would be written as wide."""
    if path.suffix == ".npz":
        return "npz"
    with _read_errors_named(path), _opened(path) as file:
        return "vector" if find_layout(file.readline(), str(path)).kind == "vector" else "wide"


def read_spec(path: str | os.PathLike) -> ImageSpec | None:
    """Return the image spec recorded beside a table, if it was recorded."""
    beside = sidecar(path)
    try:
        image = json.loads(beside.read_bytes())["image"]
        return None if image is None else ImageSpec(**image)
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as err:
        raise TableError(
            f"{beside}: expected the image spec of make-csv: {err}; make it again"
        ) from err


@contextmanager
def _read_errors_named(path: Path) -> Iterator[None]:
    """Turn whatever a file that is no table raises into a TableError about it."""
    try:
        yield
    except FileNotFoundError as err:
        raise TableError(f"{path}: no such file; check the path") from err
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as err:
        reason = getattr(err, "strerror", None) or err
        raise TableError(f"{path}: cannot be read: {reason}; make or copy it again") from err
    except (TableError, TypeError, UsageError) as err:
        if str(path) in str(err):
            raise
        raise TableError(f"{path}: {err}") from err


def _as_table(pixels: np.ndarray, columns: dict[str, list[str]], spec: ImageSpec | None) -> Table:
    labels = columns.pop("label", None) or [""] * len(pixels)
    return Table(pixels, labels, columns.pop("path", None), columns, spec)


def spec_notes(table: Table, spec: ImageSpec, name: str) -> list[str]:
    """Return a note if a table's images were made in another way than *spec* says."""
    other = table.spec
    if not table.spec_is_known or other == spec:
        return []
    names = [n for n, value in spec.as_dict().items() if value != other.as_dict()[n]]
    differ = ", ".join(f"{n} {other.as_dict()[n]}, not {spec.as_dict()[n]}" for n in names)
    return [f"{name}: its images were made in another way ({differ})"]


def _opened(path: Path) -> BinaryIO:
    if path.exists() and not path.is_file() and not path.is_dir():
        raise TableError(f"{path}: expected a table file, got a pipe or device")
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")


def _texts(values) -> np.ndarray:
    """Return values as an array of Python strings, which keep every character."""
    array = np.empty(len(values), object)
    array[:] = [str(value) for value in values]
    return array
