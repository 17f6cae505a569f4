"""The command ``fit``."""

import json
import re
from pathlib import Path

import click

from sklimg.cli.door import (
    DURATION,
    JOBS,
    PATH,
    TURNED_OPTION,
    Command,
    cluster_options,
    result,
    say,
)
from sklimg.cli.features import backbone_params, feature_options
from sklimg.cli.params import parse_params
from sklimg.cli.places import move_latest, new_place
from sklimg.cli.progress import search_progress
from sklimg.errors import DataError
from sklimg.names import AUGMENTS, MODELS, SEARCHES

__all__ = ["fit"]

_OF_SEARCH = {
    "grid",
    "params",
    "search",
    "model",
    "class_weight",
    "features",
}  # make sense together alone


@click.command("fit", cls=Command, short_help="Fit a classifier, test it honestly, save the run.")
@click.argument("data", type=PATH, required=False)
@click.option("--grid", is_flag=True, help="Search the default grid by 5-fold cross-validation.")
@click.option(
    "--search",
    default=SEARCHES[0],
    show_default=True,
    type=click.Choice(SEARCHES),
    help="hyperband draws candidates and trains on only those that do well early; it implies "
    "--grid, with a space of its own.",
)
@feature_options
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
    "--max-time",
    type=DURATION,
    metavar="TIME",
    help="End a search after 90s, 10m or 2h with the best so far.  [default: when all is tried]",
)
@cluster_options
@click.option(
    "--resume",
    type=PATH,
    metavar="RUN",
    help="Go on with a search that was ended; options and DATA are its own unless given.",
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
@click.pass_context
def fit(context, /, data, resume, out, name, as_json, **options):
    """Fit a classifier to DATA, test it on images it never saw, save the run.

    DATA is a table (.csv, .csv.gz, .npz), the images file of an IDX pair, a
    folder with a class a folder, or a map. Copies and near copies of one picture
    stay on one side of the split.

    \b
    Example:
        sklimg fit vectors.csv --grid
        sklimg fit vectors.csv --param alpha=0.001,0.01,0.1 -o runs/alpha
        sklimg fit --resume runs/alpha
    """
    if out is not None and name is not None:
        raise click.UsageError("expected one of -o and --name, got both")
    if resume is not None and (out is not None or name is not None):
        raise click.UsageError("expected --resume without -o and --name: it goes on in RUN")
    if resume is None and data is None:
        raise click.MissingParameter(ctx=context, param_type="argument", param_hint="'DATA'")
    asked = _asked(options)

    from sklimg.runfolder import is_finished
    from sklimg.settings import saved_settings
    from sklimg.training import fit as fit_data

    if resume is not None:
        default = click.core.ParameterSource.DEFAULT
        given = {key for key in options if context.get_parameter_source(key) != default}
        if is_finished(resume):
            if given or data:
                say(
                    "warning   the run is finished: DATA and options are not looked at",
                    warning=True,
                )
            return _tell_finished(resume, as_json)
        given |= _OF_SEARCH if given & _OF_SEARCH else set()
        saved = saved_settings(resume)
        data = data or _path_of(saved.pop("data"), resume)
        for key in sorted(given & saved.keys() - _OF_SEARCH):
            if asked[key] != saved[key]:
                say(f"note      {key} was {saved[key]} when the run was begun, now {asked[key]}")
        asked |= {key: value for key, value in saved.items() if key not in given and key in asked}
    place = resume or out or new_place(name or re.sub(r"(\.csv|\.npz|\.gz)+$", "", data.name))
    with search_progress() as progress:
        run = fit_data(
            data,
            **asked,
            out=place,
            resume=resume is not None,
            tell=_tell if not as_json else _tell_stderr,
            progress=progress,
        )
    move_latest(place)
    say(f"next      sklimg predict -m {place} IMAGE...")
    if as_json:
        result(json.dumps(run.metrics, ensure_ascii=False))
    if run.was_interrupted:
        return 130
    return 4 if run.refused else 0


def _asked(options: dict) -> dict:
    """Return what the options ask for, as arguments of the library's fit."""
    from sklimg.pipeline import default_grid

    asked = dict(options)
    fixed, searched = parse_params(asked.pop("params"))
    fixed |= backbone_params(asked, fixed)
    is_wanted, model, search = asked.pop("grid"), asked["model"], asked["search"]
    if search == SEARCHES[0]:
        asked["grid"] = (default_grid(model) if is_wanted else {}) | searched
    else:
        asked["grid"] = searched or True
    weight = asked.pop("class_weight")
    asked["class_weight"] = None if weight == "none" else weight
    return asked | {"params": fixed, "test": _share(asked["test"])}


def _tell_finished(run: Path, as_json: bool) -> int:
    """Say that there is nothing left to do, and what came of it."""
    from sklimg.telling import describe

    try:
        metrics = json.loads((run / "metrics.json").read_bytes())
    except (OSError, ValueError) as err:
        raise DataError(f"{run}: finished, but its metrics.json cannot be read: {err}") from err
    say(f"resume    {run} is finished; nothing is left to do")
    _tell_stderr("next", f"sklimg predict -m {run} IMAGE...")
    result(json.dumps(metrics, ensure_ascii=False) if as_json else f"test      {describe(metrics)}")
    return 0


def _path_of(data: str | None, run: Path) -> Path:
    """Return where the data of a run was read from."""
    if data is None:
        raise click.UsageError(f"{run} was not made of a file; missing argument DATA")
    return Path(data)


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
