"""The command ``check``."""

import json

import click

from sklimg.cli.door import JOBS, PATH, TURNED_OPTION, Command, result, say
from sklimg.cli.progress import images_progress
from sklimg.errors import GateError
from sklimg.names import PROBLEMS

__all__ = ["check"]

_FEW = 3  # named on a line


class _Gates(click.ParamType):
    """Problems, separated by commas."""

    name = "problems"

    def convert(self, value, param, ctx):
        """Return the problems as a tuple."""
        if isinstance(value, tuple):
            return value
        words = tuple(word.strip() for word in value.split(","))
        for word in words:
            if word not in PROBLEMS:
                self.fail(f"expected some of {', '.join(PROBLEMS)}, got {word!r}", param, ctx)
        return words


@click.command("check", cls=Command, short_help="See what a data set holds and hides.")
@click.argument("data", type=PATH)
@click.option(
    "--fail-on",
    type=_Gates(),
    default=(),
    metavar="PROBLEM,...",
    help=f"Exit with 7 if there is any of these: {', '.join(PROBLEMS)}.",
)
@click.option(
    "-o", "--out", type=PATH, metavar="DIR", help="Folder to make with a page and its pictures."
)
@TURNED_OPTION
@click.option(
    "--jobs", type=JOBS, default=-1, show_default=True, help="Processes; -1 for one a core."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def check(data, fail_on, out, turned, jobs, as_json):
    """See what DATA holds and hides before anything is fitted to it.

    Tells of classes and sizes, of copies and near copies, of pictures under
    several labels, of leaks between the parts that a column split gives, of
    dark, blurry and empty images, and of files that are no images.

    \b
    Example:
        sklimg check photos -o photos-check
        sklimg check vectors.csv --fail-on leak,label
    """
    from sklimg.checkpage import write_check
    from sklimg.files import check_free
    from sklimg.inspection import check as look_over
    from sklimg.parts import check_apart

    if out is not None:
        check_free(out)
        check_apart(out, data)
    with images_progress() as progress:
        found = look_over(data, turned=turned, jobs=jobs, progress=progress)
    for note in found.notes:
        say(f"note: {note}")
    if out is not None:
        write_check(found, out)
    if as_json:
        result(json.dumps(found.report, ensure_ascii=False))
    else:
        for line in _lines(found.report):
            result(line)
    if out is not None:
        say(f"page      {out / 'index.html'}")
    failed = [problem for problem in fail_on if found.report["problems"][problem]]
    if failed:
        counts = ", ".join(f"{p} {found.report['problems'][p]}" for p in failed)
        raise GateError(f"{data}: expected none of {', '.join(fail_on)}, got {counts}")
    return 4 if found.refused else 0


def _lines(report: dict) -> list[str]:
    """Return the report for a person."""
    from sklimg.files import count, one_line

    copies, classes = report["copies"], report["classes"]
    counts = [c["n_images"] for c in classes.values()]
    lines = [
        f"data      {report['data']}: {count(report['n_images'], 'image')}, "
        f"{count(copies['n_pictures'], 'different picture')}",
        f"classes   {len(classes)} of {min(counts)} to {max(counts)} images, the largest "
        f"{max(counts) / min(counts):.1f} times the smallest",
    ]
    lines += [
        f"          {one_line(label) or '(no label)':12} {count(n['n_images'], 'image')}, "
        f"{count(n['n_pictures'], 'picture')}"
        for label, n in classes.items()
    ]
    if sizes := report["sizes"]:
        lines.append(f"sizes     {_sizes(sizes)}")
    how = "mirrored, turned and cropped ones too" if copies["turned"] else "not if turned"
    groups = (
        f"{count(copies['n_copies'], 'copy', 'copies')} in {count(copies['n_groups'], 'group')}, "
        f"{copies['n_exact']} exact"
    )
    lines.append(f"copies    {groups if copies['n_copies'] else 'none'} ({how})")
    lines += _some(
        " = ".join(names[:_FEW]) + " …" * (len(names) > _FEW) for names in copies["groups"]
    )
    conflicts = report["label_conflicts"]
    lines.append(f"labels    {count(len(conflicts), 'picture')} under several labels")
    lines += _some(
        " = ".join(
            f"{path} ({label})" for path, label in zip(c["paths"][:_FEW], c["labels"], strict=False)
        )
        for c in conflicts
    )
    leaks = report["leaks"]
    between = ", ".join(f"{n} between {name}" for name, n in leaks["between"].items()) or "none"
    lines.append(f"leaks     {between if leaks['is_given'] else 'no column split, so none'}")
    lines += _some(
        " = ".join(
            f"{path} ({part})" for path, part in zip(g["paths"][:_FEW], g["splits"], strict=False)
        )
        for g in leaks["groups"]
    )
    for look in ("empty", "dark", "blurry"):
        names = report[look]
        first = ": " + ", ".join(names[:_FEW]) + " …" * (len(names) > _FEW) if names else ""
        lines.append(f"{look:9} {len(names)}{first}")
    rejects = ", ".join(f"{n} {code}" for code, n in report["rejects"].items())
    lines.append(f"rejects   {rejects or 'none'}")
    return [one_line(line) for line in lines]


def _sizes(sizes: dict) -> str:
    """Return heights and widths in pixels, and their ratios; those of one image if all agree."""
    low, middle, high = zip(*(sizes[name] for name in ("height", "width", "aspect")), strict=True)
    if sizes["n_different"] == 1:
        return f"all {low[0]:g}x{low[1]:g}"
    height, width = (f"{low[k]:g} to {high[k]:g} (median {middle[k]:g})" for k in (0, 1))
    return f"height {height}, width {width}; width by height {low[2]:.2f} to {high[2]:.2f}"


def _some(texts) -> list[str]:
    """Return the first few of many, one a line."""
    texts = list(texts)
    more = [f"          … and {len(texts) - _FEW} more"] if len(texts) > _FEW else []
    return [f"          {text}" for text in texts[:_FEW]] + more
