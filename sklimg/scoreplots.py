"""Draw how right a model is, class by class, and what its probabilities are worth.

Floor 4: draws, writes nothing.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sklimg.drawing import BLUE, GREY, ORANGE, caption, clean, short_label, words_figure
from sklimg.files import count

__all__ = [
    "certainty_figure",
    "class_figure",
    "coverage_figure",
    "mistakes_figure",
    "reliability_figure",
]

_WIDTH = 6.4  # inches
_ROW = 0.24  # inches of a line of text and what is drawn beside it
_MOST_CLASSES = 40
_MOST_MISTAKES = 20
_BIN = 0.05  # of the highest probability


def class_figure(per_class: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw precision, recall and F1 of each class, the lowest F1 first.

    Parameters
    ----------
    per_class : mapping
        As in ``metrics.json``: under each label ``precision``, ``recall``, ``f1`` and
        ``support``. Classes that no image has come last: they have no recall.
    """
    if not per_class:
        return words_figure("Classes", "There is no class to score.")
    ranked = sorted(per_class, key=lambda c: (per_class[c]["support"] == 0, per_class[c]["f1"]))
    shown = ranked[:_MOST_CLASSES]
    figure = Figure(figsize=(_WIDTH, 1.6 + _ROW * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    figure.suptitle("Classes, the worst first", fontsize=12)
    met = [i for i, label in enumerate(shown) if per_class[label]["support"]]
    precision, recall, f1 = (
        np.array([per_class[shown[i]][name] for i in met], float)
        for name in ("precision", "recall", "f1")
    )
    axes.hlines(met, np.minimum(precision, recall), np.maximum(precision, recall), color="#bbbbbb")
    axes.plot(precision, met, "o", color=BLUE, markersize=8, label="precision")
    axes.plot(recall, met, "D", color=ORANGE, markersize=4, label="recall")
    axes.plot(f1, met, "|", color="black", markersize=11, markeredgewidth=1.5, label="F1")
    low = _floor(np.concatenate([precision, recall]))
    for i in sorted(set(range(len(shown))) - set(met)):
        axes.text(low, i, "  no test images", va="center", color=GREY, fontsize=8)
    axes.set_xlim(low, 1 + 0.02 * (1 - low))
    axes.set_ylim(len(shown) - 0.4, -0.6)
    _name_rows(axes, [f"{short_label(c)}  ({per_class[c]['support']})" for c in shown])
    clean(axes, "x")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=9, frameon=False)
    words = f"the {len(shown)} worst of {len(ranked)} classes; " * (len(ranked) > len(shown))
    words += "in brackets: test images of the class"
    caption(figure, words + f"; the axis begins at {low:.1f}" * (low > 0))
    return figure


def mistakes_figure(confusions: Sequence[Mapping]) -> Figure:
    """Draw which class is read as which other, and how often.

    Parameters
    ----------
    confusions : sequence of mapping
        ``label``, ``predicted`` and ``count``, the most frequent first. Without any,
        the figure says so.
    """
    if not confusions:
        return words_figure("Mistakes", "There are none: every test image was read right.")
    shown = confusions[:_MOST_MISTAKES]
    figure = Figure(figsize=(_WIDTH, 1.1 + _ROW * len(shown)), layout="constrained")
    figure.suptitle("The most frequent mistakes", fontsize=12)
    axes = figure.add_subplot()
    counts = [mistake["count"] for mistake in shown]
    axes.barh(range(len(shown)), counts, height=0.7, color=ORANGE)
    for place, n in enumerate(counts):
        axes.annotate(f"{n:,}", (n, place), (4, 0), textcoords="offset points", va="center", size=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 1.1 * max(counts))
    axes.set_xticks([])
    _name_rows(
        axes, [f"{short_label(m['label'])} read as {short_label(m['predicted'])}" for m in shown]
    )
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    every = sum(mistake["count"] for mistake in confusions)
    words = f"{count(every, 'image')} read as another class, {count(len(confusions), 'kind')}"
    words += f"; the {len(shown)} most frequent are shown" if len(confusions) > len(shown) else ""
    caption(figure, words)
    return figure


def certainty_figure(confidence: np.ndarray, is_right: np.ndarray) -> Figure:
    """Draw how sure the model was of what it read right, and of what it read wrong.

    Parameters
    ----------
    confidence : ndarray of shape (n_images,)
        The highest probability of each image, in [0, 1].
    is_right : ndarray of shape (n_images,) of bool
        Whether the class that has it is the true one.
    """
    confidence, is_right = np.clip(confidence, 0, 1), np.asarray(is_right, bool)
    figure = Figure(figsize=(_WIDTH, 4.4), layout="constrained")
    figure.suptitle("How sure it was", fontsize=12)
    upper, lower = figure.subplots(2, 1, sharex=True)
    edges = np.linspace(0, 1, round(1 / _BIN) + 1)
    for axes, chosen, what, colour in (
        (upper, is_right, "right", BLUE),
        (lower, ~is_right, "wrong", ORANGE),
    ):
        axes.hist(confidence[chosen], edges, color=colour, edgecolor="white", linewidth=0.5)
        axes.set_title(
            f"read {what}: {count(int(chosen.sum()), 'image')}",
            loc="left",
            fontsize=9,
            color=colour,
        )
        if not chosen.any():
            axes.text(0.5, 0.5, "none", color=GREY, ha="center", transform=axes.transAxes)
        axes.set_ylabel("images")
        axes.set_ylim(bottom=0, top=None if chosen.any() else 1)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        clean(axes, "y")
    lower.set_xlim(0, 1)
    lower.set_xlabel("highest probability")
    caption(figure, "each panel has a scale of its own: there are mostly fewer wrong than right")
    return figure


def reliability_figure(bins: Sequence[Mapping[str, float]], error: float) -> Figure:
    """Draw whether of images with a probability of 0.8 four of five are right.

    Parameters
    ----------
    bins : sequence of mapping
        ``low`` and ``high``, between which the highest probability lies; its mean
        ``confidence``, the ``accuracy``, ``n_images``. Bins without images are left out.
    error : float
        The expected calibration error.
    """
    low, high, sure, right, n_images = (
        np.array([b[name] for b in bins], float)
        for name in ("low", "high", "confidence", "accuracy", "n_images")
    )
    figure = Figure(figsize=(5.4, 6.2), layout="constrained")
    figure.suptitle("Is its probability the share that is right?", fontsize=12)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    upper.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
    upper.vlines(sure, np.minimum(sure, right), np.maximum(sure, right), ORANGE, lw=5, alpha=0.5)
    share = n_images / max(n_images.sum(), 1)
    upper.scatter(sure, right, s=20 + 180 * share, color=BLUE, zorder=3, clip_on=False)
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
    upper.set_title(f"expected calibration error {error:.3f}", loc="left", fontsize=9)
    lower.bar(low, n_images, width=high - low, align="edge", color=BLUE, edgecolor="white")
    lower.set(ylabel="images", xlabel="highest probability")
    lower.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    clean(upper, "both")
    clean(lower, "y")
    caption(
        figure,
        "dot: a bin, larger for more images; dots above the line: too timid, below: too sure",
    )
    return figure


def coverage_figure(coverage: Sequence[Mapping], chosen: Mapping | None = None) -> Figure:
    """Draw how right the answers are if doubtful images are left unanswered.

    Parameters
    ----------
    coverage : sequence of mapping
        ``threshold`` of the highest probability, the share ``coverage`` of images that
        reach it, and their ``accuracy``, None where there are none.
    chosen : mapping, optional
        The one of these that the model uses.
    """
    answered, right = (
        np.array([point[name] for point in coverage], float) for name in ("coverage", "accuracy")
    )
    figure = Figure(figsize=(_WIDTH, 4), layout="constrained")
    axes = figure.add_subplot(
        title="If doubtful images are left unanswered",
        xlabel="share of images answered",
        ylabel="accuracy of the answers",
    )
    one = "o" if len(coverage) == 1 else None
    axes.plot(answered, right, color=BLUE, linewidth=2, marker=one, clip_on=False)
    low = _floor(right[np.isfinite(right)])
    axes.set(xlim=(0, 1), ylim=(low, 1 + 0.02 * (1 - low)))
    clean(axes, "both")
    words = "to the left: only the surest images are answered"
    if chosen is not None:
        _mark(axes, chosen, low)
        words += "; orange: what the model does when it may leave images out"
    caption(figure, words)
    return figure


def _mark(axes: Axes, chosen: Mapping, low: float) -> None:
    """Mark a chosen threshold, its words at the bottom, on the side where there is room."""
    x, y = chosen["coverage"], chosen["accuracy"]
    axes.plot([x, x], [low, y], ":", color=ORANGE, linewidth=1)
    axes.plot(x, y, "o", color=ORANGE, markersize=9, clip_on=False, zorder=3)
    is_right = x > 0.5
    axes.annotate(
        f"threshold {chosen['threshold']:.2f}:\n{x:.1%} answered, {y:.1%} of these right",
        (x, low),  # far from the curve, which falls to the right
        (-12 if is_right else 12, 10),
        textcoords="offset points",
        ha="right" if is_right else "left",
        va="bottom",
        color=ORANGE,
        fontsize=9,
    )


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)


def _floor(shares: np.ndarray) -> float:
    """Return a tenth well below all shares, at which an axis up to 1 may begin."""
    return float(np.clip(np.floor(10 * shares.min(initial=1) - 0.5) / 10, 0, 0.8))
