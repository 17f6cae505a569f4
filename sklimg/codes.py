"""Bytes as a pattern of black and white modules that survives stains and cut corners.

The first row is one of a set of patterns far from each other: it says how many
rows there are, and which way up is right before anything is decoded. The others
hold the payload, its length and a CRC32, in Reed-Solomon blocks [1]_ whose bytes
take turns, so that a stain hurts all of them a little.

References
----------
.. [1] Reed I. S., Solomon G. (1960), Polynomial Codes Over Certain Finite Fields,
   Journal of the Society for Industrial and Applied Mathematics 8(2).

Floor 1: works on bytes and arrays; reads no file and prints nothing.
"""

import hashlib
import zlib
from functools import cache

import numpy as np

from sklimg.errors import UsageError

__all__ = ["MOST_ROWS", "code_room", "code_rows", "decode_code", "encode_code", "row_patterns"]

MOST_ROWS = 40
_FRAME = 6  # bytes: the length and the CRC32
_PARITY = 0.42  # of all bytes; half of them may be wrong
_BLOCK = 255  # bytes that Reed-Solomon over GF(256) can hold
_MOST_WRONG = 0.25  # of the modules of the first row


def encode_code(payload: bytes, columns: int) -> np.ndarray:
    """Return the modules that hold *payload*.

    Parameters
    ----------
    payload : bytes
    columns : int
        Modules in a row, 32 or more.

    Returns
    -------
    modules : ndarray of shape (rows, columns), bool
        True is black; at most `MOST_ROWS` rows.

    Raises
    ------
    UsageError
        If the payload is longer than `code_room`.

    Examples
    --------
    >>> from sklimg.codes import decode_code, encode_code
    >>> modules = encode_code(b"seven", 80)
    >>> modules.shape
    (3, 80)
    >>> decode_code(modules)
    b'seven'
    """
    rows = code_rows(len(payload), columns)
    blocks = _blocks(rows, columns)
    framed = len(payload).to_bytes(2, "big") + payload
    framed += zlib.crc32(framed).to_bytes(4, "big")
    data = np.frombuffer(framed.ljust(sum(k for _, k in blocks), b"\0"), np.uint8)
    taken = np.empty(sum(n for n, _ in blocks), np.uint8)
    start = 0
    for i, (n, k) in enumerate(blocks):
        taken[i :: len(blocks)] = _with_parity(data[start : start + k], n - k)
        start += k
    bits = np.zeros((rows - 1) * columns, bool)
    bits[: 8 * len(taken)] = np.unpackbits(taken)
    body = (bits ^ _mask(len(bits))).reshape(rows - 1, columns)
    return np.concatenate([row_patterns(columns)[rows][None], body])


def decode_code(modules: np.ndarray) -> bytes | None:
    """Return the payload that modules hold, or None where they hold none.

    Parameters
    ----------
    modules : ndarray of shape (rows, columns), bool
        Modules of `encode_code`, some of them wrong; rows below the code's last
        are left aside.

    Returns
    -------
    payload : bytes or None
    """
    available, columns = modules.shape
    if available < 2 or columns < 8:
        return None
    wrong = (row_patterns(columns)[2:] != modules[0]).sum(axis=1)
    rows = 2 + int(wrong.argmin())
    if wrong.min() > _MOST_WRONG * columns or rows > available:
        return None
    bits = modules[1:rows].ravel() ^ _mask((rows - 1) * columns)
    blocks = _blocks(rows, columns)
    taken = np.packbits(bits[: 8 * sum(n for n, _ in blocks)])
    parts = []
    for i, (n, k) in enumerate(blocks):
        part = _corrected(taken[i :: len(blocks)], n - k)
        if part is None:
            return None
        parts.append(part[:k].tobytes())
    framed = b"".join(parts)
    end = 2 + int.from_bytes(framed[:2], "big")
    if zlib.crc32(framed[:end]).to_bytes(4, "big") != framed[end : end + 4]:
        return None
    return framed[2:end]


def code_rows(length: int, columns: int) -> int:
    """Return how many rows of modules a payload of *length* bytes takes.

    Raises
    ------
    UsageError
        If they are more than `MOST_ROWS`.
    """
    for rows in range(2, MOST_ROWS + 1):
        if length <= code_room(rows, columns):
            return rows
    raise UsageError(
        f"code: expected at most {code_room(MOST_ROWS, columns)} bytes, got {length}; say less"
    )


def code_room(rows: int, columns: int) -> int:
    """Return how many bytes of payload *rows* rows of modules hold.

    Examples
    --------
    >>> code_room(4, 80)
    12
    """
    return sum(k for _, k in _blocks(rows, columns)) - _FRAME


@cache
def row_patterns(columns: int) -> np.ndarray:
    """Return the first row of a code by its number of rows.

    Returns
    -------
    patterns : ndarray of shape (MOST_ROWS + 1, columns), bool
        Any two differ in about half of their modules.
    """
    length = -(-columns // 8)
    words = [hashlib.shake_256(b"rows %d" % i).digest(length) for i in range(MOST_ROWS + 1)]
    patterns = np.unpackbits(np.array([[*word] for word in words], np.uint8), axis=1)
    return patterns[:, :columns].astype(bool)


def _mask(length: int) -> np.ndarray:
    """Return bits that make any payload half black, so that a threshold can be told."""
    digest = hashlib.shake_256(b"mask").digest(-(-length // 8))
    return np.unpackbits(np.frombuffer(digest, np.uint8))[:length].astype(bool)


def _blocks(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return (bytes, bytes of data) of each block."""
    total = (rows - 1) * columns // 8
    number = max(1, -(-total // _BLOCK))
    sizes = [len(range(i, total, number)) for i in range(number)]
    return [(n, n - 2 * round(n * _PARITY / 2)) for n in sizes]


def _fields() -> tuple[np.ndarray, np.ndarray]:
    """Return powers of 2 in GF(256), twice over, and logarithms."""
    powers, logarithms = np.zeros(510, np.int64), np.zeros(256, np.int64)
    value = 1
    for i in range(255):
        powers[[i, i + 255]] = value
        logarithms[value] = i
        value <<= 1
        if value > 255:
            value ^= 0x11D  # x^8 + x^4 + x^3 + x^2 + 1, of which 2 is a generator
    return powers, logarithms


_POWERS, _LOGARITHMS = _fields()


def _times(a, b) -> np.ndarray:
    """Multiply in GF(256), element by element."""
    product = _POWERS[_LOGARITHMS[a] + _LOGARITHMS[b]]
    return np.where((np.asarray(a) == 0) | (np.asarray(b) == 0), 0, product)


def _values(polynomial: np.ndarray, exponents: np.ndarray) -> np.ndarray:
    """Return a polynomial, lowest power first, at the powers of 2 that *exponents* say."""
    terms = _POWERS[
        (_LOGARITHMS[polynomial][:, None] + np.outer(np.arange(len(polynomial)), exponents)) % 255
    ]
    return np.bitwise_xor.reduce(np.where(polynomial[:, None] == 0, 0, terms), axis=0)


@cache
def _generator(parity: int) -> np.ndarray:
    """Return the polynomial of degree *parity*, highest power first."""
    polynomial = np.ones(1, np.int64)
    for i in range(parity):
        longer = np.append(polynomial, 0)
        longer[1:] ^= _times(polynomial, _POWERS[i])
        polynomial = longer
    return polynomial


def _with_parity(data: np.ndarray, parity: int) -> np.ndarray:
    """Return data and the bytes of parity behind it."""
    rest = np.zeros(parity, np.int64)
    for byte in data:
        factor = int(byte) ^ int(rest[0]) if parity else 0
        rest = np.append(rest[1:], 0) ^ _times(_generator(parity)[1:], factor)
    return np.concatenate([data, rest.astype(np.uint8)])


def _corrected(block: np.ndarray, parity: int) -> np.ndarray | None:
    """Return a block without its errors, or None if there are too many."""
    received = block[::-1].astype(np.int64)  # lowest power first
    syndromes = _values(received, np.arange(parity))
    if not syndromes.any():
        return block
    locator = _locator(syndromes)
    places = np.flatnonzero(_values(locator, -np.arange(len(block))) == 0)
    if len(places) != len(locator) - 1 or 2 * len(places) > parity:
        return None
    # Forney: the error at a place is X * omega(1/X) / locator'(1/X)
    omega = np.zeros(parity, np.int64)
    for i, factor in enumerate(locator):
        omega[i:] ^= _times(syndromes[: parity - i], factor)
    slope = np.where(np.arange(1, len(locator)) % 2, locator[1:], 0)
    below = _values(slope, -places)
    if not below.all():
        return None
    inverse = _POWERS[(255 - _LOGARITHMS[below]) % 255]
    errors = _times(_times(_values(omega, -places), inverse), _POWERS[places % 255])
    received[places] ^= errors
    if _values(received, np.arange(parity)).any():
        return None
    return received[::-1].astype(np.uint8)


def _locator(syndromes: np.ndarray) -> np.ndarray:
    """Return the polynomial whose roots tell the places of errors (Berlekamp and Massey)."""
    size = len(syndromes) + 1
    current, previous = np.zeros(size, np.int64), np.zeros(size, np.int64)
    current[0] = previous[0] = 1
    length, gap, last = 0, 1, 1
    for i in range(len(syndromes)):
        window = syndromes[i - length : i + 1][::-1]
        off = int(np.bitwise_xor.reduce(_times(current[: length + 1], window)))
        if off == 0:
            gap += 1
            continue
        factor = _POWERS[(_LOGARITHMS[off] - _LOGARITHMS[last]) % 255]
        changed = current.copy()
        changed[gap:] ^= _times(previous[: size - gap], factor)
        if 2 * length <= i:
            previous, length, gap, last = current, i + 1 - length, 1, off
        else:
            gap += 1
        current = changed
    return current[: length + 1]
