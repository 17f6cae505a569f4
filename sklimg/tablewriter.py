"""Write a table piece by piece: to one file, whole, with what describes it beside it.

Floor 1: writes table files and what stands beside them; prints nothing.
"""

import gzip
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Protocol

import numpy as np

from sklimg.csvtable import write_header, write_rows
from sklimg.errors import TableError, UsageError
from sklimg.files import as_json, natural_key, replacing_file
from sklimg.layouts import LAYOUTS, Layout, new_layout
from sklimg.npz import write_npz
from sklimg.partials import alone_in
from sklimg.records import records_csv
from sklimg.spec import ImageSpec

__all__ = [
    "KINDS",
    "TableWriter",
    "reject_columns",
    "rejects_file",
    "sidecar",
    "table_kind",
    "table_writer",
]

KINDS = (".csv", ".csv.gz", ".npz")
_REJECT_COLUMNS = ("path", "code", "reason")


class _Rows(Protocol):
    """Where rows go: one class for each format."""

    def append(self, pixels: np.ndarray, columns: Mapping[str, Sequence[str]]) -> None:
        """Take rows."""

    def finish(self) -> None:
        """Write what is left."""


@dataclass
class TableWriter:
    """What takes the rows of a new table; see `table_writer`.

    Attributes
    ----------
    about : dict
        Further entries of the JSON file, to be filled.
    rejects : list of (path, code, reason) or None
        What is listed in ``<path>.rejects.csv``; None leaves that file alone.
    n_of_class : Counter
        Rows of each label so far.
    last_check : callable
        Called when all is written and no other writer can come in between; what
        it raises leaves everything as it was.
    """

    rows: _Rows = field(repr=False)
    columns: Sequence[str]
    n_pixels: int
    about: dict[str, Any] = field(default_factory=dict)
    rejects: Sequence[tuple[str, str, str]] | None = None
    n_of_class: Counter = field(default_factory=Counter)
    last_check: Callable[[], None] = lambda: None

    def append(
        self,
        pixels: np.ndarray,
        labels: Sequence[str],
        paths: Sequence[str],
        columns: Mapping[str, Sequence[str]],
    ) -> None:
        """Write rows; a column that they lack is left empty.

        Parameters
        ----------
        pixels : ndarray of shape (n_images, n_pixels), uint8
        labels, paths : sequences of n_images str
        columns : mapping of str to sequence of n_images str
        """
        if pixels.shape[1] != self.n_pixels:
            raise TableError(
                f"expected rows of {self.n_pixels} pixels, got {pixels.shape[1]}; does what is "
                "written beside the table belong to it?"
            )
        empty = [""] * len(pixels)
        further = {name: columns.get(name, empty) for name in self.columns}
        self.rows.append(pixels, {"label": labels, "path": paths, **further})
        self.n_of_class.update(labels)


@contextmanager
def table_writer(
    path: str | os.PathLike,
    n_pixels: int,
    spec: ImageSpec | None,
    layout: str = LAYOUTS[0],
    columns: Sequence[str] = (),
) -> Iterator[TableWriter]:
    """Write a table that takes its place whole when the block ends.

    What describes it takes its place first: a table that is whole has the right
    words beside it, and one left by a kill in between is not what the words say.
    Of two writers of one table the one that ends last wins, words and all.

    Parameters
    ----------
    path : path
        Its ending decides: ``.csv``, ``.csv.gz`` or ``.npz``.
    n_pixels : int
        Of one image.
    spec : ImageSpec or None
        What is recorded of how the pixels were made.
    layout : {"wide", "vector"}, default="wide"
        Of a CSV.
    columns : sequence of str
        Further columns; the vector layout keeps none.

    Yields
    ------
    writer : TableWriter

    Raises
    ------
    UsageError
        For another ending or layout.
    TableError
        If a column is named like a pixel.
    OutputError
        If a file cannot be written; what stood there before still does.
    """
    kind = table_kind(path)
    laid_out = new_layout(layout, n_pixels, () if kind == ".npz" else columns)
    image = None if spec is None else spec.as_dict()
    folder = Path(os.path.realpath(path)).parent
    with ExitStack() as last, ExitStack() as stack:
        file = stack.enter_context(replacing_file(path))
        if kind == ".npz":
            rows = _NpzRows(file, stack.enter_context(TemporaryFile(dir=folder)), n_pixels, image)
        else:
            packed = gzip.GzipFile("", "wb", 6, file, mtime=0) if kind == ".csv.gz" else None
            rows = _CsvRows(stack.enter_context(packed) if packed else file, laid_out)
        writer = TableWriter(rows, columns, n_pixels)
        yield writer
        rows.finish()
        counts = writer.n_of_class
        words = {
            "format": "sklimg-table-1",
            "sha256": _sha256(file),
            "layout": "npz" if kind == ".npz" else layout,
            "image": image,
            "n_images": counts.total(),
            "classes": {label: counts[label] for label in sorted(counts, key=natural_key)},
        }
        further = {name: value for name, value in writer.about.items() if name not in words}
        beside = {sidecar(path): as_json(words | further)}
        if writer.rejects is not None:
            beside[rejects_file(path)] = records_csv(reject_columns(writer.rejects))
        for place, content in beside.items():  # the last one opened is the first in place
            other = stack.enter_context(replacing_file(place))
            other.write(content)
            other.flush()
        last.enter_context(alone_in(folder))
        writer.last_check()


def table_kind(path: str | os.PathLike) -> str:
    """Return the ending that decides how a table is written.

    Raises
    ------
    UsageError
        If a table cannot be written under this name.
    """
    for kind in KINDS:
        if str(path).endswith(kind):
            return kind
    raise UsageError(f"{path}: expected a name ending in .csv, .csv.gz or .npz")


def sidecar(path: str | os.PathLike) -> Path:
    """Return the path of the JSON file that describes a table."""
    return Path(f"{path}.json")


def rejects_file(path: str | os.PathLike) -> Path:
    """Return the path of the CSV file that lists what did not become a row."""
    return Path(f"{path}.rejects.csv")


def reject_columns(rejects: Sequence[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Return rejects as the columns of a file: path, code, reason."""
    return {name: [reject[i] for reject in rejects] for i, name in enumerate(_REJECT_COLUMNS)}


class _CsvRows:
    """Rows of a CSV, packed or not."""

    def __init__(self, file: BinaryIO, layout: Layout):
        self.file, self.layout = file, layout
        write_header(file, layout)

    def append(self, pixels, columns):
        """Write rows."""
        write_rows(self.file, self.layout, pixels, columns)

    def finish(self):
        """Write what is left."""
        if isinstance(self.file, gzip.GzipFile):
            self.file.close()


class _NpzRows:
    """Rows of an npz: the pixels wait in a file, the texts in memory."""

    def __init__(self, file: BinaryIO, pixels: BinaryIO, n_pixels: int, image: dict | None):
        self.file, self.pixels, self.n_pixels, self.image = file, pixels, n_pixels, image
        self.columns: dict[str, list[str]] = {}

    def append(self, pixels, columns):
        """Keep rows."""
        self.pixels.write(np.ascontiguousarray(pixels))
        for name, texts in columns.items():
            self.columns.setdefault(name, []).extend(texts)

    def finish(self):
        """Write them all."""
        self.pixels.seek(0)
        write_npz(self.file, self.pixels, self.n_pixels, self.columns, self.image)


def _sha256(file: BinaryIO) -> str:
    """Return the digest of what was written, once it is safe on the disk."""
    file.flush()
    os.fsync(file.fileno())
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()
