"""What ``predict --sheet`` prints: the answers on filled sheets."""

import json
from collections.abc import Sequence
from pathlib import Path

from sklimg.cli.door import result, say
from sklimg.errors import DataError, ImageError, SheetError, UsageError
from sklimg.files import count, one_line, path_text
from sklimg.records import csv_line

__all__ = ["check_sheet_options", "print_sheets"]

_KINDS = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}


def check_sheet_options(inputs, sheets: bool, rows, cols, draw: Path | None) -> None:
    """Refuse options that make no sense together, before a model is loaded.

    Raises
    ------
    UsageError
    """
    for name, value in (("--rows", rows), ("--cols", cols), ("--draw", draw)):
        if value is not None and not sheets:
            raise UsageError(f"{name}: expected --sheet with it; pass --sheet to read a sheet")
    if sheets and (not inputs or "-" in inputs):
        raise UsageError("--sheet: expected images of sheets as INPUT, got none")
    if draw is not None and draw.suffix.lower() not in _KINDS:
        raise UsageError(f"{draw}: expected a name ending in .png or .jpg")
    if draw is not None and len(inputs) > 1:
        raise UsageError(f"--draw: expected one sheet to draw on, got {len(inputs)}")


def print_sheets(
    model,
    inputs: Sequence[str],
    grid: tuple,
    top: int,
    form: str,
    draw: Path | None,
    threshold: float | None,
) -> int:
    """Print the answers of each sheet, and draw them; return the exit code."""
    from sklimg.files import write_bytes
    from sklimg.images import encode_image
    from sklimg.readings import draw_reading

    top, errors, n_read = min(top, len(model.classes)), [], 0
    for text in inputs:
        try:
            readings = _read(model, text, grid, threshold)
        except (ImageError, SheetError) as err:
            errors.append(err)
            if len(inputs) > 1:
                say(f"rejected: {err}", warning=True)
            continue
        if draw is not None and len(readings) > 1:
            raise UsageError(f"--draw: expected one sheet, {text} has {len(readings)} pages")
        for page, (sheet, reading) in enumerate(readings, start=1):
            name = path_text(text) + (f", page {page}" if len(readings) > 1 else "")
            _print(name, model.classes, reading, top, form, is_first=not n_read)
            n_read += 1
            if draw is not None:
                picture = encode_image(draw_reading(sheet, reading), _KINDS[draw.suffix.lower()])
                write_bytes(draw, picture)
                say(f"answers drawn in {draw}")
    if errors and not n_read:
        if len(inputs) == 1:
            raise errors[0]
        raise DataError(f"none of {len(errors)} sheets could be read; the first: {errors[0]}")
    return 4 if errors else 0


def _read(model, text: str, grid: tuple, threshold: float | None) -> list[tuple]:
    """Return the pages of a file, each with its reading."""
    from sklimg.images import read_pages
    from sklimg.readings import DOUBTFUL, read_sheet

    doubtful = DOUBTFUL if threshold is None else threshold
    try:
        return [(sheet, read_sheet(model, sheet, grid, doubtful)) for sheet in read_pages(text)]
    except SheetError as err:
        found = getattr(err, "found", None)
        known = "" if found is None else " --rows {} --cols {}".format(*found.shape)
        known = f"if that is right, pass{known}; if not, " if known and None in grid else ""
        raise SheetError(f"{text}: {err}; {known}scan it flat and whole") from err


def _print(name: str, classes: tuple, reading, top: int, form: str, is_first: bool) -> None:
    """Print the answers of one sheet, and say how many are doubtful."""
    full = [answer for answer in reading.answers if answer.probabilities is not None]
    doubtful = sum(answer.is_doubtful for answer in full)
    marked = f", {doubtful} doubtful and marked ?" if doubtful else ""
    n_empty = len(reading.answers) - len(full)
    empty = f", {n_empty} empty" if n_empty else ""
    say(f"{one_line(name)}: {reading.found}, {count(len(full), 'answer')}{marked}{empty}")
    for warning in reading.warnings:
        say(f"warning: {one_line(name)}: {warning}", warning=True)
    if form == "text" and top == 1:
        result(reading.text())
        return
    if form == "csv" and is_first:
        extra = [f"{what}{k}" for k in range(2, top + 1) for what in ("label", "probability")]
        result(csv_line(["input", "row", "col", "label", "probability", "rejected", *extra]))
    for answer in reading.answers:
        result(_line(name, classes, answer, top, form))


def _line(name: str, classes: tuple, answer, top: int, form: str) -> str:
    """Return the answer of one cell in its form."""
    ranked = []
    if answer.probabilities is not None:
        order = (-answer.probabilities).argsort(kind="stable")[:top]
        ranked = [(classes[i], float(answer.probabilities[i])) for i in order]
    label, probability = ranked[0] if ranked else ("", None)
    if form == "jsonl":
        tops = [{"label": one, "probability": p} for one, p in ranked]
        place = {"input": name, "row": answer.row, "col": answer.col}
        told = {"label": label, "probability": probability, "rejected": answer.is_doubtful}
        return json.dumps(place | told | {"top": tops}, ensure_ascii=False)
    if form == "csv":
        others = [value for pair in ranked[1:] for value in pair]
        others += [""] * (2 * (top - 1) - len(others))
        rejected = "true" if answer.is_doubtful else "false"
        shown = "" if probability is None else probability
        return csv_line([name, answer.row, answer.col, label, shown, rejected, *others])
    fields = [one_line(name), f"r{answer.row}", f"c{answer.col}"]
    return "\t".join(fields + [f"{one_line(one)}\t{p:.4f}" for one, p in ranked])
