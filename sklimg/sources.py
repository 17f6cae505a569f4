"""Read images and tables into one thing: a table, with what did not become a row.

Floor 2: reads images by batches, writes tables with their sidecars, prints nothing.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sklimg.batches import read_batches
from sklimg.errors import DataError, ImageError
from sklimg.files import count, file_sha256, one_line, write_bytes
from sklimg.images import is_ink
from sklimg.listing import IGNORED, Item, list_images
from sklimg.records import records_csv
from sklimg.spec import ImageSpec
from sklimg.table import Table, is_table, read_table, sidecar, write_table

__all__ = ["Collection", "read_data", "read_images", "reject_columns", "write_collection"]

_UNKNOWN = (
    "how the images became pixels is not recorded beside the table; pictures will be taken as "
    "they are, not inverted"
)
_INK_SAMPLE = 256  # images looked at to tell ink from photographs


@dataclass
class Collection:
    """A table read from some data, and what did not become a row.

    Attributes
    ----------
    table : Table
    rejects : list of (path, code, reason)
    notes : list of str
        What a person should know, one line each.
    sources : list of (path, number of rows)
        In the order of the rows.
    """

    table: Table
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sources: list[tuple[str, int]] = field(default_factory=list)

    @property
    def refused(self) -> list[str]:
        """Why each reject that is more than junk was refused, with its path."""
        return [
            reason if path in reason else f"{path}: {reason}"
            for path, code, reason in self.rejects
            if code != IGNORED
        ]


def read_data(
    data: str | os.PathLike | Table, spec: ImageSpec | None = None, jobs: int = 1
) -> Collection:
    """Read a table file, an IDX pair, a folder, a manifest or a map.

    Parameters
    ----------
    data : path or Table
    spec : ImageSpec, optional
        What images become; 28x28 grey, ink brought to light on dark, by default.
    jobs : int, default=1
        Processes that decode; -1 for one a core.

    Raises
    ------
    DataError, TableError
        If there is nothing to read.
    """
    if isinstance(data, Table):
        return Collection(data)
    path = Path(data)
    if "idx1-ubyte" in path.name:
        raise DataError(f"{path}: expected the images file of an IDX pair, got its labels file")
    if path.is_file() and is_table(path):
        table = read_table(path)
        return Collection(table, notes=_stale(path) if table.spec_is_known else [_UNKNOWN])
    return read_images([path], spec or ImageSpec(invert="auto"), settle=spec is None, jobs=jobs)


def read_images(
    sources: Sequence[str | os.PathLike],
    spec: ImageSpec,
    *,
    labels: str = "auto",
    settle: bool = True,
    leave: Sequence[str | os.PathLike] = (),
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Collection:
    """Read the images of several sources into one table, in natural order.

    Parameters
    ----------
    sources : sequence of path
        Folders, manifests, maps or single images.
    spec : ImageSpec
    labels : {"auto", "folder", "manifest", "none"} or path, default="auto"
        Where labels come from; see `sklimg.listing.list_images`.
    settle : bool, default=True
        Whether ``invert="auto"`` is first settled for the whole set: it stays
        where the images show ink on paper and becomes "no" for photographs.
    leave : sequence of path
        Files of our own that are ignored should they stand in a source.
    jobs : int, default=1
        Processes that decode; -1 for one a core.
    progress : callable, optional
        Called with the number of images done and in all.

    Raises
    ------
    DataError
        If no image can be read.
    """
    listings = [list_images(source, labels, leave) for source in sources]
    items = [item for listing in listings for item in listing.items]
    rejects = [reject for listing in listings for reject in listing.rejects]
    notes = [note for listing in listings for note in listing.notes]
    if settle and spec.invert == "auto":
        spec = _settled(items, spec)
    pixels, kept = np.empty((len(items), spec.n_pixels), np.uint8), []
    results = _reads(items, spec, jobs, progress)
    framed: list[str] = []
    origins = [k for k, listing in enumerate(listings) for _ in listing.items]
    of_source = [0] * len(listings)
    for item, origin, read in zip(items, origins, results, strict=True):
        if isinstance(read, ImageError):
            rejects.append((item.name, read.code, one_line(read)))
            continue
        pixels[len(kept)], has_more = read[0].reshape(-1), read[1]
        kept.append(item)
        of_source[origin] += 1
        if has_more:
            framed.append(item.name)
    if framed:
        files = count(len(framed), "file")
        notes.append(f"the first frame was taken of {files} that hold several: {framed[0]}")
    if not kept:
        first = next((reason for _, code, reason in rejects if code != IGNORED), "no files at all")
        raise DataError(
            f"{', '.join(map(str, sources))}: expected images, got none in "
            f"{count(len(rejects), 'file')}; the first: {first}"
        )
    names = dict.fromkeys(name for item in kept for name in item.columns)
    columns = {name: [item.columns.get(name, "") for item in kept] for name in names}
    table = Table(
        pixels[: len(kept)], [i.label for i in kept], [i.name for i in kept], columns, spec
    )
    return Collection(table, rejects, notes, list(zip(map(str, sources), of_source, strict=True)))


def write_collection(read: Collection, path: str | os.PathLike, layout: str = "wide") -> None:
    """Write a table with its sidecars: ``<path>.json`` and ``<path>.rejects.csv``.

    Parameters
    ----------
    read : Collection
    path : path
        Ends in ``.csv``, ``.csv.gz`` or ``.npz``.
    layout : {"wide", "vector"}, default="wide"

    Raises
    ------
    UsageError, OutputError
        As in `write_table`.
    """
    about = {
        "n_rejects": len(read.rejects),
        "sources": [{"path": source, "n_images": rows} for source, rows in read.sources],
    }
    write_table(read.table, path, layout, about)
    write_bytes(f"{path}.rejects.csv", records_csv(reject_columns(read.rejects)))


def reject_columns(rejects: Sequence[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Return rejects as the columns of a file: path, code, reason."""
    names = ("path", "code", "reason")
    return {name: [reject[i] for reject in rejects] for i, name in enumerate(names)}


def _settled(items: Sequence[Item], spec: ImageSpec) -> ImageSpec:
    """Return the spec with invert settled: "auto" for ink on paper, else "no"."""
    picked = np.unique(np.linspace(0, len(items) - 1, _INK_SAMPLE).astype(int)) if items else []
    plain = replace(spec, mode="L", invert="no")
    sample = read_batches([items[i].file for i in picked], plain)
    ink = [is_ink(r[0]) for batch in sample for r in batch if not isinstance(r, ImageError)]
    return replace(spec, invert="auto" if ink and np.mean(ink) >= 0.8 else "no")


def _reads(
    items: Sequence[Item], spec: ImageSpec, jobs: int, progress: Callable | None
) -> Iterator[tuple[np.ndarray, bool] | ImageError]:
    """Yield what each image became, or its error, in order; report the progress."""
    done = 0
    for batch in read_batches([item.file for item in items], spec, jobs):
        yield from batch
        done += len(batch)
        if progress:
            progress(done, len(items))


def _stale(path: Path) -> list[str]:
    """Return a note if the words beside a table were written for another content."""
    try:
        recorded = json.loads(sidecar(path).read_bytes()).get("sha256")
    except FileNotFoundError:
        return []
    except (AttributeError, ValueError):
        recorded = None
    if recorded == file_sha256(path):
        return []
    return [f"{path} has changed since {sidecar(path).name} was written; is its image spec right?"]
