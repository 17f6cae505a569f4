"""Parameters on the command line: ``NAME=V`` sets, ``NAME=V,V`` searches."""

import re
from collections.abc import Sequence

from sklimg.errors import UsageError
from sklimg.spans import Span, parse_span

__all__ = ["parse_params"]

_LAYERS, _DROPOUT = "hidden_layer_sizes", "dropout"
_WORDS = {"true": True, "false": False, "none": None}


def parse_params(texts: Sequence[str]) -> tuple[dict, dict]:
    """Parse ``--param`` options into values to set and values to search.

    Parameters
    ----------
    texts : sequence of str
        Such as ``alpha=0.01``, ``alpha=0.01,0.1`` or ``hidden_layer_sizes=600-300``.

    Returns
    -------
    fixed : dict of str to value
    searched : dict of str to list of values, or to a span ``LOW..HIGH`` of them

    Raises
    ------
    UsageError
        For a text of another form, or a name given twice.
    """
    fixed, searched = {}, {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not name or not equals or not values:
            raise UsageError(f"--param: expected NAME=VALUE[,VALUE...], got {text!r}")
        if name in fixed or name in searched:
            raise UsageError(f"--param: {name} stands twice; put commas between its values")
        if (span := _span(name, values.strip())) is not None:
            searched[name] = span
            continue
        parsed = [_value(name, value.strip()) for value in values.split(",")]
        if len(parsed) == 1:
            fixed[name] = parsed[0]
        else:
            searched[name] = parsed
    return fixed, searched


def _span(name: str, text: str) -> Span | tuple | None:
    """Return the span, or the layers of spans, that a text is; None if it is none."""
    try:
        return parse_span(text)
    except ValueError as err:
        raise UsageError(
            f"--param {name}: expected LOW..HIGH, such as 0.001..0.1, or layers such as "
            f"100..1000-100..1000, got {text!r}"
        ) from err


def _value(name: str, text: str):
    """Return a value as what it looks like; layers, and dropout of each, as a tuple."""
    if name.rpartition("__")[2] == _LAYERS:
        if not re.fullmatch(r"[1-9][0-9]*(-[1-9][0-9]*)*", text):
            raise UsageError(
                f"--param {name}: expected layers such as 100 or 600-300, got {text!r}"
            )
        return tuple(map(int, text.split("-")))
    if name.rpartition("__")[2] == _DROPOUT and re.fullmatch(r"[0-9.]+(-[0-9.]+)+", text):
        return tuple(map(_number, text.split("-")))
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return _number(text)


def _number(text: str) -> int | float | str:
    """Return a number if it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
