"""The command ``export``."""

import click

from sklimg.cli.door import PATH, Command, result, say

__all__ = ["export"]


@click.command("export", cls=Command, short_help="Put a model, its card and its report in one zip.")
@click.option(
    "-m", "--model", metavar="MODEL", help="Run folder or its model/.  [default: artifacts/latest]"
)
@click.option(
    "-o", "--out", type=PATH, required=True, metavar="FILE.zip", help="Is replaced whole."
)
def export(model, out):
    """Put a model in one file, with its card and its report, to hand it on.

    The file is a MODEL itself: predict, evaluate and serve take it as it is.

    \b
    Example:
        sklimg export -m artifacts/latest -o digits.zip
        sklimg predict -m digits.zip picture.png
    """
    from sklimg.export import export_model
    from sklimg.files import count, path_text

    names = export_model(model, out)
    pages = [name for name in names if not name.startswith("model/")]
    with_them = f", {' and '.join(pages)}" if pages else "; no card and no report stand beside it"
    say(f"exported  the model ({count(len(names) - len(pages), 'file')}){with_them}")
    result(path_text(out))
    return 0
