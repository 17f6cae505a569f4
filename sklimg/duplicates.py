"""Copies and near copies: rows that show the same picture and must stay together.

Two images are copies when their pixels are equal, and near copies when they are
far closer to each other than each of them is to others of this data set. How
close those are is learned from the data, so that more is asked of symbols, which
are all alike, than of photographs.

As a turned 6 is a 9, symbols are compared as they stand, and all else is turned,
mirrored and laid on each other. Symbols are what shows thin strokes on paper,
what is alike in layout and in any position, and what the labels tell to become
another thing when it is turned.

Floor 2: works on arrays, prints nothing.
"""

from dataclasses import dataclass

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.errors import UsageError
from sklimg.groups import group_copies, join_pairs
from sklimg.looks import INK_SHARE, show_strokes
from sklimg.names import TURNED
from sklimg.neighbours import close_pairs, correlations, room
from sklimg.photographs import look_around, photo_pairs
from sklimg.spec import ImageSpec
from sklimg.thumbnails import COARSE, FINE, MIDDLE, describe_all, thumbnails

__all__ = ["Copies", "find_copies"]

_SAMPLE = 1000  # images that tell whether all have a layout in common
_COMMON_LAYOUT = 0.27  # mean correlation: photographs have 0.0 to 0.2, centred things 0.3 to 0.8
_SHARE = 0.05  # of the room, up to which images as they stand are near copies
_CONTRARY = (5, 0.15)  # pairs, and share of them, with two labels: turning changes the thing
_RATHER = 3.0  # times as often as among pairs that nobody turned, where some labels are wrong


@dataclass(frozen=True)
class Copies:
    """What `find_copies` found.

    Attributes
    ----------
    exact : ndarray of shape (n_images,), int
        Index of the first row with the same pixels.
    groups : ndarray of shape (n_images,), int
        Index of the first row of the same picture, near copies included.
    turned : bool
        Whether mirrored, turned, cropped and shifted copies were looked for.
    contrary : float
        Share of the pairs of such copies that have two labels, where that is
        why they were not taken for copies; else 0.
    """

    exact: np.ndarray
    groups: np.ndarray
    turned: bool
    contrary: float = 0.0

    @property
    def notes(self) -> list[str]:
        """What a person should know, one line each."""
        if not self.contrary:
            return []
        return [
            f"turned pictures were not taken for copies, as {self.contrary:.0%} of such pairs "
            "have two labels; if labels are wrong, pass --turned yes"
        ]


def find_copies(
    pixels: np.ndarray,
    spec: ImageSpec,
    *,
    labels: np.ndarray | None = None,
    digests: np.ndarray | None = None,
    turned: str = TURNED[0],
) -> Copies:
    """Find copies and near copies.

    Parameters
    ----------
    pixels : ndarray of shape (n_images, n_pixels), uint8
    spec : ImageSpec
    labels : ndarray of shape (n_images,) of str, optional
        They may tell that a turned picture is another; empty ones tell nothing.
    digests : ndarray of shape (n_images,), uint64, optional
        As `pixel_digests` returns them.
    turned : {"auto", "yes", "no"}, default="auto"
        Whether a mirrored, turned, cropped or shifted picture is the same
        picture; "auto" judges by the data.

    Returns
    -------
    copies : Copies
        They do not depend on the order of the rows.

    Raises
    ------
    UsageError
        For another word than those.
    """
    if turned not in TURNED:
        raise UsageError(f"turned: expected one of {', '.join(TURNED)}, got {turned!r}")
    digests = pixel_digests(pixels) if digests is None else digests
    _, rows, inverse = np.unique(digests, return_index=True, return_inverse=True)
    images = thumbnails(pixels, rows, spec)
    is_turned, is_crowded, stand_apart = turned == "yes", False, True
    if turned != "no" and _has_common_layout(images):
        is_crowded, stand_apart = look_around(images)
    if turned == "auto":
        are_symbols = np.mean(show_strokes(images[:_SAMPLE])) >= INK_SHARE
        is_turned = not are_symbols and (stand_apart or not is_crowded)
    contrary = 0.0
    if is_turned:
        pairs, is_moved = photo_pairs(images, must_stand_apart=not stand_apart)
        if turned == "auto" and labels is not None:
            contrary = _contrary(pairs, is_moved, labels[rows])
            is_turned = not contrary
    if not is_turned:
        pairs = _upright_pairs(images)
    groups = group_copies(join_pairs(pairs, len(rows))[inverse])
    return Copies(rows[inverse], groups, is_turned, contrary)


def _upright_pairs(images: np.ndarray) -> np.ndarray:
    """Return pairs of near copies among images that are compared as they stand."""
    middle, fine = describe_all(images, MIDDLE), describe_all(images, FINE)
    least = 1 - _SHARE * room(fine)

    def is_close(pairs: np.ndarray) -> np.ndarray:
        return correlations(fine, fine, pairs) >= least[pairs].max(axis=1)

    return close_pairs(middle, 1 - 2 * _SHARE * room(middle), is_close)


def _has_common_layout(images: np.ndarray) -> bool:
    """Tell whether two different images are alike on average, as they stand."""
    sample = describe_all(images[:_SAMPLE], COARSE)
    n = len(sample)
    of_pairs = np.sum(sample.sum(axis=0) ** 2) - np.sum(sample**2)
    return bool(of_pairs > _COMMON_LAYOUT * n * (n - 1))


def _contrary(pairs: np.ndarray, is_moved: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of moved pairs whose labels differ; 0 if that may be by mistake.

    Labels that are wrong differ as often in pairs of which nobody moved one.
    """
    one, other = labels[pairs].T
    is_known = (one != "") & (other != "")
    differ = one != other
    moved, unmoved = differ[is_moved & is_known], differ[~is_moved & is_known]
    (least, share), n_contrary = _CONTRARY, int(moved.sum())
    by_mistake = np.mean(unmoved) if len(unmoved) else 0.0
    if n_contrary < max(least, share * len(moved)) or moved.mean() < _RATHER * by_mistake:
        return 0.0
    return float(moved.mean())
