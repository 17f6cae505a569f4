"""What the model that answers was trained on: labels by pixels, and some pictures to show.

Floor 7: reads one table.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.errors import TableError
from sklimg.table import read_blocks

__all__ = ["MOST_SHOWN", "Learned", "read_learned"]

MOST_SHOWN = 48  # pictures of a class


class Learned(NamedTuple):
    """What stands in a table.

    Attributes
    ----------
    labels : dict of bytes to str
        By the digests of pixels.
    first : dict of str to list of ndarray of shape (n_pixels,), uint8
        The first images of each label.
    """

    labels: dict[bytes, str]
    first: dict[str, list[np.ndarray]]


def read_learned(table: Path) -> Learned:
    """Return what stands in a table; nothing if it cannot be read, which retraining tells."""
    labels: dict[bytes, str] = {}
    first: dict[str, list[np.ndarray]] = {}
    try:
        for block in read_blocks(table):
            digests = pixel_digests(block.pixels)
            for digest, label, row in zip(digests, block.labels, block.pixels, strict=True):
                labels[digest.tobytes()] = label
                shown = first.setdefault(label, [])
                if len(shown) < MOST_SHOWN:
                    shown.append(row.copy())
    except TableError:
        return Learned({}, {})
    return Learned(labels, first)
