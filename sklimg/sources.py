"""Read any data into one thing: a table, with what did not become a row.

Floor 2: holds all pixels in memory; prints nothing.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sklimg.classnames import alike_notes
from sklimg.errors import DataError
from sklimg.files import file_sha256
from sklimg.imagestream import ImageStream, refusals
from sklimg.spec import ImageSpec
from sklimg.table import Table, is_table, read_table
from sklimg.tablewriter import sidecar

__all__ = ["Collection", "read_data", "read_images", "stale_notes"]

_UNKNOWN = (
    "how the images became pixels is not recorded beside the table; pictures will be taken as "
    "they are, not inverted"
)


@dataclass
class Collection:
    """A table read from some data, and what did not become a row.

    Attributes
    ----------
    table : Table
    rejects : list of (path, code, reason)
    notes : list of str
        What a person should know, one line each.
    """

    table: Table
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[str]:
        """Why each reject that is more than junk was refused, with its path."""
        return refusals(self.rejects)


def read_data(
    data: str | os.PathLike | Table,
    spec: ImageSpec | None = None,
    jobs: int = 1,
    settle: bool | None = None,
) -> Collection:
    """Read a table file, an IDX pair, a folder, a manifest or a map.

    Parameters
    ----------
    data : path or Table
    spec : ImageSpec, optional
        What images become. By default symbols become 28x28 grey, light on dark, cleaned
        if they were cut so, and photographs up to 64x64, in colour if they have any.
    jobs : int, default=1
        Processes that decode; -1 for one a core.
    settle : bool, optional
        Whether "auto" in the spec is settled for the whole set; by default only without
        a spec.

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
        notes = stale_notes(path) if table.spec_is_known else [_UNKNOWN]
        return Collection(table, notes=notes + alike_notes(table.labels))
    return read_images(
        [path],
        spec or ImageSpec(invert="auto", clean="auto"),
        settle=spec is None if settle is None else settle,
        photos=spec is None,
        jobs=jobs,
    )


def read_images(
    sources: Sequence[str | os.PathLike],
    spec: ImageSpec,
    *,
    labels: str = "auto",
    settle: bool = True,
    photos: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Collection:
    """Read the images of several sources into one table, in natural order.

    Parameters
    ----------
    sources, spec, labels, settle, photos
        As in `sklimg.imagestream.ImageStream`.
    jobs, progress
        As in its `read`.

    Raises
    ------
    DataError
        If no image can be read.
    """
    images = ImageStream(sources, spec, labels=labels, settle=settle, photos=photos)
    pixels = np.empty((len(images.items), images.spec.n_pixels), np.uint8)
    kept = []
    for block in images.read(jobs, progress):
        pixels[len(kept) : len(kept) + len(block.items)] = block.pixels
        kept += block.items
    columns = {name: [item.columns.get(name, "") for item in kept] for name in images.columns}
    names, labels = [item.name for item in kept], [item.label for item in kept]
    table = Table(pixels[: len(kept)], labels, names, columns, images.spec)
    return Collection(table, images.rejects, images.notes + alike_notes(labels))


def stale_notes(path: Path) -> list[str]:
    """Return a note if what describes a table was written for another content.

    Parameters
    ----------
    path : Path
        A table; nothing is said where nothing describes it.
    """
    try:
        recorded = json.loads(sidecar(path).read_bytes()).get("sha256")
    except FileNotFoundError:
        return []
    except (AttributeError, ValueError):
        recorded = None
    if recorded == file_sha256(path):
        return []
    return [f"{path} has changed since {sidecar(path).name} was written; is its image spec right?"]
