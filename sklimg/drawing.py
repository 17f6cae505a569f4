"""What all figures share: colours, texts that fit, the bytes of a PNG.

No pyplot: safe in a thread and without a display. The colours are those that
M. Okabe and K. Ito chose for all kinds of colour vision (2008).

Floor 1: draws, writes nothing.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from PIL import Image

from sklimg.files import one_line

__all__ = [
    "BLUE",
    "GREY",
    "ORANGE",
    "as_png",
    "caption",
    "clean",
    "fitting",
    "font_families",
    "quiet_fonts",
    "short_label",
    "short_path",
    "text_width",
    "words_figure",
]

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
_LONGEST = 24  # characters of what is fitted
_FONTS = ("DejaVu Sans",)  # comes with matplotlib
_MORE_FONTS = (  # for scripts that it lacks, where one of them is installed
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "WenQuanYi Zen Hei"),
    *("PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic"),
    *("Noto Sans", "Noto Sans Devanagari", "Noto Sans Thai", "Nirmala UI", "Arial Unicode MS"),
)


def as_png(figure: Figure, dpi: int = 120) -> bytes:
    """Return the bytes of a PNG file of *figure*, the same for the same figure."""
    if len(font_families()) > len(_FONTS):
        for text in figure.findobj(Text):
            text.set_fontfamily(font_families())
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with quiet_fonts():
        canvas.draw()  # once; savefig would draw twice, to lay out first
    buffer = BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(buffer, "PNG")
    return buffer.getvalue()


def short_label(label: str, most: int = 18) -> str:
    """Return a label that fits beside an axis, free of mathematical markup.

    Parameters
    ----------
    label : str
    most : int, default=18
        Characters that are shown.

    Returns
    -------
    text : str
        On one line; where characters are left out at the end, an ellipsis says so.

    Examples
    --------
    >>> short_label("sulphur-crested cockatoo")
    'sulphur-crested c…'
    """
    text = one_line(label)
    return _plain(text if len(text) <= most else text[: most - 1] + "…")


def short_path(path: str, most: int = 24) -> str:
    """Return a file name that fits, shortened at its front, free of mathematical markup.

    Examples
    --------
    >>> short_path("photos/2024/holidays/IMG_0815.jpg", 16)
    '…ys/IMG_0815.jpg'
    """
    text = one_line(path)
    return _plain(text if len(text) <= most else "…" + text[len(text) - most + 1 :])


def fitting(
    text: str, room: float, size: float, shorten: Callable[[str, int], str] = short_label
) -> str:
    """Return as much of a text as *room* points hold at a font size.

    Parameters
    ----------
    text : str
    room, size : float
        In points.
    shorten : callable, default=short_label
        What leaves characters out.
    """
    for most in range(min(len(one_line(text)), _LONGEST), 1, -1):
        short = shorten(text, most)
        if text_width(short.replace(r"\$", "$"), size) <= room:
            return short
    return shorten(text, 1)


def text_width(text: str, size: float) -> float:
    """Return how wide the widest line of a text is at a font size, both in points."""
    font = FontProperties(family=font_families(), size=size)
    measure = text_to_path.get_text_width_height_descent
    with quiet_fonts():
        return max(measure(line, font, ismath=False)[0] for line in text.split("\n"))


def caption(figure: Figure, text: str) -> None:
    """Say below a figure, in one grey line, what is seen."""
    figure.supxlabel(text, fontsize=8, color=GREY)


def clean(axes: Axes, along: str) -> None:
    """Leave of a frame what is needed; lines of a grid stand on the axes *along*."""
    axes.grid(color="#dddddd", linewidth=0.6, axis=along)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def words_figure(title: str, words: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = Figure(figsize=(6.4, 1.2))
    figure.suptitle(title, fontsize=12)
    figure.text(0.5, 0.4, words, ha="center", va="center", color=GREY)
    return figure


@cache
def font_families() -> list[str]:
    """Return the fonts to take glyphs from, in this order."""
    installed = set(fontManager.get_font_names())
    return [*_FONTS, *(name for name in _MORE_FONTS if name in installed)]


@contextmanager
def quiet_fonts() -> Iterator[None]:
    """Let what is drawn inside have labels in scripts that no font here knows."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def _plain(text: str) -> str:
    return text.replace("$", r"\$")
