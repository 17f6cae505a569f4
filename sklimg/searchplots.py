"""Draw what a search found: every candidate, and each parameter by itself.

No pyplot: safe in a thread and without a display.

Floor 4: draws, writes nothing.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sklimg.drawing import BLUE, GREY, ORANGE, caption, clean
from sklimg.files import count
from sklimg.trials import Trials, value_text

__all__ = ["search_figures"]

_MOST_SHOWN = 30  # candidates with their parameters beside them
_MOST_VALUES = 12  # of a parameter that is no axis of numbers
_FAR = 5  # numbers that differ by so many times stand on a logarithmic axis


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
    figure.suptitle(f"Candidates of the search{left_out}", fontsize=11)
    axes = figure.add_subplot(xlabel="accuracy")
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
    texts = [_text(trials, i, names) for i in shown]
    axes.set_yticks(at, texts, fontsize=7)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    clean(axes, "x")
    words = "orange: the best"
    if trials.standard_error is not None:
        words = "dot: mean over the folds, orange: the best; strokes: single folds"
        words += "; blue: within one standard error"
        words += ", ringed: the simplest of these" if simplest != trials.best else ""
    caption(figure, words)
    return figure


def parameters_figure(trials: Trials, names: Sequence[str]) -> Figure:
    """Draw the candidates' mean accuracy over each parameter that was searched."""
    panels = [panel for name in names for panel in _panels(trials, name)]
    columns = min(len(panels), 3)
    rows = math.ceil(len(panels) / columns)
    width = max(3.4 * columns + 0.6, 6.4)  # of the caption
    figure = Figure(figsize=(width, 2.9 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes, (title, values) in zip(grid, panels, strict=False):
        _draw_parameter(axes, trials, values)
        axes.set_title(title, fontsize=10)
    for axes in grid[: len(panels) : columns]:
        axes.set_ylabel("mean accuracy")
    figure.suptitle("What each parameter does", fontsize=11)
    words = "a dot: a candidate, orange: the best"
    words += "; line: the best candidate with that value" if trials.space else ""
    words += "; grey: ended after fewer epochs" if _early(trials) else ""
    caption(figure, words)
    return figure


def _panels(trials: Trials, name: str) -> list[tuple[str, list]]:
    """Return titles and values of the candidates; layers that were drawn stand one by one."""
    values = [candidate[name] for candidate in trials.candidates]
    lengths = {len(v) if isinstance(v, tuple) else 0 for v in values}
    if trials.space or lengths in ({0}, {1}) or len(lengths) > 1:
        return [(_bare(name), values)]
    layers = range(lengths.pop())
    each = [(f"{_bare(name)}, layer {k + 1}", [v[k] for v in values]) for k in layers]
    return [(title, sizes) for title, sizes in each if len(set(sizes)) > 1]


def _draw_parameter(axes: Axes, trials: Trials, values: Sequence) -> None:
    """Draw the candidates over their values of one parameter."""
    means = trials.means
    seen = [i for i in range(len(means)) if not np.isnan(means[i])]
    values = [values[i] for i in seen]
    distinct = sorted({_order(v): v for v in values}.values(), key=_order)
    is_scale = all(map(_is_number, values)) and (len(distinct) > _MOST_VALUES or not trials.space)
    if is_scale and len(distinct) > 1:
        places = np.array([float(v) for v in values])
        low, high = places.min(), places.max()
        is_far = low > 0 and high / low > _FAR
        axes.set_xscale("log" if is_far else "linear")
        ticks = (np.geomspace if is_far else np.linspace)(low, high, 3)
        axes.set_xticks(ticks, [f"{tick:.2g}" if tick < 10 else f"{tick:.0f}" for tick in ticks])
        axes.set_xticks([], minor=True)
    else:
        number = {_order(value): k for k, value in enumerate(distinct)}
        places = np.array([number[_order(v)] for v in values], float)
        turned = 90 if sum(len(value_text(v)) for v in distinct) > 24 else 0
        axes.set_xticks(range(len(distinct)), [value_text(v) for v in distinct], rotation=turned)
        axes.set_xlim(-0.5, len(distinct) - 0.5)
        if trials.space:
            tops = [means[seen][places == k].max() for k in range(len(distinct))]
            axes.plot(range(len(distinct)), tops, color=BLUE, linewidth=1.5, alpha=0.6)
    early = _early(trials)
    is_early = np.array([i in early for i in seen])
    for chosen, colour in ((is_early, GREY), (~is_early, BLUE)):
        axes.plot(places[chosen], means[seen][chosen], "o", color=colour, alpha=0.4, markersize=4)
    axes.plot(places[seen.index(trials.best)], means[trials.best], "o", color=ORANGE, markersize=7)
    clean(axes, "y")


def _early(trials: Trials) -> set[int]:
    """Return the numbers of candidates that were trained for fewer epochs than others."""
    epochs = trials.more.get("epochs", [])
    longest = max(epochs, default=0)
    return {i for i, n in enumerate(epochs) if n < longest}


def _text(trials: Trials, number: int, names: Sequence[str]) -> str:
    """Return the parameters of a candidate, and its epochs where they differ."""
    values = trials.candidates[number]
    text = ", ".join(f"{_bare(name)}={value_text(values[name])}" for name in names)
    epochs = trials.more.get("epochs")
    return f"{text} ({count(epochs[number], 'epoch')})" if epochs else text or "the one"


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
