"""IDX pairs, the format of MNIST and Fashion-MNIST: an images and a labels file.

Floor 1: reads files, prints nothing.

References
----------
Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten
digits", 1998.
"""

import gzip
import struct
from pathlib import Path

import numpy as np

from sklimg.errors import TableError
from sklimg.spec import ImageSpec

__all__ = ["is_idx", "read_pair"]

_IMAGES, _LABELS = 0x803, 0x801  # type unsigned byte, 3 and 1 dimensions


def is_idx(path: Path) -> bool:
    """Tell by its name whether a file is the images file of an IDX pair."""
    return "idx3" in path.name and "ubyte" in path.name


def read_pair(path: Path) -> tuple[np.ndarray, np.ndarray, ImageSpec]:
    """Read the images file of a pair, and the labels file found beside it by name.

    Parameters
    ----------
    path : Path
        The images file, packed by gzip or not.

    Returns
    -------
    pixels : ndarray of shape (n_images, side * side), uint8
    labels : ndarray of shape (n_images,) of str
    spec : ImageSpec

    Raises
    ------
    TableError
        If a file is damaged, or the two do not fit.
    FileNotFoundError
        If the labels file is missing.
    """
    labels_name = path.name.replace("images", "labels").replace("idx3", "idx1")
    labels_path = path.with_name(labels_name)
    (n_images, height, width), pixels = _read(path, _IMAGES, 3)
    if not n_images:
        raise TableError(f"{path}: expected images, got none")
    if height != width:
        raise TableError(f"{path}: expected square images, got {height}x{width}")
    if not labels_path.exists():
        raise TableError(f"{path}: expected its labels in {labels_name} beside it, found none")
    (n_labels,), labels = _read(labels_path, _LABELS, 1)
    if n_labels != n_images:
        raise TableError(f"{labels_path}: expected {n_images} labels, got {n_labels}")
    return pixels.reshape(n_images, -1), labels.astype(str), ImageSpec(side=height)


def _read(path: Path, magic: int, n_sizes: int) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the sizes and the bytes of one file, both checked."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    head = 4 * (1 + n_sizes)
    if len(data) < head or struct.unpack_from(">I", data)[0] != magic:
        raise TableError(f"{path}: expected an IDX file that starts with {magic:#010x}")
    sizes = struct.unpack_from(f">{n_sizes}I", data, 4)
    if len(data) != head + int(np.prod(sizes, dtype=object)):
        raise TableError(f"{path}: expected {sizes} bytes after the header, got {len(data) - head}")
    return sizes, np.frombuffer(data, np.uint8, offset=head)
