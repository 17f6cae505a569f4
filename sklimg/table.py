"""A table: vectors of pixels with their labels, paths and further columns.

Floor 1: reads and writes table files; prints nothing.
"""

import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sklimg import csvtable, idx
from sklimg.errors import TableError, UsageError
from sklimg.files import as_json, file_sha256, natural_key, replacing_file, write_bytes
from sklimg.spec import ImageSpec

__all__ = ["Table", "is_table", "read_table", "sidecar", "table_kind", "write_table"]


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
    path = Path(path)
    try:
        if idx.is_idx(path):
            pixels, labels, spec = idx.read_pair(path)
            return Table(pixels, labels, spec=spec)
        if path.suffix == ".npz":
            return _read_npz(path)
        with _opened(path) as file:
            pixels, columns = csvtable.read_csv(file, str(path))
        labels = columns.pop("label", None) or [""] * len(pixels)
        paths = columns.pop("path", None)
        return Table(pixels, labels, paths, columns, _read_spec(sidecar(path)))
    except FileNotFoundError as err:
        raise TableError(f"{path}: no such file; check the path") from err
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as err:
        reason = getattr(err, "strerror", None) or err
        raise TableError(f"{path}: cannot be read: {reason}; make or copy it again") from err
    except TableError as err:
        if str(path) in str(err):
            raise
        raise TableError(f"{path}: {err}") from err


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
    kind = table_kind(path)
    if layout not in ("wide", "vector"):
        raise UsageError(f"layout: expected wide or vector, got {layout!r}")
    with replacing_file(path) as file:
        if kind == ".npz":
            _write_npz(table, file)
        elif kind == ".csv.gz":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                _write_csv(table, packed, layout)
        else:
            _write_csv(table, file, layout)
    classes, counts = np.unique(table.labels, return_counts=True)
    of_class = dict(zip(classes, counts.tolist(), strict=True))
    words = {
        "format": "sklimg-table-1",
        "sha256": file_sha256(path),
        "layout": "npz" if kind == ".npz" else layout,
        "image": table.spec.as_dict() if table.spec_is_known else None,
        "n_images": len(table),
        "classes": {label: of_class[label] for label in sorted(of_class, key=natural_key)},
    }
    write_bytes(sidecar(path), as_json(words | dict(about or {})))


def table_kind(path: str | os.PathLike) -> str:
    """Return the ending that decides how a table is written.

    Raises
    ------
    UsageError
        If a table cannot be written under this name.
    """
    for kind in (".csv", ".csv.gz", ".npz"):
        if str(path).endswith(kind):
            return kind
    raise UsageError(f"{path}: expected a name ending in .csv, .csv.gz or .npz")


def is_table(path: Path) -> bool:
    """Tell whether a file holds vectors, by its name and first line."""
    if path.suffix == ".npz" or idx.is_idx(path):
        return True
    try:
        with _opened(path) as file:
            return csvtable.looks_like_table(file.readline(1 << 24))
    except (OSError, EOFError, zlib.error):
        return False


def sidecar(path: str | os.PathLike) -> Path:
    """Return the path of the JSON file that describes a table."""
    return Path(f"{path}.json")


def _write_csv(table: Table, file: BinaryIO, layout: str) -> None:
    columns = {"label": table.labels, "path": table.paths, **table.columns}
    csvtable.write_csv(file, table.pixels, columns, layout)


def _write_npz(table: Table, file: BinaryIO) -> None:
    """Write arrays alone: texts are JSON, as numpy would cut their trailing zeros."""
    columns = {"label": table.labels.tolist(), "path": table.paths.tolist()}
    columns |= {name: values.tolist() for name, values in table.columns.items()}
    about = {"spec": table.spec.as_dict() if table.spec_is_known else None, "columns": columns}
    np.savez_compressed(
        file, pixels=table.pixels, about=np.frombuffer(json.dumps(about).encode(), np.uint8)
    )


def _read_npz(path: Path) -> Table:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            pixels, about = arrays["pixels"], json.loads(arrays["about"].tobytes())
        columns = about["columns"]
        spec = None if about["spec"] is None else ImageSpec(**about["spec"])
        return Table(pixels, columns.pop("label"), columns.pop("path"), columns, spec)
    except (KeyError, TypeError, ValueError) as err:
        if isinstance(err, TableError):
            raise
        raise TableError(f"{path}: expected a table written by make-csv: {err}") from err


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")


def _read_spec(path: Path) -> ImageSpec | None:
    """Return the image spec beside a table, if it was recorded."""
    try:
        image = json.loads(path.read_bytes())["image"]
        return None if image is None else ImageSpec(**image)
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as err:
        raise TableError(
            f"{path}: expected the image spec of make-csv: {err}; make it again"
        ) from err


def _texts(values) -> np.ndarray:
    """Return values as an array of Python strings, which keep every character."""
    array = np.empty(len(values), object)
    array[:] = [str(value) for value in values]
    return array
