"""The command ``make-csv``."""

import click

from sklimg.cli.door import JOBS, PATH, Command, say
from sklimg.cli.progress import images_progress
from sklimg.errors import DataError
from sklimg.files import count
from sklimg.spec import FITS, INVERTS, MODES

__all__ = ["make_csv"]


@click.command("make-csv", cls=Command, short_help="Turn images into a table of labelled vectors.")
@click.argument("sources", type=PATH, nargs=-1, required=True, metavar="SOURCE...")
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
    "--jobs", type=JOBS, default=-1, show_default=True, help="Processes; -1 for one a core."
)
@click.option("--strict", is_flag=True, help="Write nothing if any file has to be rejected.")
@click.option(
    "-o",
    "--out",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Table to write: .csv, .csv.gz or .npz.",
)
def make_csv(sources, size, mode, fit, invert, layout, labels, jobs, strict, out):
    """Turn the images of each SOURCE into a table of labelled vectors.

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
    own = [out, f"{out}.json", f"{out}.rejects.csv"]
    with images_progress() as progress:
        read = read_images(sources, spec, labels=labels, leave=own, jobs=jobs, progress=progress)
    refused = read.refused
    if strict and refused:
        number = count(len(refused), "file")
        raise DataError(f"{number} rejected, the first: {refused[0]}; nothing written")
    write_collection(read, out, layout)
    for note in read.notes:
        say(f"note: {note}")
    if read.table.spec.invert == "auto":
        say("note: ink on paper: dark on light was turned into light on dark")
    images = count(len(read.table), "image")
    classes = count(len(set(read.table.labels) - {""}), "class", "classes")
    say(f"{images} of {read.table.spec}, {classes}, in {out}")
    if refused:
        listed = f"{count(len(refused), 'file')} rejected, listed in {out}.rejects.csv"
        say(f"{listed}; the first: {refused[0]}", warning=True)
        return 4
    return 0
