"""The parts of a form, handed on piece by piece as they are come upon.

Floor 7: the extra serve; works on bytes.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from python_multipart.multipart import MultipartParser, parse_options_header

from sklimg.serve.problems import Problem

__all__ = ["Taker", "read_parts"]

_MOST_BOUNDARY = 70  # letters, by RFC 2046


class Taker(Protocol):
    """Who takes the parts of a form, one after the other."""

    def begin(self, field: str, name: str) -> None:
        """Begin a part: what the form and what the client call it, any text."""

    def take(self, data: bytes) -> None:
        """Take some of its bytes."""

    def end(self) -> None:
        """End it."""


def read_parts(pieces: Iterable[bytes], content_type: str, taker: Taker) -> None:
    """Hand on the parts of a form.

    Parameters
    ----------
    pieces : iterable of bytes
        The body.
    content_type : str
        With the boundary between its parts.
    taker : Taker

    Raises
    ------
    Problem
        400 if it is no form, or not a whole one; 422 if it has parts of another kind.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not 1 <= len(boundary) <= _MOST_BOUNDARY:
        raise Problem(
            400,
            "multipart",
            f"content-type: expected a boundary of 1 to {_MOST_BOUNDARY} letters, got "
            f"{len(boundary)}; let your client make the form",
        )
    form = _Form(taker)
    parser = MultipartParser(boundary, form.callbacks())
    try:
        for piece in pieces:
            parser.write(piece)
        parser.finalize()
    except ValueError as err:  # a FormParserError is one
        raise Problem(400, "multipart", f"body: expected a form, got damage: {err}") from err
    if not form.is_whole:
        raise Problem(400, "multipart", "body: the form ends before its last boundary")


class _Form:
    """What the parser comes upon."""

    def __init__(self, taker: Taker):
        self.is_whole = False
        self._taker = taker
        self._field, self._value, self._disposition = bytearray(), bytearray(), b""

    def callbacks(self) -> dict[str, Any]:
        """Return what the parser is to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_of_header,
            "on_headers_finished": self._end_of_head,
            "on_part_data": lambda data, start, end: self._taker.take(data[start:end]),
            "on_part_end": self._taker.end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._disposition = b""

    def _end_of_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _end_of_head(self) -> None:
        kind, told = parse_options_header(self._disposition)
        field, name = (
            told.get(key, b"").decode("utf-8", "backslashreplace") for key in (b"name", b"filename")
        )
        if kind != b"form-data":
            text = f'body: expected parts of the kind "form-data", got one called {field[:80]!r}'
            raise Problem(422, "content", text)
        self._taker.begin(field, name)

    def _end(self) -> None:
        self.is_whole = True
