"""Which descriptions are close to each other: all pairs, by blocked matrix products.

A block of correlations stays in the cache, and what is below its bound leaves no
trace in memory. Each block is one task of one thread, so results do not depend
on the number of cores.

Floor 2: works on arrays, prints nothing.
"""

from collections.abc import Callable, Iterator

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklimg.thumbnails import N_POSITIONS, in_position

__all__ = ["close_pairs", "nearest", "on_threads"]

_BLOCK = 2048  # rows and columns of a block: 16 MB of correlations


def close_pairs(described: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return pairs of rows whose correlation reaches the bounds of both.

    Parameters
    ----------
    described : ndarray of shape (n_images, kept, kept), float32
        As `describe_all` returns them.
    least : ndarray of shape (n_images,), float32

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2), int
        The smaller row first.
    """
    flat = described.reshape(len(described), -1)

    def within(start: int) -> np.ndarray:
        rows = slice(start, start + _BLOCK)
        found = []
        for first, correlation in _blocks(flat[rows], flat, start):
            pairs = np.stack(_at_least(correlation, least[rows]), axis=1) + [start, first]
            found.append(pairs[pairs[:, 0] < pairs[:, 1]])
        pairs = np.concatenate(found)
        correlation = np.einsum("nk,nk->n", flat[pairs[:, 0]], flat[pairs[:, 1]])
        return pairs[correlation >= least[pairs].max(axis=1)]

    return np.concatenate(on_threads(within, len(flat), _BLOCK))


def nearest(described: np.ndarray, n_nearest: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest neighbours of each row, mirrored or turned as need be.

    Parameters
    ----------
    described : ndarray of shape (n_images, kept, kept), float32
        As `describe_all` returns them.
    n_nearest : int
        Neighbours kept of each row.
    least : float
        Correlation of a neighbour at least.

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

    def within(start: int) -> np.ndarray:
        rows = slice(start, start + _BLOCK)
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
            kept = _highest(pairs[:, 0], values, n_nearest)
            pairs, values = pairs[kept], values[kept]
            full = np.flatnonzero(np.bincount(pairs[:, 0], minlength=len(bound)) == n_nearest)
            lowest = np.full(len(bound), np.inf, np.float32)
            np.minimum.at(lowest, pairs[:, 0], values)
            bound[full] = lowest[full]
        return pairs + [start, 0]

    pairs = np.unique(
        np.sort(np.concatenate(on_threads(within, len(flat), _BLOCK)), axis=1), axis=0
    )
    correlations = [
        np.einsum("nk,nk->n", flat[pairs[:, 0]], other[pairs[:, 1]]) for other in turned
    ]
    return pairs, np.argmax(correlations, axis=0)


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


def _highest(rows: np.ndarray, values: np.ndarray, n_highest: int) -> np.ndarray:
    """Return the indices of the highest values of each row."""
    order = np.lexsort((-values, rows))
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[rank < n_highest]


def on_threads(task: Callable[[int], np.ndarray], n: int, block: int) -> list[np.ndarray]:
    """Run a task for the start of each block of *n* things, on all cores.

    Each task has one BLAS thread, so that what it returns does not depend on the
    number of cores.
    """
    with threadpool_limits(1, "blas"):
        return Parallel(-1, prefer="threads")(delayed(task)(i) for i in range(0, n, block))
