"""Workers: of this machine, or of a Dask cluster.

Floor 3.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sklimg.workers import Workers

__all__ = ["open_workers"]


@contextmanager
def open_workers(
    backend: str, jobs: int, address: str | None, tell: Callable[[str, str], None]
) -> Iterator[Workers]:
    """Yield the workers."""
    yield Workers(jobs, tell)
