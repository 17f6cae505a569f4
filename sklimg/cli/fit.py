"""The command ``fit``."""

import json
import re
from pathlib import Path

import click

from sklimg.cli.door import JOBS, PATH, TURNED_OPTION, Command, result, say
from sklimg.cli.params import parse_params
from sklimg.cli.progress import search_progress
from sklimg.names import ARTIFACTS, AUGMENTS, LATEST, MODELS

__all__ = ["fit"]


@click.command("fit", cls=Command, short_help="Fit a classifier, test it honestly, save the run.")
@click.argument("data", type=PATH)
@click.option("--grid", is_flag=True, help="Search the default grid by 5-fold cross-validation.")
@click.option(
    "--model",
    default=MODELS[0],
    show_default=True,
    type=click.Choice(MODELS),
    help="The classifier.",
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=V[,V...]",
    help="Set a parameter; several values are searched, with --grid beside "
    "the default grid, else alone. Layers: 600-300.",
)
@click.option(
    "--test",
    metavar="SHARE|DATA",
    help="Share set apart for the test, or other data.  [default: what a column split says, "
    "else 0.2]",
)
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    metavar="SHARE",
    help="Share set apart to choose parameters by.  [default: none, folds of the training part]",
)
@click.option(
    "--folds",
    type=click.IntRange(min=0),
    metavar="K",
    help="Also cross-validate over all images, every choice made inside the fold; "
    "0 for none.  [default: 5 with under 100 test images]",
)
@click.option(
    "--group",
    default="auto",
    show_default=True,
    metavar="auto|exact|none|COLUMN",
    help="What stays on one side of the split: copies and near copies, exact copies alone, or a "
    "column's values.",
)
@TURNED_OPTION
@click.option(
    "--augment",
    default=AUGMENTS[0],
    show_default=True,
    type=click.Choice(AUGMENTS),
    help="Train on copies of the training images, too, that are turned, shifted and lit a little "
    "differently.",
)
@click.option(
    "--class-weight",
    default="none",
    show_default=True,
    type=click.Choice(["none", "balanced"]),
    help="Whether small classes weigh as much as large ones.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Everything random follows from it.",
)
@click.option(
    "--jobs", type=JOBS, default=-1, show_default=True, help="Processes; -1 for one a core."
)
@click.option(
    "-o",
    "--out",
    type=PATH,
    metavar="DIR",
    help="Run folder to make.  [default: artifacts/<time>-<name>]",
)
@click.option("--name", help="Name of the run in artifacts/.  [default: that of DATA]")
@click.option("--json", "as_json", is_flag=True, help="Print the metrics as one JSON object.")
def fit(
    data,
    grid,
    model,
    params,
    test,
    validation,
    folds,
    group,
    turned,
    augment,
    class_weight,
    seed,
    jobs,
    out,
    name,
    as_json,
):
    """Fit a classifier to DATA, test it on images it never saw, save the run.

    DATA is a table (.csv, .csv.gz, .npz), the images file of an IDX pair, a
    folder with a class a folder, or a map. Copies and near copies of one picture
    stay on one side of the split.

    \b
    Example:
        sklimg fit vectors.csv --grid
        sklimg fit vectors.csv --param alpha=0.001,0.01,0.1 -o runs/alpha
    """
    if out is not None and name is not None:
        raise click.UsageError("expected one of -o and --name, got both")
    fixed, searched = parse_params(params)

    from sklimg.files import point_to
    from sklimg.pipeline import default_grid
    from sklimg.training import fit as fit_data

    place = out or _new_place(name or re.sub(r"(\.csv|\.npz|\.gz)+$", "", data.name) or "run")
    with search_progress() as progress:
        run = fit_data(
            data,
            grid=(default_grid(model) if grid else {}) | searched,
            model=model,
            params=fixed,
            test=_share(test),
            validation=validation,
            folds=folds,
            group=group,
            turned=turned,
            augment=augment,
            class_weight=None if class_weight == "none" else class_weight,
            seed=seed,
            jobs=jobs,
            out=place,
            tell=_tell if not as_json else _tell_stderr,
            progress=progress,
        )
    if place.resolve().parent == ARTIFACTS.resolve():
        point_to(LATEST, run.path)
    say(f"next      sklimg predict -m {place} IMAGE...")
    if as_json:
        result(json.dumps(run.metrics, ensure_ascii=False))
    if run.was_interrupted:
        return 130
    return 4 if run.refused else 0


def _tell(topic: str, text: str) -> None:
    """Print the result on stdout and everything else on stderr."""
    if topic in ("test", "folds"):
        result(f"{topic:9} {text}", go_on=True)
    else:
        say(f"{topic:9} {text}", warning=topic == "warning")


def _tell_stderr(topic: str, text: str) -> None:
    say(f"{topic:9} {text}", warning=topic == "warning")


def _share(text: str | None) -> float | Path | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return Path(text)


def _new_place(name: str) -> Path:
    """Return a free run folder below artifacts/ whose name starts with the time."""
    from sklimg.files import run_stamp, safe_name

    stem = f"{run_stamp()}-{safe_name(name)}"
    number = 1
    while (place := ARTIFACTS / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return place
