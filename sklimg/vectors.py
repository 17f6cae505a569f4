"""Vectors as text: parsed quickly in bulk, carefully one by one, and printed.

Floor 1: works on text and arrays; reads no file and prints nothing.
"""

import re
from collections.abc import Iterator

import numpy as np

from sklimg.errors import TableError

__all__ = ["parse_digits", "parse_vector", "print_vectors"]

_WHOLE = re.compile(r"[0-9]+(\.0*)?")


def parse_vector(text: str, n_pixels: int | None, where: str) -> np.ndarray:
    """Parse one vector as people type or paste it.

    Parameters
    ----------
    text : str
        Whole numbers from 0 to 255 between commas, spaces or semicolons; quotes
        and square brackets around them are allowed.
    n_pixels : int or None
        How many there must be.
    where : str
        What errors call the place.

    Returns
    -------
    vector : ndarray of shape (n_pixels,), uint8

    Raises
    ------
    TableError
        For a wrong number of numbers, or one that is no whole number in range.
    """
    fields = [f.strip() for f in re.split(r"[,;]|\s+", re.sub(r"\s*[,;]\s*", ",", _bare(text)))]
    if n_pixels is not None and len(fields) != n_pixels:
        raise TableError(
            f"{where}: expected {n_pixels} pixels, got {len(fields) if fields != [''] else 0}; "
            "was the line cut, or another image size meant?"
        )
    for i, number in enumerate(fields):
        if not _WHOLE.fullmatch(number) or float(number) > 255:
            raise TableError(
                f"{where}, pixel{i}: expected a whole number from 0 to 255, "
                f"got {number[:40]!r}{_advice(number)}"
            )
    return np.array([int(float(number)) for number in fields], np.uint8)


def parse_digits(text: bytes, width: int) -> np.ndarray | None:
    """Parse lines such as ``1,22,255`` in a few passes over all of them.

    Parameters
    ----------
    text : bytes
        Lines of *width* numbers, each line with its line feed.
    width : int

    Returns
    -------
    values : ndarray of shape (n_lines, width), uint8, or None
        None unless all is plain: digits, commas and line feeds, one to three
        digits a number, none above 255, as many numbers a line.
    """
    raw = np.frombuffer(text, np.uint8)
    digits = raw - np.uint8(48)  # wraps, so that anything but a digit is above 9
    ends = np.flatnonzero(digits > 9).astype(np.int32)  # blocks are far below 2 GB
    if not len(ends) or len(ends) % width or ends[-1] != len(raw) - 1:
        return None
    marks = raw[ends].reshape(-1, width)
    if np.any(marks[:, :-1] != 44) or np.any(marks[:, -1] != 10):
        return None
    lengths = np.diff(ends, prepend=np.int32(-1))  # the mark included
    if lengths.min() < 2 or lengths.max() > 4:
        return None
    digits[ends] = 0
    values = digits[ends - 1].astype(np.uint16)
    values += digits[ends - 2] * np.uint16(10)  # a mark, and so 0, where there is one digit
    values += digits[ends - 3] * (lengths > 3) * np.uint16(100)
    return None if values.max() > 255 else values.astype(np.uint8).reshape(-1, width)


def print_vectors(pixels: np.ndarray) -> Iterator[bytes]:
    """Yield each row of a uint8 array as numbers between commas."""
    lut = np.zeros((256, 4), np.uint8)  # "7,", padded with zero bytes that are then dropped
    for value in range(256):
        text = f"{value},".encode()
        lut[value, : len(text)] = list(text)
    for row in pixels:
        yield lut[row].tobytes().translate(None, b"\0")[:-1]


def _bare(text: str) -> str:
    return text.strip().strip("\"'").strip().strip("[]()").strip()


def _advice(number: str) -> str:
    """Return what to do about a number, if it tells."""
    try:
        value = float(number)
    except ValueError:
        return "; is there a header line or a label among the pixels?"
    if 0 < value < 1:
        return "; the values seem scaled to 0-1: multiply them by 255"
    return ""
