"""The commands about sheets: ``split-images`` and ``join-images``."""

import csv

import click

from sklimg.cli.door import PATH, Command, say
from sklimg.errors import GridError, UsageError
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
@click.option("--rows", type=COUNT, help="Rows of tiles on a sheet.")
@click.option("--cols", type=COUNT, help="Columns of tiles on a sheet.")
@click.option(
    "--grid",
    type=click.Choice(["auto"]),
    help="Find the ruled lines, or symbols in even places, and lay the sheet flat; rows and "
    "columns are counted where they are not given.  [default: auto, unless both are given]",
)
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
    "--clean",
    is_flag=True,
    help="Remove rules and specks and centre each symbol in a square tile; a sheet of photos "
    "stays as it is.",
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
    sheets,
    rows,
    cols,
    grid,
    row_labels,
    col_labels,
    labels,
    inset,
    clean,
    square,
    skip_empty,
    format,
    out,
):
    """Cut each SHEET into tiles and list them in DIR/manifest.csv.

    A form printed by sklimg template brings its grid and its labels along. On other
    sheets the grid is found; given --rows and --cols alone, the sheet is cut evenly
    and tiles cover every pixel of it once. With labels, tiles are put into a folder
    each.

    \b
    Example:
        sklimg split-images scan.jpg --clean -o tiles
        sklimg split-images scan.png --rows 10 --cols 10 \\
            --row-labels 0,1,2,3,4,5,6,7,8,9 -o tiles
    """
    find = grid == "auto" or None in (rows, cols)
    given = _tile_labels(row_labels, col_labels, labels, GridError if find else UsageError)
    if given and not find:
        given = given((rows, cols))

    from sklimg.grids import KINDS
    from sklimg.manifest import SHEETS_COLUMNS
    from sklimg.tiles import cut_sheets

    cut = cut_sheets(
        sheets,
        (rows, cols),
        out,
        find=find,
        labels=given,
        inset=inset,
        square=square,
        skip_empty=skip_empty,
        clean=clean,
        format=format,
    )
    for sheet in cut.sheets if find else ():
        found = dict(zip(SHEETS_COLUMNS, sheet, strict=True))
        size, confidence = f"{found['rows']}x{found['cols']}", found["confidence"]
        told = "" if found["grid"] == "form" else f", confidence {confidence:.2f}"
        say(f"{found['sheet']}: {size} by {KINDS[found['grid']]}{told}")
    for warning in cut.warnings:
        say(f"warning: {warning}", warning=True)
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


def _tile_labels(row_labels, col_labels, file, error):
    """Return a function from a grid to a label for each tile in reading order, or None."""
    if sum(value is not None for value in (row_labels, col_labels, file)) > 1:
        raise UsageError("expected one of --row-labels, --col-labels and --labels, got several")
    if row_labels is not None:
        labels = _listed(row_labels)

        def of_rows(grid):
            counted = _counted("--row-labels", labels, grid[0], "row", error)
            return [label for label in counted for _ in range(grid[1])]

        return of_rows
    if col_labels is not None:
        labels = _listed(col_labels)
        return lambda grid: _counted("--col-labels", labels, grid[1], "column", error) * grid[0]
    if file is not None:
        from sklimg.records import read_labels

        return lambda grid: read_labels(file, grid)
    return None


def _listed(text: str) -> list[str]:
    return next(csv.reader([text]), [])


def _counted(option: str, labels: list[str], n: int, unit: str, error: type) -> list[str]:
    """Return the labels if there are as many as rows or columns."""
    if len(labels) != n:
        advice = "; put commas between them" if len(labels) == 1 else ""
        raise error(
            f"{option}: expected {n} labels, one a {unit}, got {len(labels)} "
            f"({','.join(labels)[:60]}){advice}"
        )
    return labels
