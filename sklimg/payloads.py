"""What the code of a form says, as few bytes.

A version, numbers of the page, then how many boxes each label has, in runs, and
the labels, each behind its length. What follows the numbers is deflated where that
is shorter, which the upper bit of the version tells.

Floor 1: works on bytes; reads no file and prints nothing.
"""

import zlib
from collections.abc import Sequence
from itertools import chain

import numpy as np

__all__ = ["HEAD", "pack_page", "unpack_page"]

HEAD = 15  # bytes before the labels

_VERSION = 1
_DEFLATED = 0x80
_MOST_ROWS = 255  # of a page; a code of others may claim more

Cells = tuple[tuple[str, int], ...]


def pack_page(numbers: Sequence[int], cells: Cells) -> bytes:
    """Return a page as bytes.

    Parameters
    ----------
    numbers : sequence of 8 int
        Rows and columns, up to 255; then page, pages, and the left, top, right and
        bottom of the boxes, up to 65,535.
    cells : tuple of (str, int)
        Each label with the number of its boxes.

    Examples
    --------
    >>> from sklimg.payloads import pack_page, unpack_page
    >>> payload = pack_page((2, 3, 1, 1, 5, 6, 7, 8), (("7", 3), ("NA", 2)))
    >>> unpack_page(payload)
    ([2, 3, 1, 1, 5, 6, 7, 8], (('7', 3), ('NA', 2)))
    """
    rows, columns, *others = numbers
    head = bytes([rows, columns]) + np.array(others, ">u2").tobytes()
    runs: list[list[int]] = []
    for _, number in cells:
        if runs and runs[-1][1] == number:
            runs[-1][0] += 1
        else:
            runs.append([1, number])
    texts = [label.encode() for label, _ in cells]
    body = b"".join(_varint(n) for n in (len(runs), *chain(*runs)))
    body += b"".join(_varint(len(text)) + text for text in texts)
    packer = zlib.compressobj(9, wbits=-15)  # no header and no sum, which the code has
    packed = packer.compress(body) + packer.flush()
    if len(packed) < len(body):
        return bytes([_VERSION | _DEFLATED]) + head + packed
    return bytes([_VERSION]) + head + body


def unpack_page(payload: bytes) -> tuple[list[int], Cells] | None:
    """Return the numbers and cells of a page, or None for bytes that tell of none."""
    if len(payload) < HEAD or payload[0] & ~_DEFLATED != _VERSION:
        return None
    numbers = [*payload[1:3], *np.frombuffer(payload[3:HEAD], ">u2").tolist()]
    body = payload[HEAD:]
    try:
        if payload[0] & _DEFLATED:
            body = zlib.decompress(body, wbits=-15)
        return numbers, _cells(body)
    except (IndexError, UnicodeDecodeError, zlib.error):  # a code that others made
        return None


def _cells(body: bytes) -> Cells:
    """Return labels and numbers of boxes."""
    runs, body = _read_varint(body)
    counts: list[int] = []
    for _ in range(min(runs, _MOST_ROWS)):
        times, body = _read_varint(body)
        number, body = _read_varint(body)
        counts += [number] * min(times, _MOST_ROWS)
    cells = []
    for number in counts:
        length, body = _read_varint(body)
        cells.append((body[:length].decode(), number))
        body = body[length:]
    return tuple(cells)


def _varint(number: int) -> bytes:
    """Return a number in as few bytes as it needs, seven bits in each."""
    taken = bytearray()
    while number > 127:
        taken.append(number & 127 | 128)
        number >>= 7
    return bytes([*taken, number])


def _read_varint(body: bytes) -> tuple[int, bytes]:
    """Return the number that begins *body*, and what follows it."""
    number = used = 0
    while body[used] & 128:
        number |= (body[used] & 127) << 7 * used
        used += 1
    return number | body[used] << 7 * used, body[used + 1 :]
