"""Draw what a search found: every candidate, and each parameter by itself.

No pyplot: safe in a thread and without a display.

Floor 4: draws, writes nothing.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sklimg.trials import Trials, value_text

__all__ = ["search_figures"]

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
_MOST_SHOWN = 30  # candidates with their parameters beside them
_MOST_VALUES = 12  # of a parameter that is no axis of numbers


def search_figures(trials: Trials) -> dict[str, Figure]:
    """Return a figure of the whole table and one of each parameter, by their names.

    Parameters
    ----------
    trials : Trials
        At least one candidate has a mean.
    """
    figures = {"search": candidates_figure(trials)}
    if names := _varied(trials):
        figures["parameters"] = parameters_figure(trials, names)
    return figures


def candidates_figure(trials: Trials) -> Figure:
    """Draw the mean accuracy of the candidates, best first, and the spread over the folds."""
    means, scores, names = trials.means, trials.scores, _varied(trials)
    order = [int(i) for i in np.argsort(-means, kind="stable") if not np.isnan(means[i])]
    shown = order[:_MOST_SHOWN]
    figure = Figure(figsize=(8, 1.5 + 0.24 * len(shown)), layout="constrained")
    left_out = f", the best {len(shown)} of {len(order)}" if len(order) > len(shown) else ""
    axes = figure.add_subplot(title=f"Candidates of the search{left_out}", xlabel="accuracy")
    at = np.arange(len(shown))
    level, simplest = set(trials.level), trials.simplest
    for place, i in zip(at, shown, strict=True):
        colour = BLUE if i in level else GREY
        axes.plot(scores[i], np.full(scores.shape[1], place), "|", color=colour, alpha=0.45)
        axes.plot(means[i], place, "o", color=ORANGE if i == trials.best else colour, markersize=6)
        if i == simplest and i != trials.best:
            axes.plot(means[i], place, "o", mfc="none", mec=ORANGE, markersize=10)
    if trials.standard_error is not None:
        best = means[trials.best]
        axes.axvspan(best - trials.standard_error, best, color=BLUE, alpha=0.08, linewidth=0)
    texts = [
        ", ".join(f"{_bare(n)}={value_text(trials.candidates[i][n])}" for n in names) or "one"
        for i in shown
    ]
    axes.set_yticks(at, texts, fontsize=7)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    _clean(axes, "x")
    caption = "dot: mean over the folds, orange: the best; strokes: single folds"
    if trials.standard_error is not None:
        caption += "; blue: within one standard error"
        caption += ", ringed: the simplest of these" if simplest != trials.best else ""
    figure.supxlabel(caption, fontsize=8, color=GREY)
    return figure


def parameters_figure(trials: Trials, names: Sequence[str]) -> Figure:
    """Draw the candidates' mean accuracy over each parameter that was searched."""
    columns = min(len(names), 3)
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(3.4 * columns + 0.6, 2.9 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid, names, strict=False):
        _draw_parameter(axes, trials, name)
    for axes in grid[: len(names) : columns]:
        axes.set_ylabel("mean accuracy")
    figure.suptitle("What each parameter does", fontsize=11)
    caption = "a dot: a candidate, orange: the best; line: the best candidate with that value"
    figure.supxlabel(caption, fontsize=8, color=GREY)
    return figure


def _draw_parameter(axes: Axes, trials: Trials, name: str) -> None:
    """Draw the candidates over the values of one parameter."""
    means = trials.means
    seen = [i for i in range(len(means)) if not np.isnan(means[i])]
    values = [trials.candidates[i][name] for i in seen]
    distinct = sorted({_order(v): v for v in values}.values(), key=_order)
    drawn = all(_is_number(v) for v in values) and (
        len(distinct) > _MOST_VALUES or not trials.space
    )
    if drawn:
        places = np.array([float(v) for v in values])
        if places.min() > 0 and places.max() / places.min() > 5:
            axes.set_xscale("log")
    else:
        number = {_order(value): k for k, value in enumerate(distinct)}
        places = np.array([number[_order(v)] for v in values], float)
        turned = 90 if sum(len(value_text(v)) for v in distinct) > 24 else 0
        axes.set_xticks(range(len(distinct)), [value_text(v) for v in distinct], rotation=turned)
        axes.set_xlim(-0.5, len(distinct) - 0.5)
        tops = [max(m for m, p in zip(means[seen], places, strict=True) if p == k)
                for k in range(len(distinct))]  # fmt: skip
        axes.plot(range(len(distinct)), tops, color=BLUE, linewidth=1.5, alpha=0.6)
    axes.plot(places, means[seen], "o", color=BLUE, alpha=0.4, markersize=4)
    axes.plot(places[seen.index(trials.best)], means[trials.best], "o", color=ORANGE, markersize=7)
    axes.set_title(_bare(name), fontsize=10)
    _clean(axes, "y")


def _varied(trials: Trials) -> list[str]:
    """Return the parameters of which candidates have more than one value."""
    names = trials.candidates[0]
    return [name for name in names if len({_order(c[name]) for c in trials.candidates}) > 1]


def _order(value: object) -> tuple:
    """Return a key that sorts numbers as such, and is equal for equal values."""
    if _is_number(value):
        return 0, float(value), ""
    if isinstance(value, tuple):
        return 1, sum(value) if all(map(_is_number, value)) else 0, str(value)
    return 2, 0, str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bare(name: str) -> str:
    return name.removeprefix("classify__")


def _clean(axes: Axes, along: str) -> None:
    axes.grid(color="#dddddd", linewidth=0.6, axis=along)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
