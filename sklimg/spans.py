"""Spans: numbers between two ends, that a search may draw from.

Floor 0: plain values.
"""

import re
from math import isfinite
from typing import Any, NamedTuple

__all__ = ["Span", "parse_span", "span_ends", "span_text"]

_DOTS = ".."
_FAR = 5  # a span whose ends differ by so many times is drawn from by its logarithm


class Span(NamedTuple):
    """Numbers from *low* to *high*; integers if both are.

    Examples
    --------
    >>> str(Span(1e-4, 1e-3)), Span(1e-4, 1e-3).is_log, Span(0.1, 0.3).is_log
    ('0.0001..0.001', True, False)
    """

    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Whether equal ratios are as likely as each other, not equal steps."""
        return self.low > 0 and self.high >= _FAR * self.low

    @property
    def is_whole(self) -> bool:
        """Whether integers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __str__(self) -> str:
        return f"{self.low!r}{_DOTS}{self.high!r}"


def parse_span(text: str) -> Span | tuple[Span | int, ...] | None:
    """Read a span, or layers of which some are spans; None if there is none in the text.

    Raises
    ------
    ValueError
        If an end is no number, or the ends are in the wrong order.

    Examples
    --------
    >>> parse_span("100..1000")
    Span(low=100, high=1000)
    >>> parse_span("600-30..300"), parse_span("600-300")
    ((600, Span(low=30, high=300)), None)
    """
    if _DOTS not in text:
        return None
    if len(parts := re.split(r"(?<=[0-9])-(?=[0-9])", text)) > 1:
        return tuple(parse_span(part) or _number(part) for part in parts)
    ends = [_number(end) for end in text.split(_DOTS)]
    if len(ends) != 2 or not ends[0] < ends[1] or not all(map(isfinite, ends)):
        raise ValueError(f"expected LOW{_DOTS}HIGH, got {text!r}")
    return Span(*ends)


def span_ends(values: Any) -> list | None:
    """Return the smallest and the largest value of a span or of layers of them; else None.

    Examples
    --------
    >>> span_ends((600, Span(30, 300))), span_ends([1, 2])
    ([(600, 30), (600, 300)], None)
    """
    if isinstance(values, Span):
        return list(values)
    if isinstance(values, tuple) and any(isinstance(v, Span) for v in values):
        return [tuple(v[k] if isinstance(v, Span) else v for v in values) for k in (0, 1)]
    return None


def span_text(values: Span | tuple) -> str:
    """Write a span, or layers of them, as `parse_span` reads them."""
    return str(values) if isinstance(values, Span) else "-".join(map(str, values))


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
