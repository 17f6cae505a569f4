"""Make a table file from images, or add to one; the pixels never stand in memory at once.

Floor 2: reads images, writes a table with what describes it; prints nothing.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sklimg.classnames import alike_notes
from sklimg.errors import DataError, OutputError
from sklimg.files import count, path_text
from sklimg.imagestream import Block, ImageStream, refusals
from sklimg.layouts import LAYOUTS
from sklimg.spec import ImageSpec
from sklimg.tablewriter import TableWriter, rejects_file, sidecar, table_kind, table_writer
from sklimg.workers import Workers

__all__ = ["Made", "add_to_table", "make_table"]


@dataclass
class Made:
    """What became of images that were made into rows of a table.

    Attributes
    ----------
    spec : ImageSpec
    n_images : int
        Rows of the whole table.
    n_classes : int
    n_added : int
        Rows that are new.
    n_there : int
        Images that have been in the table already.
    refused : list of str
        Why files were not read, one line each.
    notes, warnings : list of str
        What a person should know, one line each.
    """

    spec: ImageSpec
    n_images: int
    n_classes: int
    n_added: int
    n_there: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def make_table(
    sources: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    spec: ImageSpec,
    *,
    labels: str = "auto",
    layout: str = LAYOUTS[0],
    strict: bool = False,
    replace: bool = True,
    jobs: int | Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Make a table of the images of several sources, in natural order.

    Parameters
    ----------
    sources : sequence of path
        Folders, manifests, maps or single images.
    out : path
        Ends in ``.csv``, ``.csv.gz`` or ``.npz``. Beside it stand ``<out>.json``
        and ``<out>.rejects.csv``.
    spec : ImageSpec
        ``invert="auto"`` is settled for the whole set; see `ImageStream`.
    labels : {"auto", "folder", "manifest", "none"} or path, default="auto"
        Where labels come from; see `sklimg.listing.list_images`.
    layout : {"wide", "vector"}, default="wide"
    strict : bool, default=False
        Whether nothing is written if a file has to be rejected.
    replace : bool, default=True
        Whether a table that stands at *out* when all is read may be replaced.
    jobs : int or Workers, default=1
        Processes that decode; -1 for one a core; or a cluster's workers.
    progress : callable, optional
        Called with the number of images done and in all.

    Raises
    ------
    DataError, TableError
        If no image can be read, or with *strict* not all of them.
    UsageError, OutputError
        If the table cannot be written.
    """
    table_kind(out)  # a name that cannot be written is refused before the work
    images = ImageStream(sources, spec, labels=labels, leave=_own(out))
    rows_of: Counter = Counter()
    with ExitStack() as stack:
        writer = None
        for block in images.read(jobs, progress):
            writer = writer or stack.enter_context(
                table_writer(out, images.spec.n_pixels, images.spec, layout, images.columns)
            )
            _append(writer, block)
            rows_of.update(block.origins)
        refused = _refused(images, strict)
        writer.rejects = images.rejects
        writer.about = {"n_rejects": len(images.rejects), "sources": _sources(images, rows_of)}
        if not replace:
            writer.last_check = partial(_check_absent, out)
    return _made(images, writer.n_of_class, refused, rows_of.total())


def add_to_table(
    sources: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    asked: Mapping[str, Any] | None = None,
    *,
    labels: str = "auto",
    strict: bool = False,
    jobs: int | Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Add to a table those images of several sources that are not in it yet.

    What images become, and the layout, are those of the table. An image is in it
    already if a row has its path and its pixels; in the vector layout, which
    knows no paths, if a row has its label and its pixels.

    Parameters
    ----------
    sources, labels, strict, jobs, progress
        As in `make_table`.
    out : path
        A table that `make_table` wrote, with what describes it beside it.
    asked : mapping, optional
        Fields of the image spec, and ``layout``, that must be those of the table.

    Raises
    ------
    DataError, TableError
        If nothing describes the table, or no image can be read.
    UsageError
        If the table was made in another way than *asked*.
    OutputError
        If the table cannot be written, or another program changed it meanwhile.
    """
    from sklimg.additions import OldTable  # brings scipy, which a new table can do without

    old = OldTable(out, asked or {})
    images = ImageStream(sources, old.spec, labels=labels, settle=False, leave=_own(out))
    rows_of: Counter = Counter()
    with ExitStack() as stack:
        writer = None
        for block in images.read(jobs, progress):
            new = old.new_rows(block)
            if not new.items:
                continue
            if writer is None:
                columns = list(dict.fromkeys([*old.columns, *images.columns]))
                layout = LAYOUTS[0] if old.layout == "npz" else old.layout
                writer = stack.enter_context(
                    table_writer(out, old.spec.n_pixels, old.spec, layout, columns)
                )
                writer.last_check = old.check_unchanged
                old.copy_to(writer)
            _append(writer, new)
            rows_of.update(new.origins)
        refused = _refused(images, strict)
        if writer is None:
            old.describe_again(images)
        else:
            writer.rejects = old.rejects(images)
            writer.about = old.about(_sources(images, rows_of), len(writer.rejects))
    rows = old if writer is None else writer
    made = _made(images, rows.n_of_class, refused, rows_of.total())
    made.n_there, made.warnings = old.n_there, old.warnings
    made.notes += old.notes
    return made


def _append(writer: TableWriter, block: Block) -> None:
    labels, names = ([getattr(i, what) for i in block.items] for what in ("label", "name"))
    further = {
        name: [item.columns.get(name, "") for item in block.items] for name in writer.columns
    }
    writer.append(block.pixels, labels, names, further)


def _check_absent(out: str | os.PathLike) -> None:
    if Path(out).exists():
        raise OutputError(
            f"{out}: was written by another program meanwhile, and is left as it is; "
            "run the command again"
        )


def _own(out: str | os.PathLike) -> list[str | os.PathLike]:
    return [out, sidecar(out), rejects_file(out)]


def _refused(images: ImageStream, strict: bool) -> list[str]:
    """Return why files were refused; with *strict*, none may be."""
    refused = refusals(images.rejects)
    if strict and refused:
        number = count(len(refused), "file")
        raise DataError(f"{number} rejected, the first: {refused[0]}; nothing written")
    return refused


def _sources(images: ImageStream, rows_of: Counter) -> list[dict[str, Any]]:
    """Return the sources with their numbers of rows, in the order of the rows."""
    return [{"path": path_text(s), "n_images": rows_of[k]} for k, s in enumerate(images.sources)]


def _made(images: ImageStream, n_of_class: Counter, refused: list[str], n_added: int) -> Made:
    made = Made(images.spec, n_of_class.total(), len(set(n_of_class) - {""}), n_added)
    made.refused, made.notes = refused, images.notes + alike_notes(n_of_class)
    return made
