"""Spool files: what comes from outside, hashed while it is written.

They have random names, and only their user reads them. Whoever fails leaves none behind.

Floor 7: writes below one folder.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sklimg.errors import OutputError

__all__ = ["Spool", "Spools", "keeping_in", "sync"]


class Spool:
    """One file that is being written.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    file : Path
    n_bytes : int
        Written so far.
    """

    def __init__(self, folder: Path):
        self.file = folder / secrets.token_hex(16)
        self.n_bytes = 0
        self._sum = hashlib.sha256()
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._out = os.fdopen(handle, "wb")

    @property
    def id(self) -> str:
        """SHA-256 of what was written, in hexadecimal."""
        return self._sum.hexdigest()

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._out.write(data)
        self._sum.update(data)
        self.n_bytes += len(data)

    def close(self) -> None:
        """Let others read it."""
        self._out.close()


class Spools:
    """The spool files of one upload; all are gone if its block ends with an error.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OutputError
        When the block ends, if the disk refused something.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._made: set[Spool] = set()

    def __enter__(self) -> "Spools":
        return self

    def __exit__(self, kind, err, trace):
        if kind is not None:
            for spool in self._made:
                self._remove(spool)
        if isinstance(err, OSError):
            with keeping_in(self.folder):
                raise err

    def new(self) -> Spool:
        """Return a new file."""
        spool = Spool(self.folder)
        self._made.add(spool)
        return spool

    def drop(self, spool: Spool) -> None:
        """Remove a file that is not needed."""
        self._made.remove(spool)
        self._remove(spool)

    def _remove(self, spool: Spool) -> None:
        with suppress(OSError):  # what is left in it cannot be written
            spool.close()
        with suppress(OSError):  # it is swept later
            spool.file.unlink()


@contextmanager
def keeping_in(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into an OutputError about *folder*."""
    try:
        yield
    except OSError as err:
        if isinstance(err, OutputError):
            raise
        reason = err.strerror or type(err).__name__
        raise OutputError(
            f"{folder}: pictures cannot be kept there: {reason}; free the place or use another "
            "--data"
        ) from err


def sync(path: Path) -> None:
    """Flush a file or a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
