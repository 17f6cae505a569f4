"""What a source holds: its bytes, whether it is a path or bytes already.

Floor 1: opens regular files only, decodes nothing.
"""

import os
import stat
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sklimg.errors import ImageError

__all__ = ["open_source", "source_name"]

_AT_ONCE = 64 * 2**20  # bytes of a file that are read in one go; more stay on the disk


def open_source(source: str | os.PathLike | bytes) -> BinaryIO:
    """Open bytes or a regular file; a pipe or a device is refused, not waited for.

    Parameters
    ----------
    source : path or bytes

    Returns
    -------
    file : binary file
        To be closed; a BytesIO with all there is, unless that is very much.

    Raises
    ------
    ImageError
        If there is nothing to read; its ``code`` is ``empty``, ``missing``,
        ``not_a_file`` or ``unreadable``.
    """
    if isinstance(source, bytes):
        if not source:
            raise ImageError("image: expected an image, got no bytes", "empty")
        return BytesIO(source)
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError as err:
        raise ImageError(f"{source_name(source)}: no such file; check the path", "missing") from err
    except (OSError, ValueError) as err:
        raise _unreadable(source, err) from err
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device"
            where = source_name(source)
            raise ImageError(f"{where}: expected an image file, got {kind}", "not_a_file")
        if not status.st_size:
            where = source_name(source)
            raise ImageError(f"{where}: expected an image, got an empty file", "empty")
        if status.st_size > _AT_ONCE:
            return os.fdopen(os.dup(handle), "rb")
        return BytesIO(_read(handle, status.st_size))
    except OSError as err:
        raise _unreadable(source, err) from err
    finally:
        os.close(handle)


def source_name(source: str | os.PathLike | bytes) -> str:
    """Return what messages call a source."""
    return "image" if isinstance(source, bytes) else str(Path(source))


def _read(handle: int, n_bytes: int) -> bytes:
    """Read as many bytes, however few the system gives at a time; fewer if there are no more."""
    data = os.read(handle, n_bytes)
    while len(data) < n_bytes and (more := os.read(handle, n_bytes - len(data))):
        data += more
    return data


def _unreadable(source: str | os.PathLike, err: Exception) -> ImageError:
    reason = getattr(err, "strerror", None) or err
    return ImageError(f"{source_name(source)}: cannot be opened: {reason}", "unreadable")
