"""The directory of a zip file that nobody vouches for, held against what it lists.

There must not be too many entries, none may lie in another, each must stand where the
directory says, and all together must not become too large.

Floor 7: reads one file.

References
----------
PKWARE (2022), APPNOTE.TXT - .ZIP File Format Specification, version 6.3.10.
"""

import struct
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import BinaryIO, NamedTuple

from sklimg.serve.problems import Problem

__all__ = ["MOST_ENTRIES", "Listed", "read_directory"]

MOST_ENTRIES = 10_000
_MOST_TOTAL = 2 * 2**30  # bytes of all entries, unpacked
_MOST_DIRECTORY = 16 * 2**20  # bytes; several times what so many long names take
_MOST_COMMENT = 2**16 - 1  # bytes behind the end of the directory

_END = struct.Struct("<4s4H2LH")
_WIDE_PLACE = struct.Struct("<4sLQL")  # where the next is, before the former
_WIDE_END = struct.Struct("<4sQ2H2L4Q")
_LISTED = struct.Struct("<4s6H3L5H2L")
_HEAD = struct.Struct("<4s5H3L2H")  # before the bytes of an entry
_WIDE_FIELD = 1  # the number of the extra field that holds larger numbers
_UNTOLD = 2**32 - 1  # a number that stands where there is more room


class Listed(NamedTuple):
    """What the directory says of an entry.

    Attributes
    ----------
    name : bytes
    flags, method, mode : int
        Its bits, how it is packed, and what kind of file it was.
    n_packed, n_bytes, crc : int
        How many bytes it is packed and unpacked, and their sum.
    head, start : int
        Where its head begins, and where its bytes do.
    """

    name: bytes
    flags: int
    method: int
    mode: int
    n_packed: int
    n_bytes: int
    crc: int
    head: int
    start: int = 0


def read_directory(file: BinaryIO) -> list[Listed]:
    """Return the entries of a zip file, folders among them, in the order of its directory.

    Parameters
    ----------
    file : binary file
        On the disk.

    Raises
    ------
    Problem
        422 if it is no zip file, is damaged, or may be a trap.
    """
    n, n_bytes, place = _find_directory(file)
    if n > MOST_ENTRIES or n_bytes > _MOST_DIRECTORY:
        raise _refused(
            f"at most {MOST_ENTRIES:,} entries with names of usual length",
            f"{n:,} in a directory of {n_bytes:,} bytes; send it in parts",
        )
    file.seek(place)
    listed = list(islice(_entries(file.read(n_bytes)), n + 1))
    if len(listed) != n:
        raise _damaged(f"{'more' if len(listed) > n else 'fewer'} entries than it says")
    total = sum(each.n_bytes for each in listed)
    if total > _MOST_TOTAL:
        raise _refused(
            f"at most {_MOST_TOTAL:,} bytes when unpacked",
            f"{total:,}; send it in parts, or shrink the pictures",
        )
    listed = [each._replace(start=_start(file, each)) for each in listed]
    spans = sorted((each.head, each.start + each.n_packed) for each in listed)
    if any(end > head for (_, end), (head, _) in pairwise([*spans, (place, n_bytes)])):
        raise _refused("entries side by side", "some that lie in each other; pack it anew")
    return listed


def _find_directory(file: BinaryIO) -> tuple[int, int, int]:
    """Return how many entries the directory has, how many bytes, and where it begins."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - _MOST_COMMENT))
    tail = file.read()
    at = tail.rfind(b"PK\5\6", 0, max(0, len(tail) - _END.size + 4))
    while at >= 0 and tail[at + 20 : at + 22] != (len(tail) - at - 22).to_bytes(2, "little"):
        at = tail.rfind(b"PK\5\6", 0, at)
    if at < 0:
        raise _refused("a zip file", "something else, or a part of one; pack it anew")
    _, *disks, n, n_bytes, place, _ = _END.unpack_from(tail, at)
    end = length - len(tail) + at
    if tail[max(0, at - _WIDE_PLACE.size) : at].startswith(b"PK\6\7"):
        disks, n, n_bytes, place, end = _wide_end(file, end)
    if disks != [0, 0, n]:
        raise _refused("a zip file in one piece", "one of several; pack it anew in one")
    if place + n_bytes != end:
        raise _damaged("its directory stands in another place than it says")
    return n, n_bytes, place


def _wide_end(file: BinaryIO, end: int) -> tuple[list[int], int, int, int, int]:
    """Return what the form of the end for large archives says, and where it begins."""
    try:
        file.seek(end - _WIDE_PLACE.size)
        _, _, at, _ = _WIDE_PLACE.unpack(file.read(_WIDE_PLACE.size))
        file.seek(at)
        mark, _, _, _, *disks, n, n_bytes, place = _WIDE_END.unpack(file.read(_WIDE_END.size))
    except (OverflowError, struct.error) as err:
        raise _damaged("its end cannot be read") from err
    if mark != b"PK\6\6":
        raise _damaged("its end cannot be read")
    return disks, n, n_bytes, place, at


def _entries(directory: bytes) -> Iterator[Listed]:
    """Yield what is listed; where the bytes of each begin is not known yet."""
    at = 0
    while at < len(directory):
        begin = at + _LISTED.size
        if not directory.startswith(b"PK\1\2", at) or begin > len(directory):
            raise _damaged("its directory cannot be read")
        told = _LISTED.unpack_from(directory, at)
        flags, method, crc, n_packed, n_bytes = told[3], told[4], *told[7:10]
        n_name, n_extra, n_comment = told[10:13]
        mode, head = told[15] >> 16, told[16]
        at = begin + n_name + n_extra + n_comment
        if at > len(directory):
            raise _damaged("its directory ends too early")
        name = directory[begin : begin + n_name]
        extra = directory[begin + n_name : at - n_comment]
        n_bytes, n_packed, head = _wide([n_bytes, n_packed, head], extra)
        yield Listed(name, flags, method, mode, n_packed, n_bytes, crc, head)


def _wide(numbers: list[int], extra: bytes) -> list[int]:
    """Return numbers; those without room in the directory stand in an extra field."""
    untold = [i for i, number in enumerate(numbers) if number == _UNTOLD]
    at = 0
    while untold and at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _WIDE_FIELD and 8 * len(untold) <= min(size, len(extra) - at - 4):
            for i, number in enumerate(struct.unpack_from(f"<{len(untold)}Q", extra, at + 4)):
                numbers[untold[i]] = number
            return numbers
        at += 4 + size
    if untold:
        raise _damaged("its directory does not say how large an entry is")
    return numbers


def _start(file: BinaryIO, listed: Listed) -> int:
    """Return where the bytes of an entry begin, if its head stands where it should."""
    try:
        file.seek(listed.head)
        told = _HEAD.unpack(file.read(_HEAD.size))
    except (OverflowError, struct.error) as err:
        raise _damaged("an entry lies behind its end") from err
    n_name, n_extra = told[9:]
    if told[0] != b"PK\3\4" or file.read(n_name) != listed.name:
        raise _damaged("an entry is not where its directory says")
    return listed.head + _HEAD.size + n_name + n_extra


def _damaged(how: str) -> Problem:
    return _refused("a whole zip file", f"a damaged one: {how}; pack it anew")


def _refused(expected: str, got: str) -> Problem:
    return Problem(422, "archive", f"archive: expected {expected}, got {got}")
