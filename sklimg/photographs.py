"""Near copies among photographs: mirrored, turned, cropped, shifted, in other light.

Each image is compared with its nearest neighbours in any of eight positions, and
laid on those that are not close as they stand.

Floor 2: works on arrays, prints nothing.
"""

import numpy as np

from sklimg.alignment import aligned_correlation
from sklimg.groups import join_pairs
from sklimg.neighbours import correlations, highest, nearest, room
from sklimg.thumbnails import COARSE, FINE, N_POSITIONS, describe_all, in_position, turned

__all__ = ["are_alike", "photo_pairs"]

_N_NEAREST = 30  # neighbours of an image, in any position, that it is laid on
_WORTH_ALIGNING = 0.5  # correlation of the coarse descriptions
_SHARE = 0.18  # of the room, up to which images are near copies
_TAIL = 4.0  # upper quarters; correlations of photographs are about normal
_LEAST = 0.85  # correlation of near copies
_ALIKE = (25, 0.7)  # correlation with the neighbour of this rank, where everything is alike
_ALIKE_SAMPLE = 64  # images whose neighbours are looked at
_GAP = 3.0  # times as far as the last copy is the next neighbour
_APART = 0.2  # of the images have copies that stand apart


def photo_pairs(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of near copies among photographs, in any position.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side), float32
        Thumbnails.

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2), int
    is_moved : ndarray of shape (n_pairs,), bool
        Whether the one had to be mirrored, turned, shifted or zoomed to be
        found a copy of the other.
    """
    fine = describe_all(images, FINE)
    pairs, positions = nearest(describe_all(images, COARSE), _N_NEAREST, _WORTH_ALIGNING)
    least = np.maximum(1 - _SHARE * room(fine, _TAIL)[pairs].min(axis=1), _LEAST)
    values = np.empty(len(pairs), np.float32)
    for position in range(N_POSITIONS):
        here = np.flatnonzero(positions == position)
        values[here] = correlations(fine, in_position(fine, position), pairs[here])
    is_moved = (positions != 0) | (values < least)
    groups = join_pairs(pairs[values >= least], len(images))
    apart = (values < least) & (groups[pairs[:, 0]] != groups[pairs[:, 1]])
    _align(images, pairs, positions, values, np.flatnonzero(apart))
    found = values >= least
    return pairs[found], is_moved[found]


def are_alike(images: np.ndarray) -> bool:
    """Tell whether all images are alike if only they are turned and shifted enough.

    So are symbols and garments: every image has that many others that look like
    it that mirrored copies cannot be told from others of their kind. They can
    where copies stand apart, as they do in a set that somebody augmented: between
    an image's last copy and its next neighbour, there is a gap.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side), float32
        Thumbnails, in random order.

    References
    ----------
    David G. Lowe, "Distinctive image features from scale-invariant keypoints",
    2004; the gap is that of its ratio test.
    """
    coarse = describe_all(images, COARSE)
    pairs, positions = nearest(coarse, _N_NEAREST, _WORTH_ALIGNING, _ALIKE_SAMPLE)
    values = np.empty(len(pairs), np.float32)
    _align(images, pairs, positions, values, np.arange(len(pairs)))
    ranked = _ranked(pairs, values, len(images))[:_ALIKE_SAMPLE]
    rank, least = _ALIKE
    has_gap = (ranked[:, :-1] >= _LEAST) & (1 - ranked[:, 1:] >= _GAP * (1 - ranked[:, :-1]))
    stand_apart = np.mean(np.any(has_gap, axis=1)) >= _APART
    return bool(np.median(ranked[:, rank - 1]) > least and not stand_apart)


def _align(
    images: np.ndarray,
    pairs: np.ndarray,
    positions: np.ndarray,
    values: np.ndarray,
    which: np.ndarray,
) -> None:
    """Set the values of some pairs to their correlation when one is laid on the other."""
    for position in range(N_POSITIONS):
        here = which[positions[which] == position]
        values[here] = aligned_correlation(images, turned(images, position), pairs[here])


def _ranked(pairs: np.ndarray, values: np.ndarray, n_images: int) -> np.ndarray:
    """Return the values of each image's neighbours, the highest first, then zeros."""
    rows, values = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([values, values])
    kept, ranks = highest(rows, values, _N_NEAREST)
    ranked = np.zeros((n_images, _N_NEAREST), np.float32)
    ranked[rows[kept], ranks] = np.maximum(values[kept], 0)
    return ranked
