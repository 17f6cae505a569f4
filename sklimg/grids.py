"""Find the grid on a scan or photo of a sheet.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from sklimg.bends import cut_sides, follow_rules
from sklimg.errors import SheetError
from sklimg.lattices import find_lattice
from sklimg.paper import measure_ink, reduce_sheet
from sklimg.rules import RuledGrid, find_rules
from sklimg.warps import cell_size

__all__ = ["ENOUGH", "KINDS", "FoundGrid", "find_grid", "fits", "show_grid"]

ENOUGH = 0.5  # confidence from which a grid is taken
KINDS = {  # what told that there is a grid
    "rules": "ruled lines",
    "symbols": "evenly spaced symbols",
    "form": "a printed form",
    "given": "the rows and columns given",
}
_SHOWN = 1600  # pixels of the picture that shows a grid
_RED = (220, 30, 30)
_DOUBT = 0.45  # confidence where a grid was found that may be another
_CLEAR = 0.7  # confidence from which rules tell more than symbols
_SURE = 0.8  # confidence from which rules need no second opinion
_NEAR = 0.25  # of a cell between the crossings of two grids that are one
_PARTED = 0.5  # of the filled cells that hold two symbols
_LEAST_CELL = 12.0  # pixels; in smaller cells a rule and a stroke are alike
_SIDE = 1024  # pixels of the sheet in which the grid is looked for
_LEAST_SIDE = 24  # pixels; a smaller picture holds no grid that could be told


@dataclass
class FoundGrid:
    """A grid on a sheet.

    Attributes
    ----------
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
        Where its lines cross, as (y, x) in pixels of the sheet; the centre of the
        first pixel is (0, 0). Outer ones may lie a little outside.
    confidence : float
        In [0, 1]; below `ENOUGH` it had better be looked at.
    kind : {"rules", "symbols", "form", "given"}
        What told, see `KINDS`.
    cut : list of {"top", "bottom", "left", "right"}
        Where the picture ends in the middle of cells, which are not counted.
    """

    nodes: np.ndarray
    confidence: float
    kind: str
    cut: list[str] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of (rows, columns)."""
        return self.nodes.shape[0] - 1, self.nodes.shape[1] - 1

    def __str__(self):
        return f"{self.shape[0]}x{self.shape[1]}"


def find_grid(
    sheet: np.ndarray, grid: tuple[int | None, int | None] = (None, None)
) -> FoundGrid | None:
    """Find the grid that is ruled on a sheet, or that its symbols stand in.

    The sheet may be turned by up to ten degrees, seen at an angle, lit unevenly; rules
    may be thin, thick, dotted, grey, partly missing, drawn by hand.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    grid : tuple of (int or None), default=(None, None)
        Rows and columns where they are known; else they are counted.

    Returns
    -------
    found : FoundGrid or None
        None if there is nothing like a grid. Where the sheet plainly has other rows
        or columns than *grid* says, they are returned.

    Raises
    ------
    SheetError
        If the sheet is smaller than 24 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> sheet = np.full((100, 140), 255, np.uint8)
    >>> sheet[10:91:20, 10:131] = sheet[10:91, 10:131:20] = 0
    >>> str(find_grid(sheet))
    '4x6'
    """
    sheet = np.asarray(sheet)
    if min(sheet.shape[:2]) < _LEAST_SIDE:
        raise SheetError(
            f"expected a sheet of at least {_LEAST_SIDE}x{_LEAST_SIDE} pixels to find a grid "
            f"in, got {sheet.shape[0]}x{sheet.shape[1]}; pass --rows and --cols"
        )
    grey, scale = reduce_sheet(sheet, _SIDE)
    ink = measure_ink(grey)
    found = _judged(ink, (None, None))
    if not fits(found, grid):
        plain = found is not None and found.confidence >= _CLEAR
        other = None if plain and found.kind == "rules" else _judged(ink, grid)
        found = other if other or not plain else found
    if found is None:
        return None
    if min(cell_size(found.nodes)) < _LEAST_CELL:
        found.confidence = min(found.confidence, _DOUBT)
    # means of pixels lie in the middle of them
    nodes = (found.nodes + 0.5) / scale - 0.5
    return FoundGrid(nodes, found.confidence, found.kind, found.cut)


def fits(found: FoundGrid | None, grid: tuple[int | None, int | None]) -> bool:
    """Tell whether a grid was found that has the rows and columns that are known."""
    return found is not None and all(
        known in (None, n) for known, n in zip(grid, found.shape, strict=True)
    )


def show_grid(
    sheet: np.ndarray,
    nodes: np.ndarray,
    side: int = _SHOWN,
    colour: tuple[int, int, int] = _RED,
) -> np.ndarray:
    """Draw a grid on its sheet.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
        As in `FoundGrid`.
    side : int, default=1600
        Longer side of the picture in pixels.
    colour : tuple of int, default=(220, 30, 30)
        Of the lines: red, green, blue.

    Returns
    -------
    picture : ndarray of shape (height, width, 3), uint8
    """
    scale = side / max(sheet.shape[:2])
    image = Image.fromarray(sheet).convert("RGB")
    image = image.resize([max(1, round(length * scale)) for length in image.size])
    draw = ImageDraw.Draw(image)
    for lines in (nodes, nodes.swapaxes(0, 1)):
        for line in (lines + 0.5) * scale:
            draw.line([(x, y) for y, x in line], fill=colour, width=3)
    return np.asarray(image)


def _judged(ink: np.ndarray, grid: tuple[int | None, int | None]) -> FoundGrid | None:
    """Return the grid that rules tell, or symbols, or both."""
    rules = find_rules(ink, grid)
    found = None if rules is None else _ruled(rules)
    if rules is not None and None in grid:
        # every other rule may be gone, or be no rule but strokes: more than one grid fits
        is_clear = rules.parted > _PARTED and found.confidence >= _SURE
        if rules.parted > _PARTED or rules.is_uneven:
            found.confidence = min(found.confidence, _DOUBT)
        if is_clear:  # symbols may be two in a box
            return found
    if found is None or found.confidence < _SURE:
        found = _agreed(found, _spaced(ink, grid))
    return found


def _agreed(ruled: FoundGrid | None, spaced: FoundGrid | None) -> FoundGrid | None:
    """Return what faint rules and the symbols between them tell together."""
    if ruled is None or spaced is None:
        return ruled or spaced
    off = np.abs(ruled.nodes - spaced.nodes) if ruled.shape == spaced.shape else np.inf
    if np.mean(off) < _NEAR * min(cell_size(ruled.nodes)):
        # rules tell better where, symbols how many
        ruled.confidence = max(ruled.confidence, spaced.confidence)
        return ruled
    if ruled.confidence >= _CLEAR:
        return ruled
    return max(ruled, spaced, key=lambda found: found.confidence)


def _ruled(rules: RuledGrid) -> FoundGrid:
    """Return a ruled grid, with a confidence."""
    # strokes and edges of a photo may look like a few lines, never like many
    n_lines = len(rules.down) + len(rules.across)
    needed = min(0.45 + 1.2 / n_lines, 0.75)
    confidence = float(np.clip(0.5 + (rules.seen - needed) / (2 * (1 - needed)), 0, 1))
    return FoundGrid(follow_rules(rules), confidence, "rules", cut_sides(rules))


def _spaced(ink: np.ndarray, grid: tuple[int | None, int | None]) -> FoundGrid | None:
    """Return the grid that symbols stand in, with a confidence."""
    lattice = find_lattice(ink, grid)
    if lattice is None:
        return None
    rows, columns = lattice.nodes.shape[0] - 1, lattice.nodes.shape[1] - 1
    doubts = [
        (0.85 - lattice.filled) / 0.5,  # a cell may be left empty
        (0.97 - lattice.whole) / 0.1,
        (lattice.spread - 0.07) / 0.04,
        (0.3 - lattice.extent) / 0.1,  # small things in large cells
        (13 - rows * columns) / 6,  # a few things lie evenly by chance
        _oblongness(lattice.nodes) - 2.5,  # lines of text do, too
        2.0 if min(rows, columns) < 2 else 0.0,
    ]
    return FoundGrid(lattice.nodes, float(np.clip(1 - 0.5 * max(*doubts, 0), 0, 1)), "symbols")


def _oblongness(nodes: np.ndarray) -> float:
    """Return by how much the cells are longer one way than the other, at least 1."""
    ratio = np.divide(*cell_size(nodes))
    return float(max(ratio, 1 / ratio))
