"""The command ``make-csv``."""

from pathlib import Path

import click

from sklimg.cli.door import Command, say
from sklimg.cli.progress import images_progress
from sklimg.errors import DataError
from sklimg.spec import FITS, INVERTS, MODES

__all__ = ["make_csv"]


@click.command("make-csv", cls=Command)
@click.argument(
    "sources", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="SOURCE..."
)
@click.option(
    "--size",
    type=click.IntRange(1, 1024),
    default=28,
    show_default=True,
    help="Side of the square images in pixels.",
)
@click.option(
    "--mode", type=click.Choice(MODES), default="L", show_default=True, help="Grey or colour."
)
@click.option(
    "--fit",
    type=click.Choice(FITS),
    default="stretch",
    show_default=True,
    help="How an image that is not square becomes so.",
)
@click.option(
    "--invert",
    type=click.Choice(INVERTS),
    default="auto",
    show_default=True,
    help="Turn dark on light round; auto does where images show ink on paper.",
)
@click.option(
    "--layout",
    type=click.Choice(["wide", "vector"]),
    default="wide",
    show_default=True,
    help="One column a pixel, or one quoted column.",
)
@click.option(
    "--labels",
    default="auto",
    show_default=True,
    metavar="auto|folder|manifest|none|FILE",
    help="Where labels come from: the manifest if there is one, else the folders.",
)
@click.option(
    "--jobs", type=int, default=-1, show_default=True, help="Processes; -1 for one a core."
)
@click.option("--strict", is_flag=True, help="Write nothing if any file has to be rejected.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Table to write: .csv, .csv.gz or .npz.",
)
def make_csv(sources, size, mode, fit, invert, layout, labels, jobs, strict, out):
    r"""Turn the images of each SOURCE into a table of labelled vectors.

    A SOURCE is a folder with a class a folder (nested ones too), a folder with a
    manifest.csv, a CSV map path,label[,group], or an image. Beside FILE stand
    FILE.json, what images became, and FILE.rejects.csv, what did not become a row.

    \b
    Example:
        sklimg make-csv photos -o photos.csv --mode RGB --size 32
    """
    from sklimg.sources import read_images, write_collection
    from sklimg.spec import ImageSpec
    from sklimg.table import table_kind

    table_kind(out)  # a name that cannot be written is refused before the work
    spec = ImageSpec(side=size, mode=mode, fit=fit, invert=invert)
    with images_progress() as progress:
        read = read_images(sources, spec, labels=labels, jobs=jobs, progress=progress)
    if strict and read.n_refused:
        raise DataError(
            f"{read.n_refused} files rejected, the first: {_first(read)}; nothing written"
        )
    write_collection(read, out, layout)
    for note in read.notes:
        say(f"note: {note}")
    if read.table.spec.invert == "auto":
        say("note: ink on paper: dark on light was turned into light on dark")
    n_classes = len(set(read.table.labels) - {""})
    say(f"{len(read.table)} images of {read.table.spec}, {n_classes} classes, in {out}")
    if len(read.rejects) > read.n_refused:
        say(f"{len(read.rejects) - read.n_refused} files left behind by a system were ignored")
    if read.n_refused:
        listed = f"{read.n_refused} files rejected, listed in {out}.rejects.csv"
        say(f"{listed}; the first: {_first(read)}", warning=True)
        return 4
    return 0


def _first(read) -> str:
    """Return the reason of the first reject that is no junk."""
    from sklimg.listing import IGNORED

    path, code, reason = next(reject for reject in read.rejects if reject[1] != IGNORED)
    return reason if path in reason else f"{path}: {code}: {reason}"
