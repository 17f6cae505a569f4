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


def parse_digits(text: bytes) -> np.ndarray | None:
    """Parse ``1,22,255,`` in a few passes; None unless every number is plain and fits.

    Parameters
    ----------
    text : bytes
        Numbers of one to three digits, each followed by a comma.

    Returns
    -------
    values : ndarray of shape (n,), uint8, or None
    """
    raw = np.frombuffer(text, np.uint8)
    digits = raw - np.uint8(48)  # wraps, so that anything but a digit is above 9
    ends = np.flatnonzero(raw == 44).astype(np.int32 if len(raw) < 2**31 else np.int64)
    if np.count_nonzero(digits > 9) != len(ends):
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    values = digits[ends - 1].astype(np.uint16)
    values += (lengths > 1) * np.uint16(10) * digits[ends - 2]
    values += (lengths > 2) * np.uint16(100) * digits[ends - 3]
    return None if values.max() > 255 else values.astype(np.uint8)


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
