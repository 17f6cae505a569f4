"""A filled sheet, read: an answer for each of its cells.

Floor 5: writes no file and prints nothing.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sklimg.cuts import Cutting, cut_page
from sklimg.files import one_line
from sklimg.grids import FoundGrid, show_grid
from sklimg.images import encode_image, read_image
from sklimg.model import Model

__all__ = ["DOUBTFUL", "Answer", "Reading", "draw_reading", "read_sheet"]

DOUBTFUL = 0.9  # probability below which an answer had better be looked at
_SURE_COLOUR, _DOUBT_COLOUR = (0, 114, 178), (213, 94, 0)
_LINE_COLOUR = (150, 200, 225)
_TEXT = 0.3  # of a cell's height
_SHOWN = 2000  # pixels of a drawn sheet


@dataclass
class Answer:
    """What was read in one cell; `row` and `col` count from 1.

    `probabilities` is in the order of the model's classes; None for an empty cell.
    """

    row: int
    col: int
    label: str
    probability: float
    probabilities: np.ndarray | None
    doubtful: float = DOUBTFUL

    @property
    def is_doubtful(self) -> bool:
        """Whether the cell had better be looked at, its probability being below `doubtful`."""
        return self.probabilities is not None and self.probability < self.doubtful


@dataclass
class Reading:
    """A sheet's grid, and the answers in reading order; cells that a form leaves out have none."""

    found: FoundGrid
    warnings: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def text(self) -> str:
        """Return the answers as a grid: ``?`` marks doubtful ones, ``.`` empty cells."""
        words = {(a.row, a.col): _word(a) for a in self.answers}
        rows, columns = self.found.shape
        width = max(map(len, words.values()), default=1)
        lines = [
            " ".join(words.get((row, col), "").ljust(width) for col in range(1, columns + 1))
            for row in range(1, rows + 1)
        ]
        return "\n".join(line.rstrip() for line in lines)


def read_sheet(
    model: Model,
    sheet: np.ndarray,
    grid: tuple[int | None, int | None] = (None, None),
    doubtful: float = DOUBTFUL,
) -> Reading:
    """Read a filled sheet: find its grid, and say what each cell shows.

    Tiles are cleaned if the model's training images were, and become pixels as those did.

    Parameters
    ----------
    model : Model
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    grid : tuple of (int or None), default=(None, None)
        Rows and columns where they are known; else they are counted.
    doubtful : float, default=0.9
        The probability below which an answer had better be looked at.

    Raises
    ------
    GridError
        If no grid was found, or one too doubtful.
    """
    clean = model.spec.clean == "yes"
    page = cut_page(sheet, Cutting(grid, find=True, clean=clean))
    full = [tile for tile in page.tiles if not tile.is_empty]
    reading = Reading(page.found, page.warnings)
    probabilities = iter(())
    if full:
        # by way of files, as the tiles went that the model was trained on
        pixels = [read_image(encode_image(tile.pixels), model.spec).reshape(-1) for tile in full]
        probabilities = iter(model.predict_proba(np.stack(pixels)))
    for tile in page.tiles:
        place = tile.row + 1, tile.col + 1
        if tile.is_empty:
            reading.answers.append(Answer(*place, "", 0.0, None))
            continue
        shares = next(probabilities)
        best = int(shares.argmax())
        answer = Answer(*place, model.classes[best], float(shares[best]), shares, doubtful)
        reading.answers.append(answer)
    return reading


def draw_reading(sheet: np.ndarray, reading: Reading) -> np.ndarray:
    """Draw the answers on their sheet: blue ones are sure, orange ones doubtful.

    Parameters
    ----------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
    reading : Reading

    Returns
    -------
    picture : ndarray of shape (height, width, 3), uint8
        Its longer side is 2,000 pixels, so that the answers can be read.
    """
    picture = show_grid(sheet, reading.found.nodes, _SHOWN, _LINE_COLOUR)
    nodes = (reading.found.nodes + 0.5) * _SHOWN / max(sheet.shape[:2])
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for answer in reading.answers:
        if answer.probabilities is None:
            continue
        top_left = nodes[answer.row - 1, answer.col - 1]
        bottom_right = nodes[answer.row, answer.col]
        size = max(9, int(_TEXT * np.abs(bottom_right - top_left).min()))
        y, x = top_left + 0.06 * (bottom_right - top_left)
        colour = _DOUBT_COLOUR if answer.is_doubtful else _SURE_COLOUR
        draw.text(
            (x, y),
            _word(answer),
            fill=colour,
            font=_font(size),
            stroke_width=2,
            stroke_fill="white",
        )
    return np.asarray(image)


def _word(answer: Answer) -> str:
    """Return an answer as it is shown."""
    if answer.probabilities is None:
        return "."
    return one_line(answer.label) + ("?" if answer.is_doubtful else "")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return matplotlib's own font, which knows more letters than Pillow's."""
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size)
