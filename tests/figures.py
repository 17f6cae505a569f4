"""Class names of all kinds, and what can be seen in a figure."""

from matplotlib.text import Text

from sklimg.drawing import quiet_fonts

KINDS = (
    "sulphur-crested cockatoo",
    "$alpha$",
    "漢字の名前",
    "ящерица",
    "a\nb",
    "W" * 30,
    r"\frac{1$",
)


def class_names(n):
    """Return n different names, every third of a kind that is hard to draw."""
    return [f"{KINDS[k // 3 % len(KINDS)]}{k}" if k % 3 == 0 else f"class {k}" for k in range(n)]


def texts_of(figure):
    """Return all texts that are shown."""
    texts = [t.get_text() for t in figure.findobj(Text) if t.get_visible()]
    return [text for text in texts if text]


def laid_out(figure):
    """Return the figure with all in its place, whatever its font lacks."""
    with quiet_fonts():
        figure.draw_without_rendering()
    return figure


def boxes_of(texts):
    """Return where texts of a figure that is laid out stand, in pixels."""
    with quiet_fonts():
        return [text.get_window_extent() for text in texts]


def texts_cut_off(figure):
    """Return the texts that do not stand within the figure."""
    edge = laid_out(figure).bbox.padded(1)
    unseen = _ticks_off_the_axes(figure)
    texts = [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]
    texts = [text for text in texts if text not in unseen]
    return [
        text.get_text()
        for text, box in zip(texts, boxes_of(texts), strict=True)
        if not (edge.x0 <= box.x0 <= box.x1 <= edge.x1 and edge.y0 <= box.y0 <= box.y1 <= edge.y1)
    ]


def _ticks_off_the_axes(figure):
    """Return names of ticks that are made, but beyond the ends of their axis and not drawn."""
    names = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        off = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
        names |= {label for tick in off for label in (tick.label1, tick.label2)}
    return names


def caption_of(figure):
    return figure.get_supxlabel()


def row_names(axes):
    return [text.get_text() for text in axes.get_yticklabels()]
