"""Write files and folders so that they are whole or absent; name them safely.

A file is written beside its target, flushed to the disk and renamed over it; a
folder is filled beside its target and renamed into place. Whoever kills the
program at any moment finds the old thing or the new one, never half of one.

Floor 0: imports only the errors and the partials.
"""

import errno
import hashlib
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from sklimg.errors import OutputError, UsageError
from sklimg.partials import partial_file, partial_folder, partial_name

__all__ = [
    "DISK_ERRORS",
    "as_json",
    "check_free",
    "count",
    "duration",
    "file_sha256",
    "natural_key",
    "new_folder",
    "one_line",
    "path_text",
    "point_to",
    "replacing_file",
    "run_stamp",
    "safe_name",
    "write_bytes",
]

_NAME_LENGTH = 120  # characters of an encoded name; file systems allow 255 bytes
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EROFS)


@contextmanager
def replacing_file(path: str | os.PathLike, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a binary file that takes its place whole when the block ends.

    Parameters
    ----------
    path : path
        The target; its folders are made when missing. A link is followed.
    mode : int, default=0o666
        Who may read and write it, before the mask of the process.

    Yields
    ------
    file : binary file
        Stands beside the target until the block ends without an error.

    Raises
    ------
    OutputError
        If the target cannot be written; what stood there before still does.
    """
    target = Path(os.path.realpath(path))
    with ExitStack() as stack:
        with _os_errors_named(path):
            if target.exists() and not target.is_file():
                raise OutputError(f"{path}: expected a file to replace, got a folder or a device")
            target.parent.mkdir(parents=True, exist_ok=True)
            beside, handle = stack.enter_context(partial_file(target, mode))
        with _disk_errors_named(path), os.fdopen(handle, "w+b", closefd=False) as file:
            yield file
            file.flush()
            os.fsync(handle)
        with _os_errors_named(path):
            beside.replace(target)
            _sync(target.parent)


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Write *data* to *path* whole; see `replacing_file`."""
    with replacing_file(path) as file:
        file.write(data)


@contextmanager
def new_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Fill a new folder that appears whole at *path* when the block ends.

    Parameters
    ----------
    path : path
        The folder to make; it must not exist, or be empty.

    Yields
    ------
    folder : Path
        A folder beside the target to write into.

    Raises
    ------
    UsageError
        If something stands at *path* already.
    OutputError
        If the disk or a permission keeps the folder from being written.
    """
    target = Path(os.path.realpath(path))
    with ExitStack() as stack:
        with _os_errors_named(path):
            check_free(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = stack.enter_context(partial_folder(target))
        with _disk_errors_named(path):
            yield beside
        with _os_errors_named(path):
            for folder, _, names in os.walk(beside):
                for name in names:
                    _sync(Path(folder, name))
                _sync(Path(folder))
            check_free(path)
            beside.rename(target)
            _sync(target.parent)


def check_free(path: str | os.PathLike) -> None:
    """Raise unless *path* is absent or an empty folder, in a place that may be written to."""
    target = Path(path)
    if target.is_dir():
        if any(target.iterdir()):
            raise UsageError(
                f"{path}: expected a new or empty folder, got one with files in it; "
                "choose another -o or empty it"
            )
    elif target.exists():
        raise UsageError(f"{path}: expected a new or empty folder, got a file; choose another -o")
    above = next(folder for folder in target.absolute().parents if folder.exists())
    if not os.access(above, os.W_OK):
        raise OutputError(f"{path}: cannot be written: no permission in {above}; choose another -o")


def point_to(link: Path, folder: Path) -> None:
    """Let the symbolic link *link* point to *folder*, a neighbour of it."""
    with _os_errors_named(link):
        if link.exists() and not link.is_symlink():
            raise OutputError(
                f"{link}: expected a link to move, got a file or folder; move it away"
            )
        beside = partial_name(link)
        beside.symlink_to(folder.name, target_is_directory=True)
        beside.replace(link)


def as_json(value: Any) -> bytes:
    """Return *value* as indented UTF-8 JSON that ends with a newline.

    What UTF-8 cannot hold, such as bytes in a path, becomes an escape of JSON.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "class", "classes"), count(2, "file")
    ('1 class', '2 files')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return a time as a person says it.

    Examples
    --------
    >>> [duration(s) for s in (0.034, 0.34, 12, 150, 9000)]
    ['34 ms', '0.3 s', '12 s', '2.5 min', '2.5 h']
    """
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.{int(seconds < 10 * size)}f} {unit}"
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.{int(seconds < 10)}f} s"


def file_sha256(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def path_text(path: str | os.PathLike) -> str:
    r"""Return a path as text that UTF-8 can hold; other bytes become ``\xff``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def run_stamp() -> str:
    """Return the time in UTC for the name of a run, such as 20260131T235959Z."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def safe_name(text: str) -> str:
    """Return a file name for any text: percent-encoded outside [A-Za-z0-9._-].

    Two different texts never share a name; one too long for a file system is
    cut and ends in a digest of the whole.

    Examples
    --------
    >>> safe_name("a b"), safe_name(".."), safe_name("é")
    ('a%20b', '%2E%2E', '%C3%A9')
    """
    name = quote(text, safe="", errors="surrogateescape").replace("~", "%7E")
    if name in ("", ".", ".."):
        return name.replace(".", "%2E") or "%"
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return re.sub(r"%.?$", "", name[: _NAME_LENGTH - 18]) + "%-" + digest


def natural_key(text: str) -> str:
    """Return a sort key that puts 2 before 10 and is total on all texts.

    A short text itself, as a million names may be sorted at once.

    Examples
    --------
    >>> sorted(["10", "b", "2", "a10", "a9"], key=natural_key)
    ['2', '10', 'a9', 'a10', 'b']
    """
    parts = re.split(r"([0-9]+)", unicodedata.normalize("NFC", text))
    parts[::2] = [part.casefold() + "\0" for part in parts[::2]]  # ends before all that go on
    digits = [part.lstrip("0") for part in parts[1::2]]
    parts[1::2] = [chr(min(len(d) + 1, sys.maxunicode)) + d for d in digits]  # longer is larger
    return "".join(parts) + "\0" + text


def one_line(text: object) -> str:
    r"""Return *text* with whatever would break a line or a terminal escaped.

    Examples
    --------
    >>> one_line("a\nb")
    'a\\nb'
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode()
        for c in str(text)
    )


def _sync(path: Path) -> None:
    """Flush a file or a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(PermissionError):  # some file systems sync no folders
            os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _os_errors_named(path: str | os.PathLike) -> Iterator[None]:
    """Turn what the operating system refuses into an OutputError about *path*."""
    try:
        yield
    except OutputError:
        raise
    except OSError as err:
        reason = err.strerror or type(err).__name__
        raise OutputError(
            f"{path}: cannot be written: {reason}; free the place or choose another"
        ) from err


@contextmanager
def _disk_errors_named(path: str | os.PathLike) -> Iterator[None]:
    """Turn errors of the disk, and those alone, into an OutputError about *path*."""
    try:
        yield
    except OSError as err:
        if isinstance(err, OutputError) or err.errno not in DISK_ERRORS:
            raise
        with _os_errors_named(path):
            raise
