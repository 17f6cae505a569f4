"""The command ``retrain``."""

import json
from dataclasses import asdict

import click

from sklimg.cli.door import JOBS, PATH, Command, result, say
from sklimg.cli.places import bare_name, move_latest, new_place
from sklimg.errors import GateError

__all__ = ["retrain"]


@click.command("retrain", cls=Command, short_help="Train a run's model on more images.")
@click.argument("run", type=PATH)
@click.argument("data", type=PATH)
@click.option("--from-scratch", is_flag=True, help="Fit all anew, by the settings of the run.")
@click.option(
    "--recorded",
    type=PATH,
    metavar="TABLE",
    help="Where the data of the run is now.  [default: where the run says]",
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
@click.option("--name", help="Name of the run in artifacts/.  [default: that of RUN]")
@click.option("--json", "as_json", is_flag=True, help="Print gate and metrics as one JSON object.")
def retrain(run, data, from_scratch, recorded, jobs, out, name, as_json):
    """Train the model of RUN on the labelled images of DATA, too.

    The newer model is saved as a run of its own only if it passes the gate: of images
    that neither was trained on, it reads as many as the older one, and it knows all
    classes. Otherwise the exit code is 7 and nothing is written.

    \b
    Example:
        sklimg retrain artifacts/latest new-pictures
        sklimg retrain run more.csv -o run2
    """
    if out is not None and name is not None:
        raise click.UsageError("expected one of -o and --name, got both")
    from sklimg.retraining import retrain as retrain_run

    place = out or new_place(name or bare_name(run))
    done = retrain_run(
        run,
        data,
        from_scratch=from_scratch,
        recorded=recorded,
        jobs=jobs,
        out=place,
        tell=lambda topic, text: _tell(topic, text, as_json),
    )
    for reason in done.refused:
        say(f"rejected: {reason}", warning=True)
    if as_json:
        metrics = None if done.run is None else done.run.metrics
        result(json.dumps({"gate": asdict(done.gate), "metrics": metrics}, ensure_ascii=False))
    if done.run is None:
        raise GateError(
            f"{run}: the newer model is refused, nothing was written: {done.gate.words}"
        )
    move_latest(place)
    say(f"next      sklimg predict -m {place} IMAGE...")
    return 4 if done.refused else 0


def _tell(topic, text, as_json):
    """Print the result on stdout and everything else on stderr."""
    if topic in ("gate", "test") and not as_json:
        result(f"{topic:9} {text}", go_on=True)
    else:
        say(f"{topic:9} {text}", warning=topic == "warning")
