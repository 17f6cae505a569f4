"""Draw what a run has to show; each function returns a matplotlib Figure.

No pyplot: safe in a thread and without a display. The colours are those that
M. Okabe and K. Ito chose for all kinds of colour vision (2008).

Floor 4: draws, writes nothing.
"""

import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sklimg.files import one_line

__all__ = ["as_png", "confusion_figure", "curve_figure", "way_figure"]

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"


def curve_figure(history: Mapping[str, Sequence[float]], what: str, split: str) -> Figure:
    """Draw training and validation values of each epoch.

    Parameters
    ----------
    history : mapping
        ``epoch``, and under *what* and ``validation_<what>`` a value for each.
    what : {"loss", "accuracy"}
    split : str
        How the validation images were set apart, for the caption.
    """
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot(
        title=f"{what.capitalize()} in each epoch", xlabel="epoch", ylabel=what
    )
    epochs = np.asarray(history["epoch"])
    curves = {}
    for key, name, colour in (
        (what, "training", BLUE),
        (f"validation_{what}", "validation", ORANGE),
    ):
        values = np.asarray(history[key], float)
        is_seen = np.isfinite(values)  # no rows were held back, or the loss diverged
        if is_seen.any():
            curves[name] = epochs[is_seen], values[is_seen], colour
    ends = {name: values[-1] for name, (_, values, _) in curves.items()}
    for name, (at, values, colour) in curves.items():
        axes.plot(at, values, color=colour, linewidth=2, marker="o" if len(at) == 1 else None)
        axes.annotate(
            f"{name} {values[-1]:.3f}",
            (at[-1], values[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            color=colour,
            va="bottom" if values[-1] >= max(ends.values()) else "top",  # so they never overlap
        )
    if what == "accuracy":
        axes.set_ylim(0, 1.03)
    else:
        axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(split, fontsize=8, color=GREY)
    return figure


def confusion_figure(
    counts: np.ndarray, labels: Sequence[str], *, title: str = "Confusion on the test images"
) -> Figure:
    """Draw a confusion matrix, one number per cell.

    Parameters
    ----------
    counts : ndarray of shape (n_classes, n_classes)
        Images by true (rows) and predicted class (columns).
    labels : sequence of n_classes str
    title : str
    """
    share = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    side = 2.2 + 0.42 * len(labels)  # inches
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel="predicted", ylabel="true")
    names = [_short(label) for label in labels]
    turned = 90 if max(map(len, names), default=0) > 3 else 0
    axes.set_xticks(range(len(labels)), names, rotation=turned)
    axes.set_yticks(range(len(labels)), names)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[i, j] > 0.5 else "black"
            axes.text(j, i, int(count), ha="center", va="center", color=colour, fontsize=9)
    for edge in ("top", "right", "bottom", "left"):
        axes.spines[edge].set_color("#bbbbbb")
    axes.tick_params(length=0)
    figure.supxlabel("images; shade: share of the row", fontsize=8, color=GREY)
    return figure


def way_figure(
    sheet: np.ndarray, tiles: np.ndarray, labels: Sequence[str], answers: Sequence[str]
) -> Figure:
    """Draw the way from a sheet over its tiles to answers.

    Parameters
    ----------
    sheet : ndarray of shape (height, width)
        A sheet as it was scanned.
    tiles : ndarray of shape (n_tiles, side, side)
        Test images as the model sees them.
    labels, answers : sequence of n_tiles str
        True and predicted class of each.
    """
    figure = Figure(figsize=(11, 4.1), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.4, 1), wspace=0.04)
    axes = left.add_subplot()
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    axes.set_anchor("N")
    axes.set_title("a scanned sheet …", fontsize=11)
    axes.set_axis_off()
    right.suptitle("… and what the model reads in tiles it never saw", fontsize=11)
    columns = int(np.ceil(np.sqrt(len(tiles) * 1.6)))
    grid = right.subplots(-(-len(tiles) // columns), columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, tile, label, answer in zip(grid, tiles, labels, answers, strict=False):
        axes.imshow(tile, cmap="gray", vmin=0, vmax=255)
        right_or_wrong = (answer, BLUE) if answer == label else (f"{answer}, not {label}", ORANGE)
        axes.set_title(right_or_wrong[0], fontsize=9, color=right_or_wrong[1], pad=2)
    return figure


def as_png(figure: Figure, dpi: int = 120) -> bytes:
    """Return the bytes of a PNG file of *figure*, the same for the same figure."""
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a label in a script the font lacks
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def _short(label: str) -> str:
    """Return a label that fits beside an axis, free of mathematical markup."""
    text = one_line(label if len(label) <= 18 else label[:17] + "…")
    return text.replace("$", r"\$")
