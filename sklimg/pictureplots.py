"""Draw pictures: what classes look like, what a network looks for, what was read wrong.

Floor 4: draws, writes nothing.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from sklimg.drawing import BLUE, ORANGE, caption, fitting, short_path, text_width, words_figure
from sklimg.files import count
from sklimg.mosaics import mosaic, resized

__all__ = ["classes_figure", "weights_figure", "worst_figure"]

_WIDTH = 7.2  # inches
_MARGIN = 0.1  # inches
_TITLE, _CAPTION = 0.42, 0.32  # inches above and below the pictures
_SIDE = 56  # pixels of a picture in a row of many, about
_BLOCK = 14  # rows of classes above each other; where there are more, two blocks stand side by side
_MOST_CLASSES = 100
_NAMED = 1.2  # inches beside the pictures of a block, for the names
_ROW = 0.72  # inches at best of a row of pictures
_MOST_UNITS = 48
_CLIPPED = 0.005  # share of the weights that may be off the scale
_MOST_WORST = 24
_COLUMNS = 4
_TEXT = 0.5  # inches of the lines below a picture
_SIZE = 7.5  # points of these


def classes_figure(
    images: np.ndarray, labels: np.ndarray, classes: Sequence[str], most: int = 8
) -> Figure:
    """Draw some images of each class in a row.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side) or (n_images, side, side, 3), uint8
    labels : ndarray of shape (n_images,) of str
    classes : sequence of str
        In the order of the rows.
    most : int, default=8
        Images of a class, spread evenly over those that there are.
    """
    shown = classes[:_MOST_CLASSES]
    n_blocks = 1 if len(shown) <= _BLOCK else 2
    n_rows = -(-len(shown) // n_blocks)
    step = (_WIDTH - _MARGIN) / n_blocks  # inches from block to block
    row = min(_ROW, (step - _MARGIN - _NAMED) / most)
    figure, axes = _page("The classes", n_rows * row)
    size = min(9, 0.7 * 72 * row)
    for k, label in enumerate(shown):
        block, place = divmod(k, n_rows)
        left, top = _MARGIN + block * step + _NAMED, _TITLE + place * row
        name = fitting(label, 72 * (_NAMED - 0.08), size)
        axes.text(left - 0.06, top + row / 2, name, ha="right", va="center", fontsize=size)
        members = np.flatnonzero(labels == label)
        if n := min(len(members), most):
            some = members[np.linspace(0, len(members) - 1, n).round().astype(int)]
            strip = mosaic([resized(image, _SIDE) for image in images[some]], most)
            _draw_picture(axes, strip, (left, top, n * row, row))
    words = f"the first {len(shown)} of {len(classes)} classes; " * (len(shown) < len(classes))
    caption(figure, f"{words}up to {most} training images of each class")
    return figure


def weights_figure(weights: np.ndarray, shape: tuple[int, ...]) -> Figure:
    """Draw what the units of a first layer look for, as pictures of their weights.

    Parameters
    ----------
    weights : ndarray of shape (n_pixels, n_units)
        Of a network that is given pixels.
    shape : tuple of int
        Of an image: (side, side) or (side, side, 3).
    """
    order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:_MOST_UNITS]
    shown = weights[:, order].T.reshape(-1, *shape)
    scale = float(np.quantile(np.abs(shown), 1 - _CLIPPED)) or 1.0
    levels = np.clip((shown / scale + 1) / 2, 0, 1)
    colours = LinearSegmentedColormap.from_list("weights", (BLUE, "white", ORANGE), 255)
    coloured = levels if len(shape) == 3 else colours(levels)[..., :3]
    pictures = [resized(np.rint(255 * p).astype(np.uint8), 64) for p in coloured]
    columns = min(8, len(pictures))
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(_WIDTH, 0.9 + 0.8 * rows), layout="compressed")
    figure.suptitle("Weights of the first layer", fontsize=12)
    axes = figure.add_subplot()
    axes.imshow(mosaic(pictures, columns), interpolation="antialiased")
    axes.set_axis_off()
    some = len(pictures) < weights.shape[1]
    words = f"the {len(pictures)} strongest of " * some + count(weights.shape[1], "unit")
    if len(shape) == 2:
        norm = Normalize(-scale, scale)
        bar = figure.colorbar(
            ScalarMappable(norm, colours), ax=axes, extend="both", shrink=0.6 if rows > 2 else 1
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        caption(figure, f"{words}; orange: a bright pixel raises it, blue: it lowers it")
    else:
        caption(figure, f"{words}; grey: zero; a colour: how much of it raises the unit")
    return figure


def worst_figure(
    images: Sequence[np.ndarray],
    names: Sequence[str],
    labels: Sequence[str],
    predicted: Sequence[str],
    confidence: Sequence[float],
) -> Figure:
    """Draw images that were read wrong, with what they are and what was read.

    Parameters
    ----------
    images : sequence of ndarray of shape (side, side) or (side, side, 3), uint8
        The worst first; without any, the figure says so.
    names : sequence of str
        File names; empty where there are none.
    labels, predicted : sequence of str
        True and predicted class of each.
    confidence : sequence of float
        Probability of the predicted class.
    """
    if not len(images):
        return words_figure("Images read wrong", "There are none: every test image was read right.")
    n = min(len(images), _MOST_WORST)
    step = (_WIDTH - _MARGIN) / _COLUMNS  # inches from picture to picture
    side = 0.72 * step
    figure, axes = _page("Images read wrong, the surest first", -(-n // _COLUMNS) * (side + _TEXT))
    for k in range(n):
        row, column = divmod(k, _COLUMNS)
        left, top = _MARGIN + column * step, _TITLE + row * (side + _TEXT)
        _draw_picture(axes, resized(np.asarray(images[k]), 2 * _SIDE), (left, top, side, side))
        parts = (("is ", labels[k], ","), ("read as ", predicted[k], f" ({confidence[k]:.2f})"))
        room = 72 * (step - 0.2)  # drawn text may be a little wider than measured
        lines = [fitting(names[k], room, _SIZE, short_path)] if names[k] else []
        for before, label, after in parts:
            left_over = room - text_width(before + after, _SIZE)
            lines.append(before + fitting(label, left_over, _SIZE) + after)
        axes.text(left, top + side + 0.03, "\n".join(lines), va="top", fontsize=_SIZE)
    words = f"the first {n} of {len(images)}; " * (n < len(images))
    caption(figure, words + "in brackets: the probability of what was read")
    return figure


def _page(title: str, height: float) -> tuple[Figure, Axes]:
    """Return a figure with a title, and axes over all of it that count in inches from the top."""
    height += _TITLE + _CAPTION
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
    axes.text(_WIDTH / 2, 0.1, title, ha="center", va="top", fontsize=12)
    axes.set_autoscale_on(False)
    return figure, axes


def _draw_picture(axes: Axes, image: np.ndarray, box: tuple[float, ...]) -> None:
    """Draw an image into a box of left, top, width and height."""
    left, top, width, height = box
    colour = image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)
    extent = (left, left + width, top + height, top)
    axes.imshow(colour, extent=extent, aspect="auto", interpolation="antialiased")
