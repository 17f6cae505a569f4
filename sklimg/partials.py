"""Partials: what a file or folder is called beside its target until it is whole.

A partial is a hidden neighbour of its target, ``.<target>.<random>.partial``, on
which its living writer holds a lock. A writer that is killed loses the lock with its
life, whatever its process number and on whatever host it ran, so the next writer
of the same target knows which partials nobody writes any more and removes them.
Where a file system has no locks, nothing is removed.

Floor 0: imports nothing of sklimg.
"""

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["alone_in", "only_in", "partial_file", "partial_folder", "partial_name"]

_STEM_BYTES = 200  # of the target's name; file systems allow 255
_TRIES = 100  # a sweeper may take a new partial away before it is locked


@contextmanager
def partial_file(target: Path, mode: int = 0o666) -> Iterator[tuple[Path, int]]:
    """Make a partial of a file; it is gone when the block ends, unless renamed.

    Parameters
    ----------
    target : Path
        Its folder must exist; partials that dead writers left of it are removed.
    mode : int, default=0o666
        Who may read and write it, before the mask of the process.

    Yields
    ------
    path : Path
        Of the partial.
    handle : int
        Open for reading and writing, locked; closed when the block ends.
    """

    def make(path: Path) -> int:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode)

    with _locked(target, make) as (path, handle):
        yield path, handle


@contextmanager
def partial_folder(target: Path) -> Iterator[Path]:
    """Make a partial of a folder; it is gone when the block ends, unless renamed."""

    def make(path: Path) -> int:
        path.mkdir()
        return os.open(path, os.O_RDONLY)

    with _locked(target, make) as (path, _):
        yield path


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let no other writer who asks for the same into *folder* while the block runs.

    It is for the moment in which several files that belong together take their
    places; a writer that is killed loses the lock with its life.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def only_in(folder: Path) -> Iterator[bool]:
    """Yield whether nobody else works in *folder*; then keep others out while the block runs.

    A writer that is killed loses the lock with its life. Where there are no locks,
    nobody is kept out.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except OSError as err:
            is_alone = not isinstance(err, BlockingIOError)
        yield is_alone
    finally:
        os.close(handle)


def partial_name(target: Path) -> Path:
    """Return a hidden name beside *target* that nobody else uses."""
    return target.with_name(f".{_stem(target)}.{os.urandom(8).hex()}.partial")


@contextmanager
def _locked(target: Path, make: Callable[[Path], int]) -> Iterator[tuple[Path, int]]:
    """Sweep, then make a partial and hold its lock while the block runs."""
    _sweep(target)
    for _ in range(_TRIES):
        path = partial_name(target)
        with suppress(FileNotFoundError):  # swept before it was open
            handle = make(path)
            _lock(handle, fcntl.LOCK_EX)
            if _is_at(path, handle):
                break
            os.close(handle)  # swept before it was locked
    else:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
    try:
        yield path, handle
    finally:
        if _is_at(path, handle):
            _remove(path)
        os.close(handle)


def _sweep(target: Path) -> None:
    """Remove the partials of *target* on which no living writer holds a lock."""
    partial = re.compile(rf"\.{re.escape(_stem(target))}\.[0-9a-f]{{16}}\.partial")
    left = []
    with suppress(PermissionError), os.scandir(target.parent) as entries:
        left = [Path(entry.path) for entry in entries if partial.fullmatch(entry.name)]
    for path in left:
        with suppress(OSError):  # another sweeper was here, or it is not ours to remove
            is_folder = path.is_dir()
            handle = os.open(path, (os.O_RDONLY if is_folder else os.O_RDWR) | os.O_NOFOLLOW)
            try:
                if _lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    _remove(path)
            finally:
                os.close(handle)


def _lock(handle: int, how: int) -> bool:
    """Lock a file or folder; False if another holds the lock or there are no locks here."""
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True


def _is_at(path: Path, handle: int) -> bool:
    """Tell whether what is open is still what stands under its name."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except OSError:
        return False


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _stem(target: Path) -> str:
    """Return as much of the target's name as leaves room for the rest."""
    return os.fsdecode(os.fsencode(target.name)[:_STEM_BYTES])
