"""The command ``template``: sheets to print and write on."""

import csv

import click

from sklimg.cli.door import PATH, Command, say
from sklimg.errors import UsageError
from sklimg.files import count
from sklimg.names import PAPERS

__all__ = ["template"]


@click.command("template", cls=Command, short_help="Make sheets to print and write on.")
@click.option("--labels", required=True, metavar="A,B,...", help="Labels to write, in this order.")
@click.option(
    "--per-label",
    type=click.IntRange(1, 9999),
    required=True,
    metavar="N",
    help="Boxes for each label.",
)
@click.option(
    "--paper",
    type=click.Choice(PAPERS),
    default=PAPERS[0],
    show_default=True,
    help="To print on.",
)
@click.option(
    "-o",
    "--out",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Sheet to write, .pdf or .png; several pages are one PDF, or FILE-1.png and so on.",
)
def template(labels, per_label, paper, out):
    """Make a sheet with N boxes for each label, to print, fill by hand and scan.

    Marks in the corners and a code tell split-images where the boxes are and
    which label each has, in a scan or a photo, whichever way up.

    \b
    Example:
        sklimg template --labels 0,1,2,3,4,5,6,7,8,9 --per-label 12 -o sheet.pdf
    """
    kind = out.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise UsageError(f"{out}: expected a name ending in .pdf or .png")
    try:
        given = next(csv.reader([labels]), [])
    except csv.Error as err:
        raise UsageError(f"--labels: expected one line of CSV: {err}; quote the labels") from err
    if not given:
        raise UsageError("--labels: expected labels with commas between them, got none")

    from sklimg.files import write_bytes
    from sklimg.formpages import form_pdf, form_png
    from sklimg.forms import plan_forms

    forms = plan_forms(given, per_label, paper)
    if kind == ".pdf":
        files = [out]
        write_bytes(out, form_pdf(forms, paper))
    else:
        names = [f"{out.stem}-{form.page}{out.suffix}" for form in forms]
        files = [out.with_name(name) for name in names] if len(forms) > 1 else [out]
        for file, form in zip(files, forms, strict=True):
            write_bytes(file, form_png(form, paper))
    where = files[0] if len(files) == 1 else f"{files[0]} … {files[-1].name}"
    made = f"{count(len(given), 'label')} x {count(per_label, 'cell')}"
    say(f"{made} on {count(len(forms), 'page')} in {where}")
    say("print it at 100 %, fill it, scan it; then: sklimg split-images SCAN -o tiles")
    return 0
