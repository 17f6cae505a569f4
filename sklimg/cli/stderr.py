"""Keep stderr for what the commands themselves say.

C libraries write to descriptor 2 behind Python's back: libtiff prints a line for
every odd tag and damaged strip of a TIFF, and Pillow offers no way to stop it.
Turning the descriptor away around each decoding would need a lock in the library
and could swallow lines of a program that uses it. So only a command does it, for
itself and the workers it starts: Python's stderr moves to a descriptor of its
own, and descriptor 2 leads nowhere.

Floor 8: knows descriptors and nothing of sklimg.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["only_ours", "stderr_descriptor"]


@contextmanager
def only_ours() -> Iterator[None]:
    """Let through what is written to `sys.stderr`, and nothing else, as long as the block runs."""
    if stderr_descriptor() != 2:  # closed, or already led elsewhere
        yield
        return
    theirs = sys.stderr
    theirs.flush()
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    sys.stderr = open(own, "w", 1, theirs.encoding, theirs.errors)  # noqa: PTH123, SIM115
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(own, 2)
        sys.stderr, ours = theirs, sys.stderr
        ours.close()


def stderr_descriptor() -> int | None:
    """Return the descriptor behind `sys.stderr`, for a process that is to share it."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # none, a test's buffer, or closed
        return None
