"""What the model that answers was trained on: labels by pixels, and some pictures to show.

Floor 7: reads one table.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.errors import TableError
from sklimg.serve.pictures import is_upload
from sklimg.table import read_blocks

__all__ = ["MOST_SHOWN", "Learned", "read_learned"]

MOST_SHOWN = 48  # pictures of a class
_MOST_BYTES = 2**25  # of pictures of all classes


class Learned(NamedTuple):
    """What stands in a table.

    Attributes
    ----------
    labels : dict of bytes to str
        By the digests of pixels; without images that were uploaded, whose labels may change.
    first : dict of str to list of ndarray of shape (n_pixels,), uint8
        The first images of each label.
    is_damaged : bool
        Whether it cannot be read, and nothing is known.
    """

    labels: dict[bytes, str]
    first: dict[str, list[np.ndarray]]
    is_damaged: bool = False


def read_learned(table: Path) -> Learned:
    """Return what stands in a table; nothing, and that it is damaged, if it cannot be read."""
    labels: dict[bytes, str] = {}
    first: dict[str, list[np.ndarray]] = {}
    n_bytes = 0
    try:
        for block in read_blocks(table):
            digests = pixel_digests(block.pixels)
            rows = zip(digests, block.labels, block.paths, block.pixels, strict=True)
            for digest, label, path, row in rows:
                if not is_upload(path):
                    labels[digest.tobytes()] = label
                shown = first.setdefault(label, [])
                if len(shown) < MOST_SHOWN and n_bytes < _MOST_BYTES:
                    shown.append(row.copy())
                    n_bytes += row.nbytes
    except TableError:
        return Learned({}, {}, is_damaged=True)
    return Learned(labels, first)
