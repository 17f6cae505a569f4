"""The command ``demo``: the whole way on scikit-learn's bundled digits."""

import subprocess
import sys
from pathlib import Path

import click

from sklimg.cli.door import PATH, Command, is_quiet, result, say
from sklimg.cli.stderr import stderr_descriptor

__all__ = ["demo"]

_ROWS, _COLUMNS, _CELL = 10, 20, 44  # a sheet, its cells in pixels
_PAPER = 244.0  # grey level


@click.command("demo", cls=Command, short_help="Go the whole way on hand-written digits.")
@click.option(
    "-o",
    "--out",
    type=PATH,
    default="demo",
    show_default=True,
    metavar="DIR",
    help="Folder to make; absent or empty.",
)
def demo(out):
    """Do the whole way on 1,797 hand-written digits: sheets in, an answer out.

    The digits that come with scikit-learn are drawn as ruled, slightly tilted
    sheets, found and cut, tabled, fitted by a grid search and tested; then one vector that
    the model never saw is answered from stdin. Nothing is downloaded.

    \b
    Example:
        sklimg demo -o demo
    """
    from sklimg.cli import main
    from sklimg.files import check_free

    check_free(out)
    sheets = _draw_sheets(out / "sheets")
    say(f"1,797 digits drawn on {len(sheets)} sheets in {out / 'sheets'}")
    labels = ",".join(map(str, range(_ROWS)))
    how = ["--row-labels", labels, "--clean", "--skip-empty"]
    table, run = out / "vectors.csv", out / "run"
    for command in (
        ["split-images", *map(str, sheets), *how, "-o", str(out / "tiles")],
        ["make-csv", str(out / "tiles"), "-o", str(table)],
        ["fit", str(table), "--grid", "-o", str(run)],
    ):
        shown = [*command[:1], f"{out / 'sheets'}/*.png", *command[1 + len(sheets) :]]
        _show(shown if command[0] == "split-images" else command)
        quiet = ["-q"] if is_quiet() else []
        main.main([*command, *quiet], prog_name="sklimg", standalone_mode=False)
    _draw_way(out, table, run)
    _show(["predict", "-m", str(run), "<", str(out / "test-vector.csv")])
    result(_answer(run, out / "test-vector.csv"))
    say("")
    say(f"What you saw, as a picture: {out / 'demo.png'}; all about the run: {run}")


def _show(words: list[str]) -> None:
    """Print a command as one would type it."""
    say("")
    say(f"$ sklimg {' '.join(words)}")


def _answer(run: Path, vector: Path) -> str:
    """Answer a vector from stdin in a process of its own."""
    command = [sys.executable, "-m", "sklimg", "predict", "-m", str(run)]
    with vector.open("rb") as file:
        done = subprocess.run(
            command, stdin=file, stdout=subprocess.PIPE, stderr=stderr_descriptor(), check=True
        )
    return done.stdout.decode().strip()


def _draw_way(out: Path, table: Path, run: Path) -> None:
    """Draw a sheet and what was read in some test tiles; write the first one's vector."""
    import numpy as np

    from sklimg.drawing import as_png
    from sklimg.files import write_bytes
    from sklimg.images import read_pages
    from sklimg.plots import way_figure
    from sklimg.records import read_records
    from sklimg.table import read_table
    from sklimg.vectors import print_vectors

    predictions, vectors = read_records(run / "predictions.csv"), read_table(table)
    picked = np.random.default_rng(0).permutation(len(predictions["row"]))[:40]
    rows = [int(predictions["row"][i]) for i in picked]
    tiles = vectors.pixels[rows].reshape(-1, *vectors.spec.shape)
    sheet = next(read_pages(min((out / "sheets").iterdir())))
    texts = [[predictions[name][i] for i in picked] for name in ("label", "predicted")]
    write_bytes(out / "demo.png", as_png(way_figure(sheet, tiles, *texts), dpi=90))
    write_bytes(out / "test-vector.csv", next(print_vectors(vectors.pixels[rows[:1]])) + b"\n")


def _draw_sheets(folder: Path) -> list[Path]:
    """Draw the digits on ruled sheets, one row a digit; return the files."""
    import numpy as np
    from sklearn.datasets import load_digits

    from sklimg.files import new_folder
    from sklimg.images import encode_image

    digits = load_digits()
    rng = np.random.default_rng(0)
    of_class = [digits.images[digits.target == label] for label in range(_ROWS)]
    n_sheets = -(-max(map(len, of_class)) // _COLUMNS)
    names = []
    with new_folder(folder) as beside:
        for number in range(n_sheets):
            band = slice(number * _COLUMNS, (number + 1) * _COLUMNS)
            sheet = _draw_sheet([images[band] for images in of_class], rng)
            names.append(f"sheet{number + 1:02d}.png")
            (beside / names[-1]).write_bytes(encode_image(sheet))
    return [folder / name for name in names]


def _draw_sheet(rows, rng):
    """Draw one sheet: digits, each a little off the middle, rules, a tilt, some noise."""
    import numpy as np
    from scipy.ndimage import rotate, zoom

    height, width = _ROWS * _CELL, _COLUMNS * _CELL
    ink = np.zeros((height, width), np.float32)
    for r, digits in enumerate(rows):
        for c, digit in enumerate(digits):
            glyph = np.clip(zoom(digit / 16, 3.5, order=3), 0, 1)  # 8x8 becomes 28x28
            top, left = ((_CELL - len(glyph)) // 2 + rng.integers(-3, 4, 2)) + (
                r * _CELL,
                c * _CELL,
            )
            ink[top : top + len(glyph), left : left + len(glyph)] += glyph
    for edge in range(0, height + 1, _CELL):
        ink[max(edge - 1, 0) : edge + 1] += 0.35
    for edge in range(0, width + 1, _CELL):
        ink[:, max(edge - 1, 0) : edge + 1] += 0.35
    tilted = rotate(np.pad(ink, _CELL), rng.uniform(-3, 3), reshape=False, order=1)
    shade = _PAPER - 60 * np.linspace(0, 1, tilted.shape[1], dtype=np.float32)  # uneven light
    sheet = shade * (1 - 0.85 * np.clip(tilted, 0, 1)) + rng.normal(0, 3, tilted.shape)
    return np.clip(sheet, 0, 255).astype(np.uint8)
