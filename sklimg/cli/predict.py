"""The command ``predict``: vectors, images, folders and tables in, labels out."""

import warnings
from pathlib import Path

import click

from sklimg.cli.answers import UNKNOWN, Form, Score, print_answers
from sklimg.cli.door import PATH, Command, say
from sklimg.cli.filled import check_sheet_options, print_sheets
from sklimg.cli.inputs import from_inputs, from_paths, from_stdin, is_list
from sklimg.errors import UsageError
from sklimg.names import AUTO

__all__ = ["predict"]


class _Rejection(click.ParamType):
    """A probability, or "auto"."""

    name = "P|auto"

    def convert(self, value, param, ctx):
        """Return the number, or "auto" as it is."""
        if value == AUTO:
            return value
        number = click.FloatRange(0, 1).convert(value, param, ctx)
        if number != number:
            self.fail(f"expected a probability or auto, got {value!r}", param, ctx)
        return number


@click.command("predict", cls=Command, short_help="Say what images, vectors or tables show.")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option(
    "-m", "--model", metavar="MODEL", help="Run folder or its model/.  [default: artifacts/latest]"
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many classes to name.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "jsonl"]),
    default="text",
    show_default=True,
    help="Of the answers.",
)
@click.option(
    "--reject",
    type=_Rejection(),
    metavar="P|auto",
    help='Answer "unknown" where the probability is below; auto: so that about 2 % of the answers '
    "given are wrong.",
)
@click.option(
    "--paths",
    type=click.File("rb"),
    metavar="FILE",
    help="Answer the images that its lines name, as they come; - for stdin.",
)
@click.option(
    "--score",
    is_flag=True,
    help="Say on stderr how many answers are right, of labelled images not trained on.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Open the pipeline of a model that has no arrays, which can run any code.",
)
@click.option(
    "--sheet", "sheets", is_flag=True, help="Each INPUT is a filled sheet: read all its cells."
)
@click.option("--rows", type=click.IntRange(min=1), help="Rows of a sheet; found if not given.")
@click.option("--cols", type=click.IntRange(min=1), help="Columns of a sheet; found if not given.")
@click.option(
    "--draw", type=PATH, metavar="FILE", help="Draw a sheet with its answers: .png or .jpg."
)
def predict(inputs, model, top, form, reject, paths, score, trust, sheets, rows, cols, draw):
    """Say what each INPUT shows: an image, a folder of images, or a table.

    Without INPUT, vectors are read from stdin, one a line, and answered line by
    line; or the bytes of one image.

    \b
    Example:
        sklimg predict picture.png
        tail -1 vectors.csv | cut -d, -f3- | sklimg predict -m artifacts/latest
        find photos -name '*.jpg' | sklimg predict --paths - --reject auto
        sklimg predict --sheet filled.jpg --draw answers.png
    """
    check_sheet_options(inputs, sheets, rows, cols, draw)
    if paths is not None and (inputs or sheets):
        raise UsageError("--paths: expected no INPUT and no --sheet beside it")
    is_stdin = paths is None and (not inputs or list(inputs) == ["-"])
    if score and (is_stdin or sheets):
        raise UsageError("--score: expected INPUT or --paths with labels, got none")

    loaded = _loaded(model, trust)
    threshold = _threshold(loaded, reject)
    if threshold and UNKNOWN in loaded.classes and form == "text":
        say(
            f'warning: a class is called "{UNKNOWN}", as is what is rejected; --format csv tells '
            "them apart",
            warning=True,
        )
    if sheets:
        return print_sheets(loaded, inputs, (rows, cols), top, form, draw, threshold)
    bare = form == "text" and top == 1
    if is_stdin:
        answers, several = from_stdin(loaded), not bare
    elif paths is not None:
        answers, several = from_paths(loaded, paths), True
    else:
        answers = from_inputs(loaded, inputs)
        several = not bare or len(inputs) > 1 or not Path(inputs[0]).is_file() or is_list(inputs[0])
    how = Form(form if several else "bare", top, threshold or 0.0)
    return print_answers(answers, loaded.classes, how, Score(loaded) if score else None)


def _loaded(model: str | None, trust: bool):
    """Return the model, and say what its pipeline warns of if it is opened."""
    from sklimg.model import load

    if not trust:
        return load(model)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        loaded = load(model, trust=True)
    for text in dict.fromkeys(str(warning.message).split("\n")[0] for warning in told):
        say(f"warning: {text}", warning=True)
    return loaded


def _threshold(model, reject: float | str | None) -> float | None:
    """Return the probability below which an answer is "unknown"."""
    if reject != AUTO:
        return reject
    if model.threshold is None:
        raise UsageError(
            "--reject auto: too few images held back from training, or too many mistakes among "
            f"the surest, tell from where {model.error_rate:.0%} of the answers are wrong; give a "
            "probability, such as --reject 0.9"
        )
    return model.threshold
