"""What a regular file holds: a pipe is not waited for, and more than a bound is not read.

Floor 0: imports nothing of sklimg.
"""

import errno
import os
import stat

__all__ = ["read_regular"]

_MOST_BYTES = 2**31


def read_regular(path: str | os.PathLike, most: int = _MOST_BYTES) -> bytes:
    """Return the bytes of a regular file.

    Parameters
    ----------
    path : path
    most : int, default=2**31
        Bytes, from where it is refused.

    Raises
    ------
    OSError
        If there is none, it is something else or larger, or cannot be read; its
        ``strerror`` says which.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        if status.st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most} bytes", str(path))
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read()
    finally:
        os.close(handle)
