"""Draw what a run has to show; each function returns a matplotlib Figure.

Floor 4: draws, writes nothing.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sklimg.drawing import BLUE, ORANGE, caption, clean, fitting

__all__ = ["confusion_figure", "curve_figure", "way_figure"]

_CELL = 0.42  # inches at best of a cell of a confusion matrix
_SIDES = (4.2, 10.5)  # inches of the smallest and of the largest matrix
_NAMES, _BESIDE = 1.5, 0.6  # of these, for the names, and for what stands beside them
_MOST_COUNTED = 40  # classes of which single images are written into the cells
_NOTHING = (0.9, 0.9, 0.9)  # rows of classes that no image has


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
    clean(axes, "both")
    caption(figure, split)
    return figure


def confusion_figure(
    counts: np.ndarray, labels: Sequence[str], *, title: str = "Confusion on the test images"
) -> Figure:
    """Draw a confusion matrix, one number per cell where there is room for it.

    Parameters
    ----------
    counts : ndarray of shape (n_classes, n_classes)
        Images by true (rows) and predicted class (columns).
    labels : sequence of n_classes str
    title : str
    """
    side = float(np.clip(_NAMES + _BESIDE + _CELL * len(labels), *_SIDES))  # inches
    cell = 72 * (side - _NAMES - _BESIDE) / max(len(labels), 1)  # points
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel="predicted", ylabel="true")
    size = min(10, 0.8 * cell)
    names = [fitting(label, 72 * _NAMES, size) for label in labels]
    turned = 90 if max(map(len, names), default=0) > 3 or size < 8 else 0
    axes.set_xticks(range(len(labels)), names, rotation=turned, fontsize=size)
    axes.set_yticks(range(len(labels)), names, fontsize=size)
    shades = _shades(counts)
    axes.imshow(shades, interpolation="nearest")
    is_counted = len(labels) <= _MOST_COUNTED
    if is_counted:
        _write_counts(axes, counts, shades, cell)
    for edge in ("top", "right", "bottom", "left"):
        axes.spines[edge].set_color("#bbbbbb")
    axes.tick_params(length=0)
    words = "images; " * is_counted + "stronger: more of the row; blue: right, orange: mistakes"
    caption(figure, words + "; grey: no images" * (not counts.sum(axis=1).all()))
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


def _shades(counts: np.ndarray) -> np.ndarray:
    """Return colours of cells, in which also a small share of a row can be seen."""
    n_images = counts.sum(axis=1, keepdims=True)
    strength = np.sqrt(counts / n_images.clip(min=1))[:, :, None]
    full = np.where(np.eye(len(counts), dtype=bool)[:, :, None], to_rgb(BLUE), to_rgb(ORANGE))
    return np.where(n_images[:, :, None] > 0, 1 - strength * (1 - full), _NOTHING)


def _write_counts(axes: Axes, counts: np.ndarray, shades: np.ndarray, cell: float) -> None:
    """Write the images of each cell that has any, as large as *cell* points allow."""
    digits = len(str(counts.max(initial=0)))
    size = min(9, 0.85 * cell / (0.64 * digits))
    for i, j in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shades[i, j].mean() < 0.6 else "black"
        axes.text(j, i, int(counts[i, j]), ha="center", va="center", color=colour, fontsize=size)
