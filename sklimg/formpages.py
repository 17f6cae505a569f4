"""Draw forms as pages to print.

No pyplot, as in `sklimg.drawing`. All is placed in millimetres from the top left
corner of the paper.

Floor 4: draws, writes nothing.
"""

import textwrap
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from sklimg.codes import encode_code
from sklimg.drawing import font_families, quiet_fonts, text_width
from sklimg.files import one_line
from sklimg.forms import MARGIN, SIZES, Form, form_payload
from sklimg.frames import CODE_COLUMNS, CODE_PITCH, CODE_SIDES
from sklimg.marks import RADII

__all__ = ["draw_form", "form_pdf", "form_png"]

RULE_GREY = "0.76"  # ink stands out from it, and it can still be found
_POINTS = 72 / 25.4  # in a millimetre
_EDGE = 9.0  # mm that a printer may leave white
_LABEL_GAP = 3.0  # mm between a label and its boxes
_SIZES = (20.0, 14.0, 9.0)  # points at best of a label of one line, two, three
_LEAST = 7.0  # points that can be read
_GOOD = 9.0  # points below which a label takes one line more
_TEXT = "Write one symbol in each box, with a dark pen."
_CARE = "Leave the corner marks and this code as they are."


def draw_form(form: Form, paper: str) -> Figure:
    """Draw a form on a page of *paper*, ``a4`` or ``letter``.

    Examples
    --------
    >>> from sklimg.formpages import draw_form
    >>> from sklimg.forms import plan_forms
    >>> draw_form(plan_forms(["7"], 3, "a4")[0], "a4").get_size_inches().round(2).tolist()
    [8.27, 11.69]
    """
    height, width = SIZES[paper]
    figure = Figure(figsize=(width / 25.4, height / 25.4), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for y in (MARGIN, height - MARGIN):
        for x in (MARGIN, width - MARGIN):
            _draw_mark(axes, x, y)
    frame = np.array([height - 2 * MARGIN, width - 2 * MARGIN])
    nodes = MARGIN + form.places * frame
    _draw_rules(axes, form, nodes)
    _draw_labels(axes, form, nodes)
    top = _draw_code(axes, form, frame)
    _write(axes, MARGIN + 9, MARGIN, _TEXT, 10, ha="left", va="center")
    page = f"page {form.page} of {form.pages}"
    _write(axes, width - MARGIN - 9, MARGIN, page, 10, ha="right", va="center")
    _write(axes, MARGIN + CODE_SIDES[0] * frame[1], top - 1.2, _CARE, 6, ha="left", color="0.4")
    return figure


def form_pdf(forms: Sequence[Form], paper: str) -> bytes:
    """Return the bytes of a PDF with a page for each form, the same for the same forms."""
    buffer = BytesIO()
    facts = {"Creator": "sklimg", "Producer": None, "CreationDate": None}
    with quiet_fonts(), PdfPages(buffer, metadata=facts) as pages:
        for form in forms:
            pages.savefig(draw_form(form, paper))
    return buffer.getvalue()


def form_png(form: Form, paper: str, dpi: int = 200) -> bytes:
    """Return the bytes of a PNG of one page, grey, the same for the same form."""
    buffer = BytesIO()
    with quiet_fonts():
        draw_form(form, paper).savefig(
            buffer,
            format="png",
            dpi=dpi,
            metadata={"Software": None},
            pil_kwargs={"optimize": True},
        )
    return buffer.getvalue()


def _draw_mark(axes: Axes, x: float, y: float) -> None:
    disc, within, without = RADII
    for radius, colour in ((without, "black"), (within, "white"), (disc, "black")):
        axes.add_patch(Circle((x, y), radius, facecolor=colour, edgecolor="none"))


def _draw_rules(axes: Axes, form: Form, nodes: np.ndarray) -> None:
    """Draw the sides of the boxes that are used, each once."""
    used = np.zeros((form.rows + 2, form.columns + 2), bool)  # with a border of unused ones
    used[1:-1, 1:-1] = np.array([label is not None for label in form.labels]).reshape(
        form.rows, form.columns
    )
    lines = []
    for row, column in zip(*np.nonzero(used[:-1, 1:-1] | used[1:, 1:-1]), strict=True):
        lines.append(nodes[row, column : column + 2, ::-1])
    for row, column in zip(*np.nonzero(used[1:-1, :-1] | used[1:-1, 1:]), strict=True):
        lines.append(nodes[row : row + 2, column, ::-1])
    axes.add_collection(
        LineCollection(lines, colors=RULE_GREY, linewidths=0.3 * _POINTS, capstyle="projecting"),
        autolim=False,
    )


def _draw_labels(axes: Axes, form: Form, nodes: np.ndarray) -> None:
    """Write each row's label beside it, as large as there is room."""
    room = nodes[0, 0, 1] - _EDGE - _LABEL_GAP
    row = 0
    for label, number in form.cells:
        text, size = _fitted(_shown(label), room)
        for _ in range(-(-number // form.columns)):
            middle = nodes[row : row + 2, 0].mean(axis=0)
            _write(
                axes,
                middle[1] - _LABEL_GAP,
                middle[0],
                text,
                size,
                ha="right",
                va="center_baseline",
            )
            row += 1


def _draw_code(axes: Axes, form: Form, frame: np.ndarray) -> float:
    """Draw the code between the lower marks; return where it ends above, in mm."""
    modules = encode_code(form_payload(form), CODE_COLUMNS)
    left, right = MARGIN + np.array(CODE_SIDES) * frame[1]
    across = np.linspace(left, right, CODE_COLUMNS + 1)
    down = MARGIN + frame[0] * (1 - (np.arange(len(modules) + 1) - 0.5) * CODE_PITCH)
    corners = []
    for row, line in enumerate(modules):
        edges = np.flatnonzero(np.diff(line, prepend=False, append=False))
        for start, stop in edges.reshape(-1, 2):
            x, y = across[[start, stop]], down[[row, row + 1]]
            corners.append([(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]), (x[0], y[0])])
    # One path for all, so that no hairlines show between modules that touch.
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(corners)
    whole = Path(np.concatenate(corners), codes)
    axes.add_patch(PathPatch(whole, facecolor="black", edgecolor="none"))
    return float(down[-1])


def _shown(label: str) -> str:
    """Return a label as it is written: on one line, spaces alone as signs."""
    return one_line(label) if label.strip() else "␣" * len(label)


def _fitted(text: str, room: float) -> tuple[str, float]:
    """Return a label in lines, cut if it must be, and the points at which it is *room* mm wide."""
    for number, most in enumerate(_SIZES, 1):
        lines = _lines(text, number)
        size = min(most, most * room / max(_width("\n".join(lines), most), 1e-6))
        if size >= _GOOD or (number == len(_SIZES) and size >= _LEAST):
            return "\n".join(lines), size
    lines = textwrap.wrap(text, max(1, int(room / _width("n", _LEAST))))
    if len(lines) > len(_SIZES):
        lines = [*lines[: len(_SIZES) - 1], lines[len(_SIZES) - 1][:-1] + "…"]
    text = "\n".join(lines)
    return text, min(_LEAST, _LEAST * room / _width(text, _LEAST))


def _lines(text: str, number: int) -> list[str]:
    """Return a text in *number* lines or less, no word broken, the longest as short as can be."""
    for width in range(-(-len(text) // number), len(text)):
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        if 0 < len(lines) <= number:
            return lines
    return [text]


def _width(text: str, size: float) -> float:
    """Return how wide the widest line of a text is, in mm."""
    return text_width(text, size) / _POINTS


def _write(axes: Axes, x: float, y: float, text: str, size: float, **how) -> None:
    axes.text(x, y, text, fontsize=size, family=font_families(), parse_math=False, **how)
