"""The command ``make-csv``."""

from contextlib import contextmanager

import click
from click.core import ParameterSource

from sklimg.cli.door import JOBS, PATH, Command, cluster_options, say
from sklimg.cli.progress import images_progress
from sklimg.files import count
from sklimg.layouts import LAYOUTS
from sklimg.names import BACKENDS
from sklimg.spec import CLEANS, FITS, INVERTS, MODES

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
    "--clean",
    type=click.Choice(CLEANS),
    default="auto",
    show_default=True,
    help="Take every image for a symbol: remove rules and specks, centre it; auto does where "
    "tiles were cut so.",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    show_default=True,
    help="Of a CSV: one column a pixel, or one quoted column.",
)
@click.option(
    "--labels",
    default="auto",
    show_default=True,
    metavar="auto|folder|manifest|none|FILE",
    help="Where labels come from: the manifest if there is one, else the folders.",
)
@click.option(
    "--append", is_flag=True, help="Add to FILE the images that are not in it yet, as it was made."
)
@click.option(
    "--jobs", type=JOBS, default=-1, show_default=True, help="Processes; -1 for one a core."
)
@cluster_options
@click.option("--strict", is_flag=True, help="Write nothing if any file has to be rejected.")
@click.option(
    "-o",
    "--out",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Table to write: .csv, .csv.gz or .npz.",
)
@click.pass_context
def make_csv(
    context,
    sources,
    size,
    mode,
    fit,
    invert,
    clean,
    layout,
    labels,
    append,
    jobs,
    backend,
    address,
    strict,
    out,
):
    """Turn the images of each SOURCE into a table of labelled vectors.

    A SOURCE is a folder with a class a folder (nested ones too), a folder with a
    manifest.csv, a CSV map path,label[,group,split], or an image. Beside FILE stand
    FILE.json, what images became, and FILE.rejects.csv, what did not become a row.

    \b
    Example:
        sklimg make-csv photos -o photos.csv --mode RGB --size 32
        sklimg make-csv photos -o photos.csv --append
    """
    if out.suffix == ".npz" and layout != LAYOUTS[0]:
        raise click.UsageError(
            f"--layout: expected none with {out}, as it is for CSV; leave it out"
        )

    from sklimg.making import add_to_table, make_table
    from sklimg.spec import ImageSpec

    if address is not None and backend == BACKENDS[0]:
        raise click.UsageError(f"--address: expected --backend dask with it, got {backend}")

    how = {"side": size, "mode": mode, "fit": fit, "invert": invert, "clean": clean}
    adds = append and out.exists()
    with images_progress() as progress, _decoders(backend, jobs, address) as decoders:
        rest = {"labels": labels, "strict": strict, "jobs": decoders, "progress": progress}
        if adds:
            asked = {**how, "layout": layout}
            given = {name: value for name, value in asked.items() if _is_given(context, name)}
            made = add_to_table(sources, out, given, **rest)
        else:
            made = make_table(
                sources, out, ImageSpec(**how), layout=layout, replace=not append, **rest
            )
    for note in made.notes:
        say(f"note: {note}")
    if made.spec.invert == "auto":
        say("note: ink on paper: dark on light was turned into light on dark")
    if made.spec.clean == "yes":
        say("note: symbols are cleaned and centred, and so will be what a model is asked")
    for warning in made.warnings:
        say(f"warning: {warning}", warning=True)
    if adds:
        added = f"{count(made.n_added, 'image')} added, {made.n_there} there already"
        say(added if made.n_added else f"{added}; the table is left as it is")
    images = count(made.n_images, "image")
    classes = count(made.n_classes, "class", "classes")
    say(f"{images} of {made.spec}, {classes}, in {out}")
    if made.refused:
        listed = f"{count(len(made.refused), 'file')} rejected, listed in {out}.rejects.csv"
        say(f"{listed}; the first: {made.refused[0]}", warning=True)
        return 4
    return 0


@contextmanager
def _decoders(backend, jobs, address):
    """Yield the number of processes that decode, or a cluster's workers."""
    if backend == BACKENDS[0]:
        yield jobs
        return
    from sklimg.cluster import open_workers

    with open_workers(backend, jobs, address, lambda topic, text: say(f"{topic}: {text}")) as them:
        yield them


def _is_given(context: click.Context, field: str) -> bool:
    """Tell whether the option for a field of the image spec was typed."""
    option = "size" if field == "side" else field
    return context.get_parameter_source(option) is not ParameterSource.DEFAULT
