"""The command ``evaluate``."""

import json

import click

from sklimg.cli.door import JOBS, PATH, Command, result, say
from sklimg.errors import GateError

__all__ = ["evaluate"]


@click.command("evaluate", cls=Command, short_help="Test a model on data it was not trained on.")
@click.argument("data", type=PATH)
@click.option(
    "-m", "--model", metavar="MODEL", help="Run folder or its model/.  [default: artifacts/latest]"
)
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Exit with 7 if the accuracy is below.",
)
@click.option(
    "--jobs", type=JOBS, default=-1, show_default=True, help="Processes; -1 for one a core."
)
@click.option("--json", "as_json", is_flag=True, help="Print the metrics as one JSON object.")
def evaluate(data, model, min_accuracy, jobs, as_json):
    """Test a model on the labelled images of DATA that it was not trained on.

    \b
    Example:
        sklimg evaluate -m artifacts/latest new.csv --min-accuracy 0.9
    """
    from sklimg.assessment import assess
    from sklimg.telling import describe

    assessed = assess(data, model, jobs=jobs)
    for note in assessed.notes:
        say(f"note: {note}")
    for reason in assessed.refused:
        say(f"rejected: {reason}", warning=True)
    metrics = assessed.metrics
    if as_json:
        result(json.dumps(metrics, ensure_ascii=False))
    else:
        result(describe(metrics))
        for label, scores in metrics["per_class"].items():
            say(
                f"  {label:12} precision {scores['precision']:.3f}  recall {scores['recall']:.3f}  "
                f"f1 {scores['f1']:.3f}  of {scores['support']}"
            )
    if min_accuracy is not None and not metrics["accuracy"] >= min_accuracy:
        raise GateError(
            f"{data}: expected an accuracy of {min_accuracy}, got {metrics['accuracy']:.4f}"
        )
    return 4 if assessed.refused else 0
