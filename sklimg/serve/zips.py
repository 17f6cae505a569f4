"""The files in a zip file that nobody vouches for.

Their names are only ever told. What an entry says of its size is held to while it is
unpacked, so that none becomes more than that. Reject codes are

=========  =====================================================================
ignored    what systems leave behind
bad_name   a name that leads elsewhere, or is no text
link       a symbolic link
encrypted  an entry with a password
method     an entry that is packed in another way than zip files mostly are
too_large  a file of more than 64 MB
damaged    an entry that does not become what the directory says
=========  =====================================================================

Floor 7: reads one file.
"""

import re
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from sklimg.errors import ImageError
from sklimg.listing import JUNK, is_junk
from sklimg.serve.zipdirectory import Listed, read_directory

__all__ = ["MOST_BYTES", "TOO_LARGE", "Entry", "copy_entry", "read_entries"]

MOST_BYTES = 64 * 2**20  # of one picture
TOO_LARGE = (
    "too_large",
    f"expected at most {MOST_BYTES // 2**20} MB, got more; shrink the picture",
)
_PIECE = 2**16  # bytes
_ENCRYPTED, _UTF_8, _PATCH = 0x2041, 0x800, 0x20  # flags
_STORED, _DEFLATED = 0, 8
_DRIVE = re.compile("[A-Za-z]:")


class Entry(NamedTuple):
    """One file in an archive.

    Attributes
    ----------
    name : str
        As the archive tells it; any text.
    parts : list of str
        Of the name: folders, and the name of the file.
    refusal : tuple of str or None
        Code and reason, if it is not to be read.
    listed : Listed
        Where it stands.
    """

    name: str
    parts: list[str]
    refusal: tuple[str, str] | None
    listed: Listed


def read_entries(file: BinaryIO) -> list[Entry]:
    """Return the files in an archive, in the order of its directory.

    Parameters
    ----------
    file : binary file
        On the disk.

    Raises
    ------
    Problem
        422 if it is no zip file, is damaged, or may be a trap.
    """
    return [_entry(each) for each in read_directory(file) if not each.name.endswith((b"/", b"\\"))]


def copy_entry(file: BinaryIO, entry: Entry, write: Callable[[bytes], object]) -> None:
    """Unpack an entry, piece by piece.

    Parameters
    ----------
    file : binary file
    entry : Entry
    write : function
        Takes the pieces, which are never more than the directory says.

    Raises
    ------
    ImageError
        If it is refused or damaged; its ``code`` tells.
    """
    if entry.refusal:
        code, reason = entry.refusal
        raise ImageError(reason, code)
    n_left, crc = entry.listed.n_bytes, 0
    try:
        for piece in _pieces(file, entry.listed):
            n_left -= len(piece)
            if n_left < 0:
                raise _damaged("more")
            crc = zlib.crc32(piece, crc)
            write(piece)
    except zlib.error as err:
        raise _damaged(f"damage: {err}") from err
    if n_left:
        raise _damaged("fewer")
    if crc != entry.listed.crc:
        raise _damaged("others")


def _entry(listed: Listed) -> Entry:
    """Return an entry; not every program that writes UTF-8 says so."""
    is_text = True
    try:
        name = listed.name.decode()
    except UnicodeDecodeError:
        is_text = not listed.flags & _UTF_8
        name = listed.name.decode("cp437" if is_text else "utf-8", "backslashreplace")
    parts = name.replace("\\", "/").split("/")
    return Entry(name, parts, _refusal(parts, is_text, listed), listed)


def _refusal(parts: list[str], is_text: bool, listed: Listed) -> tuple[str, str] | None:
    """Return why an entry is not to be read, as far as the directory tells."""
    if not is_text:
        return "bad_name", "expected a name in UTF-8, got other bytes; rename it"
    if b"\0" in listed.name or {"", ".", ".."} & set(parts) or _DRIVE.fullmatch(parts[0]):
        return "bad_name", "expected folders and a name, got one that leads elsewhere; rename it"
    if is_junk(parts):
        return JUNK
    if stat.S_ISLNK(listed.mode):
        return "link", "expected a file, got a symbolic link; put a copy in its place"
    if listed.flags & _ENCRYPTED:
        return "encrypted", "expected no password, got one; pack it without"
    if listed.flags & _PATCH or listed.method not in (_STORED, _DEFLATED):
        got = f"got method {listed.method}; pack it as zip files mostly are"
        return "method", f"expected it stored or deflated, {got}"
    return TOO_LARGE if listed.n_bytes > MOST_BYTES else None


def _pieces(file: BinaryIO, listed: Listed) -> Iterator[bytes]:
    """Yield the bytes of an entry, unpacked."""
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if listed.method == _DEFLATED else None
    file.seek(listed.start)
    for first in range(0, listed.n_packed, _PIECE):
        packed = file.read(min(_PIECE, listed.n_packed - first))
        if unpack is None:
            yield packed
            continue
        while packed and not unpack.eof:
            yield unpack.decompress(packed, _PIECE)
            packed = unpack.unconsumed_tail
    if unpack is not None:
        yield unpack.flush()


def _damaged(got: str) -> ImageError:
    text = f"expected the bytes that the directory says, got {got}; pack it anew"
    return ImageError(text, "damaged")
