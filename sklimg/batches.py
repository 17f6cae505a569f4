"""Decode many images, batch by batch, on several cores.

Floor 1: opens image files, prints nothing.
"""

import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from sklimg.errors import ImageError
from sklimg.images import read_each
from sklimg.spec import ImageSpec
from sklimg.workers import Workers, faithful

__all__ = ["read_batches"]

_LARGE = 8_000_000  # pixels; images that decode to more are decoded one at a time
_BATCH = 128  # images a worker takes at a time, at most
_BATCH_BYTES = 2**21  # of files to read, or of pixels to give back, for one batch
_WINDOW = 32  # batches a worker has done and ahead of it, whether they are asked for or not
_AHEAD = 4  # batches that each worker of a cluster is sent at a time
_MOST_BYTES = 2**27  # of a file that is sent
_SAMPLE = 100  # files whose sizes tell those of the others
_PYTHON_SECONDS = 90e-6  # a file's share of the decoding that holds Python's lock
_BYTE_SECONDS = 1e-8  # a byte's share that does not
_START_SECONDS = 1.0  # until worker processes have imported what they need


def read_batches(
    files: Sequence[str | os.PathLike], spec: ImageSpec, jobs: int | Workers = 1
) -> Iterator[list[tuple[np.ndarray, bool] | ImageError]]:
    """Decode images in batches, in order; few batches wait in memory at any time.

    Parameters
    ----------
    files : sequence of path
    spec : ImageSpec
    jobs : int or Workers, default=1
        Workers that decode; -1 for one a core. Whether they are threads or
        processes, or not worth their start, is told by the bytes to decode. Workers
        that are given, as a cluster's, are sent the bytes of the files.

    Yields
    ------
    batch : list
        For each image of the next batch what `read_first` returns, or the
        ImageError it raised.
    """
    if isinstance(jobs, Workers):
        yield from _read_by(jobs, files, spec)
        return
    workers, backend = _workers(files, effective_n_jobs(jobs))
    batches = _cut(files, spec)
    how = {"backend": backend, **(faithful() if backend == "loky" else {})}
    with Parallel(workers, **how, return_as="generator", batch_size=1) as pool:
        # joblib runs ahead of a slow reader without end, so it is fed a window at a time
        while window := list(islice(batches, _WINDOW * workers)):
            wanted = [True]
            tasks = (delayed(_read_batch)(batch, spec) for batch in window if wanted)
            reads = pool(tasks)
            try:
                for batch, read in zip(window, reads, strict=True):
                    with _unwarned():
                        for i in (i for i, one in enumerate(read) if one is None):
                            read[i : i + 1] = read_each(batch[i : i + 1], spec)
                    yield read
            except GeneratorExit:  # nobody reads on; workers finish what they have begun
                wanted.clear()
                for _ in reads:
                    pass
                raise


def _read_by(
    workers: Workers, files: Sequence[str | os.PathLike], spec: ImageSpec
) -> Iterator[list[tuple[np.ndarray, bool] | ImageError]]:
    """Decode images by workers that may not see the files; who reads them is this process."""
    batches = _cut(files, spec)
    while window := list(islice(batches, _AHEAD * workers.n)):
        tasks = [([_bytes(file) for file in batch], spec) for batch in window]
        waiting, first = {}, 0
        for number, read in workers.run(_read_batch, tasks):
            waiting[number] = read
            while first in waiting:
                batch, read = window[first], waiting.pop(first)
                with _unwarned():
                    for i in (i for i, one in enumerate(read) if not isinstance(one, tuple)):
                        read[i : i + 1] = read_each(batch[i : i + 1], spec)  # by its name
                yield read
                first += 1


def _bytes(file: str | os.PathLike) -> bytes:
    """Return what a file holds; nothing of what is no regular file or is very large."""
    try:
        path = Path(file)
        return path.read_bytes() if path.is_file() and _size(file) <= _MOST_BYTES else b""
    except (OSError, ValueError):
        return b""  # whoever opens it by its name says what is wrong


def _workers(files: Sequence[str | os.PathLike], most: int) -> tuple[int, str]:
    """Return how many workers of which kind decode the files soonest."""
    picked = files[:: max(1, len(files) // _SAMPLE)]
    mean = np.mean([_size(file) for file in picked]) if picked else 0
    locked, free = len(files) * _PYTHON_SECONDS, len(files) * mean * _BYTE_SECONDS
    shared = (locked + free) / most
    seconds = {"threading": max(locked, shared), "loky": _START_SECONDS + shared}
    backend = min(seconds, key=seconds.get)
    return (most, backend) if seconds[backend] < 0.8 * (locked + free) else (1, "sequential")


def _cut(files: Sequence[str | os.PathLike], spec: ImageSpec) -> Iterator[list]:
    """Yield the files in batches of about the same work."""
    batch, n_bytes, least = [], 0, spec.n_pixels
    for file in files:
        batch.append(file)
        n_bytes += max(_size(file), least)
        if len(batch) == _BATCH or n_bytes >= _BATCH_BYTES:
            yield batch
            batch, n_bytes = [], 0
    if batch:
        yield batch


def _size(file: str | os.PathLike) -> int:
    """Return the bytes of a file; whoever opens it says what is wrong with it."""
    try:
        return os.stat(file).st_size  # noqa: PTH116 - five times as fast as Path's
    except (OSError, ValueError):
        return 0


def _read_batch(files: Sequence[str | os.PathLike | bytes], spec: ImageSpec) -> list:
    """Decode some images; None stands for one that is too large to be decoded among others."""
    with _unwarned():
        return read_each(files, spec, _LARGE)


class _Unwarned:
    """Keep Pillow's warnings quiet, what counts being an error, as long as any thread decodes."""

    def __init__(self):
        self._lock, self._depth = threading.Lock(), 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._depth:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
            self._depth += 1
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1
                if not self._depth:
                    self._filters.__exit__(None, None, None)


_unwarned = _Unwarned()
