"""Two threads that share one large piece of work after another.

numpy leaves Python's lock alone while it multiplies matrices, so two threads that
each take half of a product use two cores. Unlike the threads of a BLAS library,
which wait for each other at many places of a product, they lose little where
another process keeps one core busy. Small pieces are not shared: a thread that
waits for Python's lock waits longer than they take.

Floor 0: threads alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

__all__ = ["LARGE", "Partners", "one_blas_thread"]

_LOCK = Lock()
_HELD: list = []  # the limit of this process, and one entry for each who asked for it
LARGE = 20_000_000  # multiplications of a product that is worth two threads


class Partners:
    """This thread and, if there are two, one that waits for its half.

    Parameters
    ----------
    n : {1, 2}
        Threads.

    Examples
    --------
    >>> with Partners(2) as partners:
    ...     partners.share(lambda k: 10 * k)
    [0, 10]
    """

    def __init__(self, n: int):
        self.n = n
        self._work: SimpleQueue = SimpleQueue()
        self._answers: SimpleQueue = SimpleQueue()

    def __enter__(self) -> "Partners":
        if self.n == 2:
            self._thread = Thread(target=self._wait_and_work, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.n == 2:
            self._work.put(None)
            self._thread.join()

    def share(self, work: Callable[[int], Any]) -> list:
        """Return what ``work(0)`` and, in the other thread, ``work(1)`` return.

        An error of either is raised when both have ended.
        """
        if self.n == 1:
            return [work(0)]
        self._work.put(work)
        try:
            mine = work(0)
        finally:
            theirs, error = self._answers.get()
        if error is not None:
            raise error
        return [mine, theirs]

    def dot(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        """Write the product of two matrices, shared if it is large; halves change no sum."""
        half = len(a) // 2
        if self.n == 1 or a.size * b.shape[1] < LARGE or not half:
            np.dot(a, b, out=out)
        else:
            ends = (slice(half), slice(half, None))
            self.share(lambda k: np.matmul(a[ends[k]], b, out=out[ends[k]]))

    def _wait_and_work(self) -> None:
        with np.errstate(all="ignore"):  # the values are looked at once an epoch
            while (work := self._work.get()) is not None:
                try:
                    self._answers.put((work(1), None))
                except Exception as error:
                    self._answers.put((None, error))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let matrix products take one thread each, until the last who asked for it leaves."""
    with _LOCK:
        if not _HELD:
            _HELD.append(_controller().limit(limits=1))
        _HELD.append(None)
    try:
        yield
    finally:
        with _LOCK:
            _HELD.pop()
            if len(_HELD) == 1:
                _HELD.pop().restore_original_limits()


@cache
def _controller() -> ThreadpoolController:
    """Return the thread pools of this process, looked up once."""
    return ThreadpoolController()
