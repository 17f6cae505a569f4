"""The command ``compare``."""

import json

import click

from sklimg.cli.door import PATH, Command, result, say

__all__ = ["compare"]


@click.command("compare", cls=Command, short_help="Compare runs, image by image where they can be.")
@click.argument("runs", type=PATH, nargs=-1, required=True, metavar="RUN...")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as one JSON object.")
def compare(runs, as_json):
    """Compare two or more runs, the best first, and say whether one is better.

    Runs that were tested on the same images are compared image by image; of others
    only the intervals can be.

    \b
    Example:
        sklimg compare artifacts/small artifacts/large
    """
    from sklimg.comparison import compare_runs
    from sklimg.runfiles import damage_told

    found = compare_runs(runs)
    if as_json:
        result(json.dumps(found, ensure_ascii=False))
        return 0
    width = max(len(run["name"]) for run in found["runs"])
    with damage_told(", ".join(map(str, runs))):
        lines = [f"{run['name']:{width}}  {_told(run)}" for run in found["runs"]]
    for line in lines:
        result(line)
    for note in found["notes"]:
        say(f"note: {note}")
    return 0


def _told(run: dict) -> str:
    """Return one run in a line."""
    from sklimg.files import count, one_line

    low, high = run["accuracy_interval"]
    parts = [f"{run['accuracy']:.3f} [{low:.3f}, {high:.3f}] on {count(run['n_test'], 'group')}"]
    if run["cross_validation"] is not None:
        parts.append(f"folds {run['cross_validation']:.3f}")
    if run["log_loss"] is not None:
        parts.append(f"log loss {run['log_loss']:.3f}")
    settings = (
        f"{name}={'default' if value is None else value}" for name, value in run["settings"].items()
    )
    return one_line("  ".join([*parts, *settings]))
