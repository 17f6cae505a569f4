"""Decode many images, batch by batch, on several cores.

Floor 1: opens image files, prints nothing.
"""

import os
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from sklimg.errors import ImageError
from sklimg.images import read_first
from sklimg.spec import ImageSpec

__all__ = ["read_batches"]

_BATCH = 64  # images a worker takes at a time
_WORTH_WORKERS = 2_000  # starting processes takes longer than reading fewer images


def read_batches(
    files: Sequence[str | os.PathLike], spec: ImageSpec, jobs: int = 1
) -> Iterator[list[tuple[np.ndarray, bool] | ImageError]]:
    """Decode images in batches, in order.

    Parameters
    ----------
    files : sequence of path
    spec : ImageSpec
    jobs : int, default=1
        Workers that decode; -1 for one a core.

    Yields
    ------
    batch : list
        For each image of the next batch what `read_first` returns, or the
        ImageError it raised.
    """
    batches = (files[start : start + _BATCH] for start in range(0, len(files), _BATCH))
    workers = effective_n_jobs(jobs) if len(files) >= _WORTH_WORKERS else 1
    pool = Parallel(workers, return_as="generator")
    yield from pool(delayed(_read_batch)(batch, spec) for batch in batches)


def _read_batch(
    files: Sequence[str | os.PathLike], spec: ImageSpec
) -> list[tuple[np.ndarray, bool] | ImageError]:
    results = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")  # what counts becomes an error
        for file in files:
            try:
                results.append(read_first(file, spec))
            except ImageError as err:
                results.append(err)
    return results
