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

__all__ = ["look_around", "photo_pairs"]

_N_NEAREST = 30  # neighbours of an image, in any position, that it is laid on
_WORTH_ALIGNING = 0.5  # correlation of the coarse descriptions
_SHARE = 0.18  # of the room, up to which images are near copies
_TAIL = 4.0  # upper quarters; correlations of photographs are about normal
_LEAST = 0.85  # correlation of near copies
_LOOKED_AT = 64  # images whose neighbours tell how they all stand
_CROWDED = (25, 0.7)  # correlation with the neighbour of this rank, where it is crowded
_GAP = 3.0  # times as far as the last copy is the next neighbour
_APART = 0.2  # of the images have copies that stand apart


def photo_pairs(images: np.ndarray, must_stand_apart: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of near copies among photographs, in any position.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side), float32
        Thumbnails.
    must_stand_apart : bool
        Whether a gap has to part the copies of an image from its other
        neighbours; see `look_around`.

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
    values, is_moved = _compared(fine, pairs, positions, least)
    far = values < least
    if not must_stand_apart:  # those of one group already need not be laid on each other
        groups = join_pairs(pairs[~far], len(images))
        far &= groups[pairs[:, 0]] != groups[pairs[:, 1]]
    _align(images, pairs, positions, values, np.flatnonzero(far))
    found = values >= least
    if must_stand_apart:
        ranked, _ = _ranked(pairs, values, is_moved, len(images))
        last = np.where(_ends_in_gap(ranked), ranked, 2).min(axis=1)  # the last copy; 2 for none
        found &= values >= last[pairs].max(axis=1)
    return pairs[found], is_moved[found]


def look_around(images: np.ndarray) -> tuple[bool, bool]:
    """Tell how a sample of images stands among its neighbours, turned as need be.

    Symbols and garments are crowded: every one has that many others that look
    like it that turned copies cannot be told from others of their kind. They can
    in a set that somebody augmented: between an image's last copy and its next
    neighbour, there is a gap.

    Parameters
    ----------
    images : ndarray of shape (n_images, side, side), float32
        Thumbnails, in random order.

    Returns
    -------
    is_crowded : bool
        Whether even the 25th neighbour of most images is much like it.
    stand_apart : bool
        Whether a fifth of the images has copies before a gap, some of them moved.

    References
    ----------
    David G. Lowe, "Distinctive image features from scale-invariant keypoints",
    2004; the gap is that of its ratio test.
    """
    coarse = describe_all(images, COARSE)
    pairs, positions = nearest(coarse, _N_NEAREST, _WORTH_ALIGNING, _LOOKED_AT)
    used = np.union1d(np.arange(min(_LOOKED_AT, len(images))), pairs)  # the others play no part
    images, pairs = images[used], np.searchsorted(used, pairs)
    fine = describe_all(images, FINE)
    values, is_moved = _compared(fine, pairs, positions, np.full(len(pairs), _LEAST))
    _align(images, pairs, positions, values, np.flatnonzero(values < _LEAST))
    ranked, moved = (array[:_LOOKED_AT] for array in _ranked(pairs, values, is_moved, len(images)))
    rank, least = _CROWDED
    any_moved = np.logical_or.accumulate(moved, axis=1)  # up to here
    apart = np.any(_ends_in_gap(ranked) & any_moved, axis=1)
    return bool(np.median(ranked[:, rank - 1]) > least), bool(np.mean(apart) >= _APART)


def _compared(
    fine: np.ndarray, pairs: np.ndarray, positions: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the correlations of pairs in their positions, and which are close only if moved."""
    values = np.empty(len(pairs), np.float32)
    for position in range(N_POSITIONS):
        here = np.flatnonzero(positions == position)
        values[here] = correlations(fine, in_position(fine, position), pairs[here])
    return values, (positions != 0) | (values < least)


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


def _ranked(
    pairs: np.ndarray, values: np.ndarray, is_moved: np.ndarray, n_images: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of each image's neighbours, the highest first, and which are moved."""
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]])
    values, is_moved = np.tile(values, 2), np.tile(is_moved, 2)
    kept, ranks = highest(rows, values, _N_NEAREST)
    ranked = np.zeros((n_images, _N_NEAREST), np.float32)
    moved = np.zeros((n_images, _N_NEAREST), bool)
    ranked[rows[kept], ranks] = np.maximum(values[kept], 0)
    moved[rows[kept], ranks] = is_moved[kept]
    return ranked, moved


def _ends_in_gap(ranked: np.ndarray) -> np.ndarray:
    """Tell after which neighbours, all before them being copies, there is a gap."""
    following = np.concatenate([ranked[:, 1:], ranked[:, -1:]], axis=1)
    return (ranked >= _LEAST) & (1 - following >= _GAP * (1 - ranked))
