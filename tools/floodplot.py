"""Draw how many requests were answered, and how long they took."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from floodlines import Line
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sklimg.drawing import BLUE, GREY, ORANGE, caption, clean
from sklimg.files import count

_COLOURS, _MARKERS = (BLUE, ORANGE, GREY), "osD^v"
_WAITS = (("p50", "-"), ("p95", ":"), ("p99", "--"))


def flood_figure(lines: Sequence[Line], machine: str) -> Figure:
    """Draw requests a second, waits and failures over users, a colour for the replicas.

    Parameters
    ----------
    lines : sequence of Line
    machine : str
        What it ran on, for the caption.
    """
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    figure.suptitle("Asked by many at once", fontsize=12)
    rates, waits, failures = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    users = sorted({line.users for line in lines})
    for number, replicas in enumerate(dict.fromkeys(line.replicas for line in lines)):
        own = {line.users: line for line in lines if line.replicas == replicas}
        shown = [own[n] for n in users if n in own]
        at = [users.index(line.users) for line in shown]
        look = {
            "color": _COLOURS[number % len(_COLOURS)],
            "marker": _MARKERS[number % len(_MARKERS)],
            "linewidth": 2,
        }
        right = [line.requests_per_second for line in shown]
        rates.plot(at, right, label=count(replicas, "replica"), **look)
        for name, style in _WAITS:
            seconds = np.array([getattr(line, f"{name}_seconds") for line in shown], float)
            waits.plot(at, 1000 * seconds, style, **look)
        failed = [100 * line.failures / line.requests for line in shown]
        failures.plot(at, failed, **look)
    for axes, title in (
        (rates, "requests answered right, a second"),
        (waits, "ms that an answer took"),
        (failures, "% of the requests that failed"),
    ):
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_xticks(range(len(users)), [str(n) for n in users])
        axes.set_xlabel("users")
        highest = axes.dataLim.y1  # infinite without any answer
        axes.set_ylim(0, 1.08 * highest if 0 < highest < np.inf else 1)
        clean(axes, "y")
    styles = [Line2D([], [], color=GREY, linestyle=style, label=name) for name, style in _WAITS]
    for axes, told in ((rates, None), (waits, styles)):
        axes.legend(handles=told, fontsize=9, frameon=False)
    caption(figure, fill(machine, 150))
    return figure
