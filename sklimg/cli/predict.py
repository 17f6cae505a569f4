"""The command ``predict``: vectors, images, folders and tables in, labels out."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from sklimg.cli.door import PATH, Command, result, say
from sklimg.cli.filled import check_sheet_options, print_sheets
from sklimg.errors import DataError, ImageError, SklimgError, TableError
from sklimg.files import one_line, path_text
from sklimg.records import csv_line

__all__ = ["predict"]

_BATCH = 64  # images that are answered at a time
_UNKNOWN = "how the training images became pixels was not recorded; pictures are taken as"


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
    "--sheet", "sheets", is_flag=True, help="Each INPUT is a filled sheet: read all its cells."
)
@click.option("--rows", type=click.IntRange(min=1), help="Rows of a sheet; found if not given.")
@click.option("--cols", type=click.IntRange(min=1), help="Columns of a sheet; found if not given.")
@click.option(
    "--draw", type=PATH, metavar="FILE", help="Draw a sheet with its answers: .png or .jpg."
)
def predict(inputs, model, top, form, sheets, rows, cols, draw):
    """Say what each INPUT shows: an image, a folder of images, or a table.

    Without INPUT, vectors are read from stdin, one a line, and answered line by
    line; or the bytes of one image.

    \b
    Example:
        sklimg predict picture.png
        tail -1 vectors.csv | cut -d, -f3- | sklimg predict -m artifacts/latest
        sklimg predict --sheet filled.jpg --draw answers.png
    """
    check_sheet_options(inputs, sheets, rows, cols, draw)

    from sklimg.model import load

    loaded = load(model)
    if sheets:
        return print_sheets(loaded, inputs, (rows, cols), top, form, draw)
    bare = form == "text" and top == 1
    if not inputs or list(inputs) == ["-"]:
        answers, several = _from_stdin(loaded), not bare
    else:
        answers = _from_inputs(loaded, inputs)
        several = (
            not bare or len(inputs) > 1 or not Path(inputs[0]).is_file() or _is_list(inputs[0])
        )
    return _printed(answers, loaded.classes, top, form if several else "bare")


def _printed(answers: Iterable, classes: tuple[str, ...], top: int, form: str) -> int:
    """Print answers as they come, report what could not be read; return the exit code."""
    good, errors, unsaid = 0, [], None
    top = min(top, len(classes))
    for name, probabilities in answers:
        if unsaid:
            say(f"rejected: {unsaid}", warning=True)
            unsaid = None
        if isinstance(probabilities, SklimgError):
            errors.append(probabilities)
            if good or len(errors) > 1:
                say(f"rejected: {probabilities}", warning=True)
            else:
                unsaid = probabilities  # if it stays alone, it is the error of the command
            continue
        order = (-probabilities).argsort(kind="stable")[:top]
        ranked = [(classes[i], float(probabilities[i])) for i in order]
        if form == "csv" and not good:
            extra = [f"{what}{k}" for k in range(2, top + 1) for what in ("label", "probability")]
            result(csv_line(["input", "label", "probability", "rejected", *extra]))
        result(_line(name, ranked, form))
        good += 1
    if unsaid:
        raise unsaid
    if errors and not good:
        raise DataError(f"none of {len(errors)} inputs could be read; the first: {errors[0]}")
    return 4 if errors else 0


def _line(name: str, ranked: list[tuple[str, float]], form: str) -> str:
    """Return one answer in its form."""
    label, probability = ranked[0]
    if form == "bare":
        return one_line(label)
    if form == "jsonl":
        tops = [{"label": one, "probability": p} for one, p in ranked]
        answer = {"input": name, "label": label, "probability": probability, "rejected": False}
        return json.dumps(answer | {"top": tops}, ensure_ascii=False)
    if form == "csv":
        others = [field for pair in ranked[1:] for field in pair]
        return csv_line([name, label, probability, "false", *others])
    fields = [one_line(name)] + [f"{one_line(one)}\t{p:.4f}" for one, p in ranked]
    return "\t".join(fields)


def _is_list(text: str) -> bool:
    """Tell whether a file stands for many inputs: a table or a map."""
    from sklimg.table import is_table

    return Path(text).suffix.lower() == ".csv" or is_table(Path(text))


def _from_stdin(model) -> Iterator[tuple]:
    """Yield (line number, probabilities or error) for each vector, as it comes."""
    from sklimg.formats import looks_like_image
    from sklimg.images import read_image
    from sklimg.vectors import parse_vector

    stream = sys.stdin.buffer
    if sys.stdin.isatty():
        say(f"type a vector of {model.spec.n_pixels} numbers from 0 to 255 and press Enter:")
    first, number = stream.readline(), 1
    while first and not first.strip(b"\xef\xbb\xbf \t\r\n"):
        first, number = stream.readline(), number + 1
    if looks_like_image(first):
        try:
            pixels = read_image(first + stream.read(), model.spec)
        except ImageError as err:
            raise ImageError(str(err).replace("image:", "stdin:", 1), err.code) from err
        yield "-", model.predict_proba(pixels.reshape(1, -1))[0]
        return
    if not first:
        raise TableError(
            "stdin: expected a vector or an image, got nothing; pass an INPUT or pipe one"
        )
    line = first
    while line:
        if line.strip():
            try:
                text = line.decode("utf-8-sig", "backslashreplace")
                vector = parse_vector(text, model.spec.n_pixels, f"stdin, line {number}")
            except TableError as err:
                yield str(number), err
            else:
                if number == 1 and len(vector) > 4 and vector.tolist() == list(range(len(vector))):
                    say("warning: stdin, line 1: taken as a header of numbers", warning=True)
                    number, line = number + 1, stream.readline()
                    continue
                if vector.max() == 1:
                    say("warning: no value is above 1; a model of 0-255 sees black", warning=True)
                yield str(number), model.predict_proba(vector[None])[0]
        number, line = number + 1, stream.readline()


def _from_inputs(model, inputs: tuple[str, ...]) -> Iterator[tuple]:
    """Yield (name, probabilities or error) for each image or row, in order."""
    from sklimg.listing import IGNORED, list_images
    from sklimg.parts import spec_notes
    from sklimg.table import is_table, read_table

    for text in inputs:
        path = Path(text)
        if text == "-":
            yield from _from_stdin(model)
            continue
        try:
            if path.is_file() and is_table(path):
                table = read_table(path)
                for note in spec_notes(table, model.spec, text):
                    say(f"warning: {note}", warning=True)
                names = [name or f"row {i}" for i, name in enumerate(table.paths, start=1)]
                yield from zip(names, _of_table(model, table, text), strict=True)
                continue
            listing = list_images(path, "none")
        except SklimgError as err:
            yield text, err
            continue
        for name, code, reason in listing.rejects:
            if code != IGNORED:
                yield name, ImageError(f"{path / name}: {reason}", code)
        if not listing.items and all(code == IGNORED for _, code, _ in listing.rejects):
            yield text, DataError(f"{text}: expected images, found none")
        base = path if path.is_dir() else path.parent
        named = [(path_text(base / item.name), item.file) for item in listing.items]
        if named and not model.spec_is_known:
            say(f"warning: {text}: {_UNKNOWN} {model.spec}, not inverted", warning=True)
        for start in range(0, len(named), _BATCH):
            yield from _answered(model, named[start : start + _BATCH])


def _answered(model, named: list[tuple[str, Path]]) -> Iterator[tuple]:
    """Yield (name, probabilities or error) for a batch of images."""
    import numpy as np

    from sklimg.images import read_image

    read = []
    for name, file in named:
        try:
            read.append((name, read_image(file, model.spec).reshape(-1)))
        except ImageError as err:
            read.append((name, err))
    vectors = [pixels for _, pixels in read if not isinstance(pixels, ImageError)]
    answers = iter(model.predict_proba(np.stack(vectors)) if vectors else ())
    for name, pixels in read:
        yield name, pixels if isinstance(pixels, ImageError) else next(answers)


def _of_table(model, table, name: str):
    """Return the probabilities for a table's rows; an error names the table."""
    try:
        return model.predict_proba(table.pixels)
    except TableError as err:
        raise TableError(f"{name}: {err}") from err
