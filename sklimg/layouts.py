"""How tables of vectors are laid out as CSV: the layouts that people have.

wide       ``label,path,pixel0,pixel1,...`` and further named columns after the
           last pixel; also without ``path`` or ``label``, and with the pixel
           names of other programs (``1x1,1x2,...``)
headerless numbers alone, the label first; or none, where the numbers are as many as
           an image has
vector     ``image_vector,label``, the vector quoted

Floor 1: works on the first line of a file.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sklimg.errors import TableError, UsageError
from sklimg.spec import ImageSpec

__all__ = ["LAYOUTS", "Layout", "find_layout", "looks_like_table", "new_layout"]

LAYOUTS = ("wide", "vector")  # that are written; the first is the default
_PIXEL = re.compile(r"pixel_?[0-9]+|[0-9]+x[0-9]+", re.IGNORECASE)
_VECTOR = "image_vector"


@dataclass(frozen=True)
class Layout:
    """Where things stand in a line.

    The pixels are the fields ``start`` to ``stop``; ``names`` holds the names of
    all other fields in their order.
    """

    names: tuple[str, ...]
    start: int
    stop: int
    kind: str

    @property
    def n_after(self) -> int:
        """Number of fields after the pixels."""
        return len(self.names) - self.start

    @property
    def header(self) -> list[str]:
        """The names of all fields, as the header of a new table."""
        count = self.stop - self.start
        pixels = [_VECTOR] if self.kind == "vector" else [f"pixel{i}" for i in range(count)]
        return [*self.names[: self.start], *pixels, *self.names[self.start :]]


def new_layout(kind: str, n_pixels: int, columns: Sequence[str]) -> Layout:
    """Return how a new table is laid out.

    Parameters
    ----------
    kind : {"wide", "vector"}
    n_pixels : int
    columns : sequence of str
        Further ones; they stand after the pixels, and the vector layout has none.

    Raises
    ------
    UsageError
        For another layout.
    TableError
        If a column is named like a pixel.
    """
    if kind not in LAYOUTS:
        raise UsageError(f"layout: expected {' or '.join(LAYOUTS)}, got {kind!r}")
    if mistaken := [name for name in columns if _PIXEL.fullmatch(name) or name == _VECTOR]:
        raise TableError(
            f"column {mistaken[0]!r}: expected a name unlike those of pixels; rename it"
        )
    if kind == "vector":
        return Layout(("label",), 0, 1, kind)
    return Layout(("label", "path", *columns), 2, 2 + n_pixels, kind)


def find_layout(first_line: bytes, where: str) -> Layout:
    """Find out from its first line how a file is laid out.

    Parameters
    ----------
    first_line : bytes
    where : str
        What errors call the file.

    Raises
    ------
    TableError
        If it is no table of vectors.
    """
    try:
        names = next(csv.reader([first_line.decode("utf-8-sig").rstrip("\r\n")]), [])
    except (UnicodeDecodeError, csv.Error) as err:
        raise TableError(
            f"{where}, line 1: expected CSV in UTF-8: {err}; save it as UTF-8"
        ) from err
    names = [name.lower() if name.lower() in ("label", "path") else name for name in names]
    counted = [str(i) for i in range(len(names))]
    if len(names) > 1 and names[1:] in (counted[:-1], counted[1:]) and not names[0].isdecimal():
        return Layout((names[0],), 1, len(names), "wide")  # columns that pandas numbered
    if len(names) > 1 and all(re.fullmatch(r"\s*[0-9.]+\s*", name) for name in names[1:]):
        bare = ImageSpec.guessed(len(names)) and not ImageSpec.guessed(len(names) - 1)
        others = () if bare else ("label",)
        is_header = names == counted and len(names) > 4  # by pandas again
        kind = "wide" if is_header else "headerless"
        return Layout(others, len(others), len(names), kind)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"{where}, line 1: column {twice[0]!r} stands twice; rename one")
    if _VECTOR in names:
        start = names.index(_VECTOR)
        return Layout(tuple(n for n in names if n != _VECTOR), start, start + 1, "vector")
    pixels = [i for i, name in enumerate(names) if _PIXEL.fullmatch(name)]
    if not pixels or pixels != list(range(pixels[0], pixels[0] + len(pixels))):
        raise TableError(
            f"{where}, line 1: expected the columns label,path,pixel0,... or image_vector,label, "
            f"got {','.join(names)[:60]!r}; add a header, or name the columns so"
        )
    start, stop = pixels[0], pixels[-1] + 1
    _check_order(names[start:stop], where)
    return Layout(tuple(names[:start] + names[stop:]), start, stop, "wide")


def _check_order(pixels: Sequence[str], where: str) -> None:
    """Raise unless pixels stand row by row, as their numbers tell."""
    numbers = [tuple(map(int, re.findall("[0-9]+", name))) for name in pixels]
    for k in range(1, len(pixels)):
        one, other = numbers[k - 1], numbers[k]
        follows = (*one[:-1], one[-1] + 1)
        if len(one) == 2 and other[0] > one[0]:
            follows = (one[0] + 1, numbers[0][1])  # the first of the next row
        if other != follows:
            raise TableError(
                f"{where}, line 1: expected the pixels in their order, got {pixels[k]} after "
                f"{pixels[k - 1]}; put the columns in order"
            )


def looks_like_table(first_line: bytes) -> bool:
    """Tell whether a CSV file that starts so holds vectors rather than paths."""
    try:
        find_layout(first_line, "")
    except TableError:
        return False
    return True
