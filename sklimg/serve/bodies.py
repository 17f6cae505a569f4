"""What a request brings: vectors as JSON, images as parts of a form.

Nothing of it is trusted: neither how many there are, nor what they are called, nor that
the text ends where it should.

Floor 7: the extra serve; works on bytes.
"""

import json
from typing import Any, NamedTuple, NoReturn

import numpy as np

from sklimg.files import count, one_line
from sklimg.serve.multipart import read_parts
from sklimg.serve.problems import Problem

__all__ = [
    "MOST_IMAGES",
    "MOST_NUMBERS",
    "MOST_VECTORS",
    "NamedImage",
    "media_type",
    "parse_images",
    "parse_vectors",
]

MOST_IMAGES = 100
MOST_VECTORS = 1000
MOST_NUMBERS = 1_000_000  # a tenth of a second
_FIELD = "images"


class NamedImage(NamedTuple):
    """An image as it came; its name is only ever told again."""

    name: str
    content: bytes


def media_type(content_type: str) -> str:
    """Return a content type without its parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()


def parse_vectors(body: bytes, n_pixels: int) -> np.ndarray:
    """Return the vectors of a JSON object ``{"vectors": [[…], …]}``.

    Parameters
    ----------
    body : bytes
        UTF-8; numbers are whole, from 0 to 255.
    n_pixels : int

    Returns
    -------
    vectors : ndarray of shape (n_vectors, n_pixels), uint8

    Raises
    ------
    Problem
        400 if it is no JSON, 422 if it holds something else.
    """
    # before any of them is made, which would hold up everybody
    if body.count(b"[") > MOST_VECTORS + 1 or body.count(b",") >= MOST_NUMBERS:
        raise _unusable(
            "vectors", f"at most {MOST_VECTORS} lists and {MOST_NUMBERS:,} numbers in all", "more"
        )
    try:
        told = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as err:
        why = "a number of thousands of digits" if "int_max_str_digits" in str(err) else err
        raise Problem(400, "json", f"body: expected JSON, got something else: {why}") from err
    if not isinstance(told, dict) or list(told) != ["vectors"]:
        got = (
            f"the keys {[key[:40] for key in told][:5]}" if isinstance(told, dict) else _kind(told)
        )
        raise _unusable("body", 'an object with the one key "vectors"', got)
    vectors = told["vectors"]
    if not isinstance(vectors, list) or not 1 <= len(vectors) <= MOST_VECTORS:
        got = count(len(vectors), "vector") if isinstance(vectors, list) else _kind(vectors)
        raise _unusable("vectors", f"a list of 1 to {MOST_VECTORS} vectors", got)
    return np.stack([_vector(row, n_pixels, f"vectors[{i}]") for i, row in enumerate(vectors)])


def parse_images(body: bytes, content_type: str) -> list[NamedImage]:
    """Return the images of a form: the parts called "images", in their order.

    Parameters
    ----------
    body : bytes
    content_type : str
        With the boundary between its parts.

    Raises
    ------
    Problem
        400 if it is no such form, 422 if it has other parts, none or too many.
    """
    form = _Form()
    read_parts([body], content_type, form)
    if not form.images:
        raise _unusable("body", f'parts called "{_FIELD}"', "no parts")
    return form.images


class _Form:
    """The images of a form, collected as they come."""

    def __init__(self):
        self.images: list[NamedImage] = []
        self._name, self._content = "", bytearray()

    def begin(self, field: str, name: str) -> None:
        """Begin an image, if it is one and not one too many."""
        if field != _FIELD:
            raise _unusable("body", f'parts called "{_FIELD}"', f"one called {field[:80]!r}")
        if len(self.images) == MOST_IMAGES:
            raise _unusable("body", f"at most {MOST_IMAGES} images", "more")
        self._name = one_line(name)[:255]
        self._content.clear()

    def take(self, data: bytes) -> None:
        """Take some of its bytes."""
        self._content.extend(data)

    def end(self) -> None:
        """End it."""
        self.images.append(NamedImage(self._name, bytes(self._content)))


def _vector(row: Any, n_pixels: int, where: str) -> np.ndarray:
    """Return one vector of whole numbers from 0 to 255."""
    if not isinstance(row, list) or len(row) != n_pixels:
        got = count(len(row), "number") if isinstance(row, list) else _kind(row)
        raise _unusable(where, f"{n_pixels} numbers, the pixels of one image", got)
    if set(map(type, row)) == {int}:
        try:
            return np.frombuffer(bytes(row), np.uint8)
        except ValueError:
            pass  # it is found below
    for i, number in enumerate(row):
        if type(number) not in (int, float) or not 0 <= number <= 255 or number % 1:
            expected, got = "a whole number from 0 to 255", json.dumps(number)[:40]
            if type(number) is float and 0 < number < 1:
                got += "; the values seem scaled to 0-1: multiply them by 255"
            raise _unusable(f"{where}[{i}]", expected, got)
    return np.array(row).astype(np.uint8)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON whose keys are all different."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return told


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _kind(value: Any) -> str:
    """Return what JSON calls the kind of a value."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"{json.dumps(value)[:40]}"


def _unusable(where: str, expected: str, got: str) -> Problem:
    return Problem(422, "content", f"{where}: expected {expected}, got {got}")
