"""The command ``report``."""

import json

import click

from sklimg.cli.door import PATH, Command, result, say

__all__ = ["report"]


@click.command("report", cls=Command, short_help="Write the report and model card of a run anew.")
@click.argument("run", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the paths as one JSON object.")
def report(run, as_json):
    """Write report.html and MODEL_CARD.md of RUN anew, from the files of the run.

    The report is one page that needs no network: how good the model is and beside
    what, where it is weak, with the images it got wrong, and how it was made.
    `sklimg fit` writes both; this makes them again after something was changed.

    \b
    Example:
        sklimg report artifacts/latest
    """
    from sklimg.files import path_text
    from sklimg.modelcard import write_card
    from sklimg.report import write_report
    from sklimg.runfiles import damage_told, read_run

    with damage_told(run):
        files = read_run(run)
        page, card = write_report(files), write_card(files)
    if as_json:
        paths = {"report": path_text(page), "model_card": path_text(card)}
        result(json.dumps(paths, ensure_ascii=False))
    else:
        say(f"card      {card}")
        result(path_text(page))
    return 0
