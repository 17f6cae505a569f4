"""The command ``info``."""

import json

import click

from sklimg.cli.door import PATH, Command, result, say

__all__ = ["info"]

_MOST = 20  # classes that are named


@click.command("info", cls=Command, short_help="Tell what a run, a model or data holds.")
@click.argument("path", type=PATH, metavar="RUN|MODEL|DATA")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one JSON object.")
def info(path, as_json):
    """Tell what a run, a model or data holds; nothing in it is run.

    \b
    Example:
        sklimg info artifacts/latest
        sklimg info digits.zip --json
    """
    from sklimg.files import one_line
    from sklimg.info import info as told_of
    from sklimg.runfiles import damage_told

    told = told_of(path)
    if as_json:
        result(json.dumps(told, ensure_ascii=False))
        return 0
    with damage_told(path):
        lines = {"run": _run, "model": _model, "data": _data}[told["kind"]](told)
    for topic, text in lines:
        result(one_line(f"{topic:9} {text}"))
    for note in told.get("notes", ()):
        say(f"note: {note}")
    return 0


def _run(told: dict) -> list[tuple[str, str]]:
    """Return what a run is, in lines."""
    from sklimg.files import count

    low, high = told["accuracy_interval"]
    data = told["data"]
    tested = f"accuracy {told['accuracy']:.3f} [{low:.3f}, {high:.3f}] on "
    lines = [
        ("run", told["path"]),
        (
            "data",
            f"{data['path']}: {count(data['n_images'], 'image')} in {data['n_groups']} groups",
        ),
        ("test", tested + count(told["n_test_images"], "image")),
    ]
    if told["cross_validation"] is not None:
        lines.append(("folds", f"accuracy {told['cross_validation']:.3f}"))
    verdict = told["verdict"] or {}
    for name, of in (("verdict", "fit"), ("size", "data")):
        if text := verdict.get(of):
            lines.append((name, text))
    return lines + _model(told["model"])


def _model(told: dict) -> list[tuple[str, str]]:
    """Return what a model is, in lines."""
    from sklimg.spec import ImageSpec

    n_bytes = sum(told["bytes"].values())
    how = "answers from arrays" if told["answers_from_arrays"] else "answers only if it is trusted"
    made, here = told["versions"], told["here"]
    others = [
        f"{name} {made[name]}, here {here[name]}" for name in here if made[name] != here[name]
    ]
    lines = [
        ("model", f"{told['id']}, {n_bytes / 1e6:.1f} MB in {len(told['bytes'])} files, {how}"),
        ("image", str(ImageSpec(**told["image"]))),
        ("classes", f"{len(told['classes'])}, by training images: {_counts(told['classes'])}"),
        ("steps", ", ".join(told["steps"])),
    ]
    if (threshold := told["threshold"]) is not None:
        below = f"below a probability of {threshold:.3f}" if threshold else "never"
        rate = f"{told['error_rate']:.0%}"
        lines.append(("unknown", f"{below}, so that at most about {rate} of answers are wrong"))
    versions = ", ".join(f"{name} {text}" for name, text in made.items())
    return [*lines, ("versions", f"{versions}{'; other: ' + '; '.join(others) if others else ''}")]


def _data(told: dict) -> list[tuple[str, str]]:
    """Return what data is, in lines."""
    from sklimg.files import count

    image = f" of {told['image']}" if told["image"] else ""
    number = count(told["n_images"], "image") if image else count(told["n_files"], "file")
    lines = [
        ("data", f"{told['path']}: {number}{image}"),
        ("classes", f"{len(told['classes'])}: {_counts(told['classes'])}"),
    ]
    if told["rejects"]:
        rejects = ", ".join(f"{n} {code}" for code, n in told["rejects"].items())
        lines.append(("rejects", rejects))
    return lines


def _counts(classes: dict[str, int]) -> str:
    """Return classes with their counts, the first ones of many."""
    named = [f"{label or '(no label)'} {n}" for label, n in list(classes.items())[:_MOST]]
    return ", ".join(named) + (" …" if len(classes) > _MOST else "")
