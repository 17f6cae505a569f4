"""The commands about sheets: ``split-images`` and ``join-images``."""

import csv

import click

from sklimg.cli.door import PATH, Command, say
from sklimg.errors import UsageError
from sklimg.files import count
from sklimg.names import SQUARES, TILE_FORMATS

__all__ = ["join_images", "split_images"]

COUNT = click.IntRange(min=1)


class _Inset(click.ParamType):
    """A percentage, or the word auto."""

    name = "auto|percent"

    def convert(self, value, param, ctx):
        """Return "auto" or a share in [0, 0.45)."""
        if value == "auto":
            return value
        try:
            share = float(str(value).removesuffix("%")) / 100
        except ValueError:
            share = -1.0
        if not 0 <= share < 0.45:
            self.fail(f"expected auto or a percentage from 0 to 44, got {value!r}", param, ctx)
        return share


@click.command("split-images", cls=Command, short_help="Cut sheets into tiles.")
@click.argument("sheets", type=PATH, nargs=-1, required=True, metavar="SHEET...")
@click.option("--rows", type=COUNT, required=True, help="Rows of tiles on a sheet.")
@click.option("--cols", type=COUNT, required=True, help="Columns of tiles on a sheet.")
@click.option("--row-labels", metavar="A,B,...", help="One label a row.")
@click.option("--col-labels", metavar="A,B,...", help="One label a column.")
@click.option(
    "--labels",
    type=PATH,
    metavar="FILE",
    help="CSV with a label for each tile: a line a row, or a line a tile.",
)
@click.option(
    "--inset",
    type=_Inset(),
    default="0",
    show_default=True,
    help="Percent cut off at each edge of a tile; auto measures the ruled lines.",
)
@click.option(
    "--square",
    type=click.Choice(SQUARES),
    default=SQUARES[0],
    show_default=True,
    help="Make tiles square.",
)
@click.option("--skip-empty", is_flag=True, help="Leave out tiles that hold no stroke.")
@click.option(
    "--format",
    type=click.Choice(TILE_FORMATS),
    default=TILE_FORMATS[0],
    show_default=True,
    help="Of the tiles; PNG keeps every pixel.",
)
@click.option(
    "-o",
    "--out",
    type=PATH,
    required=True,
    metavar="DIR",
    help="Folder to make; absent or empty.",
)
def split_images(
    sheets, rows, cols, row_labels, col_labels, labels, inset, square, skip_empty, format, out
):
    """Cut each SHEET into rows x cols tiles and list them in DIR/manifest.csv.

    Tiles cover every pixel of the sheet once. With labels they are put into a
    folder each.

    \b
    Example:
        sklimg split-images scan.png --rows 10 --cols 10 \\
            --row-labels 0,1,2,3,4,5,6,7,8,9 -o tiles
    """
    given = _tile_labels(rows, cols, row_labels, col_labels, labels)

    from sklimg.tiles import cut_sheets

    cut = cut_sheets(
        sheets,
        (rows, cols),
        out,
        labels=given,
        inset=inset,
        square=square,
        skip_empty=skip_empty,
        format=format,
    )
    for _, code, reason in cut.rejects:
        say(f"rejected ({code}): {reason}", warning=True)
    empty = f", {cut.n_empty} empty ones left out" if cut.n_empty else ""
    say(f"{count(len(cut.tiles), 'tile')} from {count(len(cut.sheets), 'sheet')} in {out}{empty}")
    return 4 if cut.rejects else 0


@click.command("join-images", cls=Command, short_help="Put tiles back into the sheet they were.")
@click.argument("manifest", type=PATH)
@click.option("--sheet", metavar="NAME", help="Which sheet, where the manifest holds several.")
@click.option(
    "-o",
    "--out",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Image to write, .png or .jpg.",
)
def join_images(manifest, sheet, out):
    """Put the tiles of a MANIFEST back into the sheet they were cut from.

    \b
    Example:
        sklimg join-images tiles/manifest.csv -o sheet.png
    """
    kind = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}.get(out.suffix.lower())
    if kind is None:
        raise UsageError(f"{out}: expected a name ending in .png or .jpg")

    from sklimg.files import write_bytes
    from sklimg.images import encode_image
    from sklimg.manifest import join_sheet

    pixels = join_sheet(manifest, sheet)
    write_bytes(out, encode_image(pixels, kind))
    say(f"{pixels.shape[0]}x{pixels.shape[1]} pixels in {out}")


def _tile_labels(rows, cols, row_labels, col_labels, file) -> list[str] | None:
    """Return a label for each tile in reading order, or None."""
    if sum(value is not None for value in (row_labels, col_labels, file)) > 1:
        raise UsageError("expected one of --row-labels, --col-labels and --labels, got several")
    if row_labels is not None:
        return [label for label in _listed("--row-labels", row_labels, rows) for _ in range(cols)]
    if col_labels is not None:
        return _listed("--col-labels", col_labels, cols) * rows
    if file is not None:
        from sklimg.records import read_labels

        return read_labels(file, (rows, cols))
    return None


def _listed(option: str, text: str, count: int) -> list[str]:
    labels = next(csv.reader([text]), [])
    if len(labels) != count:
        unit = "row" if option == "--row-labels" else "column"
        raise UsageError(
            f"{option}: expected {count} labels, one a {unit}, got {len(labels)} ({text[:60]}); "
            "put commas between them"
        )
    return labels
