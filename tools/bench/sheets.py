"""Is a photo of a sheet cut as fast as it can be decoded and written?

    python tools/bench/sheets.py

A sheet of 12 x 9 hand-written digits on thin rules, seen at an angle in uneven light by a camera of
12 megapixels, as a JPEG of quality 88; made here. On one core: how long `split-images` takes from
the file to the tiles, as they stand and cleaned, with the share of each step; medians of 5. Beside
it what anyone has to do who knows the four corners already: OpenCV decodes the photo, warps it and
writes as many PNG tiles at its default level.

Fails if the grid is not 12 x 9, if a crossing is more than 8 % of a cell off, if a cell laid flat
differs from OpenCV's by more than 8 grey levels in the mean, or if either way takes over 2 s on one
core. Needs the extra bench; no network; half a minute.
"""

import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import cv2
import numpy as np
from machine import machine
from PIL import Image
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from sklimg.cuts import Cutting, cut_page
from sklimg.forms import read_form
from sklimg.grids import find_grid
from sklimg.images import encode_image, read_pages
from sklimg.tiles import cut_sheets
from sklimg.warps import cell_size, flat_sheet

GRID, CELL, MARGIN = (12, 9), 280, 160
SIZE = (3000, 4000)  # of the photo: width, height
SECONDS, OFF, LEVELS = 2.0, 0.08, 8.0


def make_photo(path: Path) -> np.ndarray:
    """Write the photo; return its crossings, of shape (rows + 1, columns + 1, 2), as (y, x)."""
    rng = np.random.default_rng(0)
    rows, columns = GRID
    ink = np.zeros((rows * CELL + 2 * MARGIN, columns * CELL + 2 * MARGIN), np.float32)
    for i, digit in enumerate(load_digits().images[: rows * columns] / 16):
        glyph = np.clip(zoom(digit, 24, order=1) * 1.6 - 0.3, 0, 1)
        at = np.array(divmod(i, columns)) * CELL + MARGIN + rng.integers(30, 60, 2)
        ink[at[0] : at[0] + len(glyph), at[1] : at[1] + len(glyph)] = glyph
    for count, view in ((rows, ink), (columns, ink.T)):
        for line in MARGIN + CELL * np.arange(count + 1):
            view[line - 2 : line + 2, MARGIN:-MARGIN] = 0.6
    height, width = ink.shape
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    seen = np.float32([[190, 70], [2900, 240], [2760, 3900], [60, 3700]])
    warp = cv2.getPerspectiveTransform(corners, seen)
    paper = cv2.warpPerspective(245 * (1 - 0.85 * ink), warp, SIZE, borderValue=190)
    light = np.linspace(1, 0.7, SIZE[0], dtype=np.float32)
    grey = paper * light + rng.normal(0, 3, paper.shape)
    colour = np.clip(grey[:, :, None] * [1.0, 0.98, 0.94], 0, 255).astype(np.uint8)
    Image.fromarray(colour).save(path, quality=88)
    steps = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=-1)
    points = np.float32(steps * CELL + MARGIN - 0.5).reshape(1, -1, 2)
    return cv2.perspectiveTransform(points, warp)[0, :, ::-1].reshape(rows + 1, columns + 1, 2)


def peer(path: Path, truth: np.ndarray, folder: Path) -> np.ndarray:
    """Decode, warp by known corners, write tiles; return the flat sheet."""
    pixels = cv2.imread(str(path))
    (rows, columns), (height, width) = GRID, cell_size(truth)
    corners = np.float32([truth[0, 0], truth[0, -1], truth[-1, -1], truth[-1, 0]])[:, ::-1]
    down, across = rows * height - 0.5, columns * width - 0.5
    flat = np.float32([[-0.5, -0.5], [across, -0.5], [across, down], [-0.5, down]])
    warp = cv2.getPerspectiveTransform(np.ascontiguousarray(corners), flat)
    whole = cv2.warpPerspective(pixels, warp, (columns * width, rows * height))
    folder.mkdir(exist_ok=True)
    for i in range(rows * columns):
        top, left = np.array(divmod(i, columns)) * (height, width)
        cv2.imwrite(str(folder / f"{i}.png"), whole[top : top + height, left : left + width])
    return whole[:, :, ::-1]


def steps(path: Path) -> dict[str, float]:
    """Return the seconds that each step takes."""
    taken = {}

    def timed(name, call, *arguments):
        start = perf_counter()
        result = call(*arguments)
        taken[name] = perf_counter() - start
        return result

    sheet = timed("decode", lambda: next(read_pages(path)))
    timed("look for a form", read_form, np.ascontiguousarray(sheet[..., 1]))
    found = timed("find the grid", find_grid, sheet)
    flat = timed("lay flat", flat_sheet, sheet, found.nodes, cell_size(found.nodes))
    page = cut_page(flat, Cutting(GRID))
    timed("encode as PNG", lambda: [encode_image(tile.pixels) for tile in page.tiles])
    return taken


def seconds(call, *arguments, **options) -> float:
    """Return the median seconds of five calls."""
    taken = []
    for number in range(5):
        start = perf_counter()
        call(*arguments, **{name: value(number) for name, value in options.items()})
        taken.append(perf_counter() - start)
    return median(taken)


def main() -> None:
    """Print the table."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    print(machine())
    with tempfile.TemporaryDirectory() as here, threadpool_limits(1):
        path = Path(here, "photo.jpg")
        truth = make_photo(path)
        sheet = next(read_pages(path))
        found = find_grid(sheet)
        if found.shape != GRID:
            raise SystemExit(f"expected a grid of {GRID[0]}x{GRID[1]}, found {found}")
        cell = cell_size(truth)
        off = np.abs((found.nodes - truth) / cell).max()
        ours = flat_sheet(sheet, found.nodes, cell).astype(np.float32)
        levels = np.abs(ours - peer(path, truth, Path(here, "peer"))).mean()
        print(
            f"grid {found}, confidence {found.confidence:.2f}; worst crossing {off:.1%} of a cell"
        )
        print(f"mean difference from OpenCV's flat sheet {levels:.2f} grey levels")
        ways = {}
        for name, clean in (("as they stand", False), ("cleaned", True)):
            ways[name] = seconds(
                lambda out, clean=clean: cut_sheets(
                    [path], (None, None), Path(here, out), clean=clean
                ),
                out=lambda number, name=name: f"{name}{number}",
            )
        known = seconds(lambda: peer(path, truth, Path(here, "peer")))
        for name, taken in ways.items():
            print(f"tiles {name:14} {taken:5.2f} s   {taken / known:4.2f} x OpenCV's {known:.2f} s")
        tables = [steps(path) for _ in range(5)]
        medians = {name: median(table[name] for table in tables) for name in tables[0]}
        for name, taken in medians.items():
            print(f"  {name:16} {taken * 1000:6.0f} ms {taken / sum(medians.values()):5.0%}")
    if off > OFF or levels > LEVELS:
        raise SystemExit(f"crossings should be within {OFF:.0%}, cells within {LEVELS} grey levels")
    if max(ways.values()) > SECONDS:
        raise SystemExit(f"a photo should be cut in {SECONDS:.0f} s on one core")


if __name__ == "__main__":
    main()
