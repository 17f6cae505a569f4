"""Which descriptions are close to each other: all pairs, by blocked matrix products.

A block of correlations stays in the cache, what is below its bound leaves no
trace in memory, and of images that are all alike only so many pairs are kept as
join them. Each block is one task of one thread, so results do not depend on the
number of cores.

Floor 2: works on arrays, prints nothing.
"""

from collections.abc import Callable, Iterator

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklimg.groups import join_pairs
from sklimg.thumbnails import N_POSITIONS, in_position

__all__ = ["close_pairs", "correlations", "highest", "nearest", "on_threads", "room"]

_BLOCK = 2048  # rows and columns of a block: 16 MB of correlations
_PAIRS = 4096  # pairs at a time
_SLICE = 1 << 15  # pairs between which it is looked what is joined already
_SAMPLE = 1000  # images that tell how alike this data is
_MOST_ALIKE = 0.98  # quantile of the correlations with them
_LEAST_ROOM = 0.1  # where the sample holds copies itself, images are this far apart at least


def close_pairs(
    described: np.ndarray, least: np.ndarray, is_close: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return pairs that join rows which reach the bounds of both and are close.

    Parameters
    ----------
    described : ndarray of shape (n_images, kept, kept), float32
        As `describe_all` returns them.
    least : ndarray of shape (n_images,), float32
        Correlation at least, for each row.
    is_close : callable
        Told pairs that reach the bounds, tells which of them are close.

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2), int
        As many as it takes to join such rows, not all of them.
    """
    flat = described.reshape(len(described), -1)

    def within(start: int) -> np.ndarray:
        rows = slice(start, start + _BLOCK)
        joined, links = np.arange(len(flat)), [np.empty((0, 2), int)]
        for first, correlation in _blocks(flat[rows], flat, start):
            pairs = np.stack(_at_least(correlation, least[rows]), axis=1) + [start, first]
            pairs = pairs[pairs[:, 0] < pairs[:, 1]]
            while len(pairs := pairs[joined[pairs[:, 0]] != joined[pairs[:, 1]]]):
                part, pairs = pairs[:_SLICE], pairs[_SLICE:]
                part = part[correlations(described, described, part) >= least[part].max(axis=1)]
                part = part[is_close(part)]
                if not len(part):
                    continue
                first_of = join_pairs(joined[part], len(flat))
                new = np.flatnonzero(first_of != np.arange(len(flat)))
                links.append(np.stack([first_of[new], new], axis=1))
                joined = first_of[joined]
        return np.concatenate(links)

    return np.concatenate(on_threads(within, len(flat), _BLOCK))


def nearest(
    described: np.ndarray, n_nearest: int, least: float, n_rows: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest neighbours of each row, mirrored or turned as need be.

    Parameters
    ----------
    described : ndarray of shape (n_images, kept, kept), float32
        As `describe_all` returns them.
    n_nearest : int
        Neighbours kept of each row.
    least : float
        Correlation of a neighbour at least.
    n_rows : int, optional
        The first rows alone, and their neighbours among all.

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2), int
        The smaller row first, each pair once.
    positions : ndarray of shape (n_pairs,), int
        The position, as `in_position` takes it, in which the second image is
        most like the first.
    """
    flat = described.reshape(len(described), -1)
    turned = [_flat(in_position(described, position)) for position in range(N_POSITIONS)]

    n_rows = len(flat) if n_rows is None else min(n_rows, len(flat))

    def within(start: int) -> np.ndarray:
        rows = slice(start, min(start + _BLOCK, n_rows))
        bound = np.full(len(flat[rows]), least, np.float32)
        pairs, values = np.empty((0, 2), int), np.empty(0, np.float32)
        for blocks in zip(*(_blocks(flat[rows], other, 0) for other in turned), strict=True):
            first, correlation = blocks[0]
            for _, other in blocks[1:]:
                np.maximum(correlation, other, out=correlation)
            i, j = _at_least(correlation, bound)
            others = i + start != j + first
            i, j = i[others], j[others]
            pairs = np.concatenate([pairs, np.stack([i, j + first], axis=1)])
            values = np.concatenate([values, correlation[i, j]])
            kept, _ = highest(pairs[:, 0], values, n_nearest)
            pairs, values = pairs[kept], values[kept]
            full = np.flatnonzero(np.bincount(pairs[:, 0], minlength=len(bound)) == n_nearest)
            lowest = np.full(len(bound), np.inf, np.float32)
            np.minimum.at(lowest, pairs[:, 0], values)
            bound[full] = lowest[full]
        return pairs + [start, 0]

    pairs = np.unique(np.sort(np.concatenate(on_threads(within, n_rows, _BLOCK)), axis=1), axis=0)
    in_each = [correlations(flat, other, pairs) for other in turned]
    return pairs, np.argmax(in_each, axis=0)


def room(described: np.ndarray, tail: float | None = None) -> np.ndarray:
    """Return how far each image is from those of the data that are most like it.

    Those may be copies, where there are many; then the middle of the correlations
    tells where the others end, *tail* times as far above it as its upper quarter.

    Parameters
    ----------
    described : ndarray of shape (n_images, kept, kept), float32
        As `describe_all` returns them, in random order: the first are the sample.
    tail : float, optional

    Returns
    -------
    room : ndarray of shape (n_images,), float32
        One minus a correlation.
    """
    flat = described.reshape(len(described), -1)
    sample = flat[:_SAMPLE]
    ranks = [int(share * (len(sample) - 1)) for share in (0.5, 0.75, _MOST_ALIKE)]

    def within(start: int) -> np.ndarray:
        alike = np.partition(flat[start : start + _PAIRS] @ sample.T, ranks, axis=1)
        half, upper, most = (alike[:, rank] for rank in ranks)
        return 1 - (most if tail is None else np.minimum(most, half + tail * (upper - half)))

    return np.maximum(np.concatenate(on_threads(within, len(flat), _PAIRS)), _LEAST_ROOM)


def correlations(described: np.ndarray, others: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the correlation of the first of each pair with the second among *others*.

    Parameters
    ----------
    described, others : ndarray of n_images float32 descriptions
    pairs : ndarray of shape (n_pairs, 2), int

    Returns
    -------
    correlation : ndarray of shape (n_pairs,), float32
    """
    found = np.empty(len(pairs), np.float32)
    ones, others = (array.reshape(len(array), -1) for array in (described, others))
    for start in range(0, len(pairs), _PAIRS):
        part = pairs[start : start + _PAIRS]
        one, other = ones[part[:, 0]], others[part[:, 1]]
        found[start : start + _PAIRS] = np.einsum("nk,nk->n", one, other)
    return found


def highest(rows: np.ndarray, values: np.ndarray, n_highest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the highest values of each row, and their ranks from 0."""
    order = np.lexsort((-values, rows))
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    kept = rank < n_highest
    return order[kept], rank[kept]


def _flat(described: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(described.reshape(len(described), -1))


def _blocks(rows: np.ndarray, others: np.ndarray, first: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the first column and the correlations of all rows with a block of columns.

    The array is used again for the next block.
    """
    buffer = np.empty(len(rows) * _BLOCK, np.float32)
    for start in range(first, len(others), _BLOCK):
        block = others[start : start + _BLOCK]
        correlation = buffer[: len(rows) * len(block)].reshape(len(rows), len(block))
        yield start, np.matmul(rows, block.T, out=correlation)


def _at_least(correlation: np.ndarray, bound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of what reaches the bound of its row."""
    places = np.flatnonzero(correlation >= bound[:, None])
    return np.divmod(places, correlation.shape[1])


def on_threads(task: Callable[[int], np.ndarray], n: int, block: int) -> list[np.ndarray]:
    """Run a task for the start of each block of *n* things, on all cores.

    Each task has one BLAS thread, so that what it returns does not depend on the
    number of cores.
    """
    with threadpool_limits(1, "blas"):
        return Parallel(-1, prefer="threads")(delayed(task)(i) for i in range(0, n, block))
