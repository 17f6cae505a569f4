"""Groups of copies: rows that show the same picture and must stay together.

Two images are copies when their pixels are equal, and near copies when they are
far closer to each other than each of them is to the most alike images of this
data set. How close those are is learned from a sample, so that more is asked of
symbols, which are all alike, than of photographs.

Symbols and other things that stand in the middle have a layout in common; as a
turned 6 is a 9, they are compared as they stand. Photographs have none: they are
compared in all eight positions and laid on each other, so that mirrored, turned,
cropped, zoomed, shifted, darkened and brightened copies are found.

Floor 2: works on arrays, prints nothing.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sklimg.alignment import aligned_correlation
from sklimg.neighbours import close_pairs, nearest, on_threads
from sklimg.spec import ImageSpec
from sklimg.thumbnails import (
    COARSE,
    FINE,
    MIDDLE,
    N_POSITIONS,
    describe_all,
    in_position,
    thumbnails,
    turned,
)

__all__ = [
    "Copies",
    "find_copies",
    "group_copies",
    "join_groups",
    "label_conflicts",
    "pixel_digests",
]

_SAMPLE = 1000  # images that tell how alike this data is
_MOST_ALIKE = 0.98  # quantile of the correlations with them
_LEAST_ROOM = 0.1  # where the sample holds copies itself, images are this far apart at least
_COMMON_LAYOUT = 0.27  # mean correlation: photographs have 0.0 to 0.2, centred things 0.3 to 0.5
_TILE_SHARE = 0.05  # of the room, up to which tiles are near copies
_PHOTO_SHARE = 0.18
_PHOTO_TAIL = 4.0  # upper quarters; correlations of photographs are about normal
_PHOTO_LEAST = 0.85  # correlation of near copies among photographs
_N_NEAREST = 30  # neighbours of a photograph, in any position, that are laid on it
_WORTH_ALIGNING = 0.5  # correlation of the coarse descriptions
_BLOCK = 4096  # rows or pairs at a time


@dataclass(frozen=True)
class Copies:
    """What `find_copies` found.

    Attributes
    ----------
    exact : ndarray of shape (n_images,), int
        Index of the first row with the same pixels.
    groups : ndarray of shape (n_images,), int
        Index of the first row of the same picture, near copies included.
    is_photos : bool
        Whether images were compared in all positions.
    """

    exact: np.ndarray
    groups: np.ndarray
    is_photos: bool


def find_copies(
    pixels: np.ndarray,
    spec: ImageSpec,
    digests: np.ndarray | None = None,
    is_photos: bool | None = None,
) -> Copies:
    """Find copies and near copies.

    Parameters
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8
    spec : ImageSpec
    digests : ndarray of shape (n_images,), uint64, optional
        As `pixel_digests` returns them.
    is_photos : bool, optional
        Whether mirrored, turned, cropped and shifted copies are looked for; by
        default where images are no ink on paper and have no layout in common.

    Returns
    -------
    copies : Copies
    """
    exact = group_copies(pixel_digests(pixels) if digests is None else digests)
    rows = np.unique(exact)
    images = thumbnails(pixels, rows, spec)
    if is_photos is None:
        is_photos = spec.invert != "auto" and not _has_common_layout(images)
    pairs = _photo_pairs(images) if is_photos else _tile_pairs(images)
    groups = rows[_joined(pairs, len(rows))]
    return Copies(exact, groups[np.searchsorted(rows, exact)], bool(is_photos))


def pixel_digests(pixels: np.ndarray) -> np.ndarray:
    """Return a 64-bit digest of each row of *pixels*; equal rows, equal digests.

    Parameters
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8

    Returns
    -------
    digests : ndarray of shape (n_images,), uint64
        From BLAKE2b; two different rows among a million share one with a
        probability under 1e-7.
    """
    rows = np.ascontiguousarray(pixels)
    joined = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in rows)
    return np.frombuffer(joined, np.uint64)


def group_copies(digests: np.ndarray) -> np.ndarray:
    """Return for each row the index of the first row with the same digest.

    Parameters
    ----------
    digests : ndarray of shape (n_images,), uint64

    Returns
    -------
    groups : ndarray of shape (n_images,), int

    Examples
    --------
    >>> group_copies(pixel_digests(np.array([[1, 2], [3, 4], [1, 2]], np.uint8))).tolist()
    [0, 1, 0]
    """
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    return first[inverse]


def join_groups(copies: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return groups in which neither copies nor rows of one given group are apart.

    Parameters
    ----------
    copies, given : ndarray of shape (n_images,)
        Two groupings of the same rows; an empty given group groups nothing.

    Returns
    -------
    groups : ndarray of shape (n_images,), int
        Index of the first row of each group.
    """
    named = np.flatnonzero(given != "")
    _, first, inverse = np.unique(given[named], return_index=True, return_inverse=True)
    same_given = np.stack([named, named[first][inverse]], axis=1)
    same_copies = np.stack([np.arange(len(copies)), group_copies(copies)], axis=1)
    return _joined(np.concatenate([same_given, same_copies]), len(copies))


def label_conflicts(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the groups that hold rows of more than one label.

    Parameters
    ----------
    groups : ndarray of shape (n_images,), int
        Index of the first row of each row's group.
    labels : ndarray of shape (n_images,) of str
        Empty ones do not count.

    Returns
    -------
    conflicts : ndarray of int

    Examples
    --------
    >>> labels = np.array(["6", "9", "6", "7"], object)
    >>> label_conflicts(np.array([0, 0, 2, 3]), labels).tolist()
    [0]
    """
    known = labels != ""
    pairs = sorted(set(zip(groups[known].tolist(), labels[known], strict=True)))
    values, counts = np.unique([group for group, _ in pairs], return_counts=True)
    return values[counts > 1].astype(int)


def _tile_pairs(images: np.ndarray) -> np.ndarray:
    """Return pairs of near copies among images that are compared as they stand."""
    middle, fine = describe_all(images, MIDDLE), describe_all(images, FINE)
    pairs = close_pairs(middle, 1 - 2 * _TILE_SHARE * _room(middle))
    least = 1 - _TILE_SHARE * _room(fine)[pairs].min(axis=1)
    return pairs[_correlations(fine, fine, pairs) >= least]


def _photo_pairs(images: np.ndarray) -> np.ndarray:
    """Return pairs of near copies among photographs, in any position."""
    fine = describe_all(images, FINE)
    pairs, positions = nearest(describe_all(images, COARSE), _N_NEAREST, _WORTH_ALIGNING)
    room = _room(fine, _PHOTO_TAIL)
    least = np.maximum(1 - _PHOTO_SHARE * room[pairs].min(axis=1), _PHOTO_LEAST)
    found = np.zeros(len(pairs), bool)
    for position in range(N_POSITIONS):
        here = np.flatnonzero(positions == position)
        found[here] = _correlations(fine, in_position(fine, position), pairs[here]) >= least[here]
    groups = _joined(pairs[found], len(images))
    apart = np.flatnonzero(groups[pairs[:, 0]] != groups[pairs[:, 1]])
    for position in range(N_POSITIONS):
        here = apart[positions[apart] == position]
        moving = turned(images, position)
        found[here] = aligned_correlation(images, moving, pairs[here]) >= least[here]
    return pairs[found]


def _has_common_layout(images: np.ndarray) -> bool:
    """Tell whether two different images are alike on average, as they stand."""
    sample = describe_all(images[_spread(len(images))], COARSE)
    n = len(sample)
    of_pairs = np.sum(sample.sum(axis=0) ** 2) - np.sum(sample**2)
    return bool(of_pairs > _COMMON_LAYOUT * n * (n - 1))


def _spread(n_images: int) -> np.ndarray:
    """Return the rows of a sample, evenly spread."""
    return np.unique(np.linspace(0, n_images - 1, _SAMPLE).astype(int))


def _room(described: np.ndarray, tail: float | None = None) -> np.ndarray:
    """Return how far each image is from those of the data that are most like it.

    Those may be copies, where there are many; then the middle of the correlations
    tells where the others end, *tail* times as far above it as its upper quarter.
    """
    flat = described.reshape(len(described), -1)
    sample = flat[_spread(len(flat))]
    ranks = [int(share * (len(sample) - 1)) for share in (0.5, 0.75, _MOST_ALIKE)]

    def within(start: int) -> np.ndarray:
        alike = np.partition(flat[start : start + _BLOCK] @ sample.T, ranks, axis=1)
        half, upper, most = (alike[:, rank] for rank in ranks)
        return 1 - (most if tail is None else np.minimum(most, half + tail * (upper - half)))

    return np.maximum(np.concatenate(on_threads(within, len(flat), _BLOCK)), _LEAST_ROOM)


def _correlations(described: np.ndarray, others: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the correlation of the first of each pair with the second among *others*."""
    found = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), _BLOCK):
        part = pairs[start : start + _BLOCK]
        one, other = described[part[:, 0]], others[part[:, 1]]
        found[start : start + _BLOCK] = np.einsum("nij,nij->n", one, other)
    return found


def _joined(pairs: np.ndarray, n_images: int) -> np.ndarray:
    """Return the first row of each row's group, the rows of a pair being in one."""
    links = coo_array((np.ones(len(pairs), bool), tuple(pairs.T)), shape=(n_images, n_images))
    _, component = connected_components(links, directed=False)
    return group_copies(component)
