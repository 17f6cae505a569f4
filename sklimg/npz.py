"""Tables of vectors as npz files: pixels and, as JSON, all that is text.

Texts are JSON, as numpy would cut their trailing zeros. The pixels of a new file
are collected in an unnamed file beside it, as the zip wants their number first.

Floor 1: reads and writes open files.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from sklimg.errors import TableError

__all__ = ["read_npz_blocks", "write_npz"]

_PIXELS, _ABOUT = "pixels.npy", "about.npy"  # in the zip, named as numpy.savez does
_CHUNK = 1 << 20  # bytes
_DAMAGES = (  # what zipfile, json and numpy raise on files that others wrote
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


def write_npz(
    file: BinaryIO,
    pixels: BinaryIO,
    n_pixels: int,
    columns: Mapping[str, Sequence[str]],
    spec: Mapping[str, Any] | None,
) -> None:
    """Write a table, byte for byte as ``numpy.savez_compressed`` would.

    Parameters
    ----------
    file : binary file
    pixels : binary file
        The raw pixels of all images, at its start.
    n_pixels : int
        Of one image.
    columns : mapping of str to sequence of str
        ``label``, ``path`` and further ones.
    spec : mapping or None
        The image spec.
    """
    n_images = len(columns["label"])
    about = np.frombuffer(json.dumps({"spec": spec, "columns": columns}).encode(), np.uint8)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open(_PIXELS, "w", force_zip64=True) as entry:
            shape = {"descr": "|u1", "fortran_order": False, "shape": (n_images, n_pixels)}
            npy.write_array_header_1_0(entry, shape)
            shutil.copyfileobj(pixels, entry, _CHUNK)
        with packed.open(_ABOUT, "w", force_zip64=True) as entry:
            npy.write_array(entry, about, allow_pickle=False)


def read_npz_blocks(
    file: BinaryIO, n_rows: int | None = None
) -> Iterator[tuple[np.ndarray, dict[str, list[str]], dict | None]]:
    """Read a table by blocks of *n_rows* images, or in one block.

    Parameters
    ----------
    file : binary file
    n_rows : int, optional

    Yields
    ------
    pixels : ndarray of shape (n_images, n_pixels), uint8
    columns : dict of str to list of str
    spec : dict or None
        The image spec, the same for all blocks.

    Raises
    ------
    TableError
        If it is another npz file.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            with packed.open(_ABOUT) as entry:
                _header(entry)
                about = json.loads(entry.read())
            columns, spec = about["columns"], about["spec"]
            with packed.open(_PIXELS) as entry:
                n_images, n_pixels = _shape(entry)
                _check_columns(columns, n_images)
                _check_size(n_images * n_pixels, packed.getinfo(_PIXELS).file_size - entry.tell())
                step = n_images if n_rows is None else n_rows
                for start in range(0, n_images, step):
                    pixels = _read_rows(entry, min(step, n_images - start), n_pixels)
                    texts = {name: v[start : start + step] for name, v in columns.items()}
                    yield pixels, texts, spec
    except _DAMAGES as err:
        raise TableError(f"expected a table written by make-csv: {err}; make it again") from err


def _header(entry: BinaryIO) -> tuple[int, ...]:
    """Read the header of an array of bytes; return its shape."""
    if npy.read_magic(entry) != (1, 0):
        raise ValueError("an array is in another version of the format")
    shape, is_fortran, dtype = npy.read_array_header_1_0(entry)
    if is_fortran or dtype != np.uint8:
        raise ValueError(f"an array has the shape {shape} and the type {dtype}")
    return shape


def _shape(entry: BinaryIO) -> tuple[int, int]:
    """Read the header of the pixels."""
    shape = _header(entry)
    if len(shape) != 2:
        raise ValueError(f"the pixels have the shape {shape}")
    return shape


def _check_columns(columns: Mapping[str, Sequence[str]], n_images: int) -> None:
    """Raise unless there is a text for each image in every column, labels among them."""
    if not n_images:
        raise ValueError("it holds no images")
    n_labels = len(columns["label"])
    for name, texts in columns.items():
        if len(texts) != n_images:
            of_column = "" if name == "label" else f", {len(texts)} of {name!r}"
            raise ValueError(f"{n_images} images, {n_labels} labels{of_column}")
        if strange := [text for text in texts if not _is_text(text)]:
            raise ValueError(f"it should have text in the column {name!r}, got {strange[0]!r}")


def _is_text(value: Any) -> bool:
    """Tell whether a value is text that UTF-8 can hold."""
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode()


def _check_size(expected: int, got: int) -> None:
    """Raise unless the pixels are neither fewer nor more than the header says."""
    if got != expected:
        raise ValueError(f"it should hold {expected} bytes of pixels by its header, got {got}")


def _read_rows(entry: BinaryIO, n_images: int, n_pixels: int) -> np.ndarray:
    """Read some images."""
    left = n_images * n_pixels
    pixels = np.empty(left, np.uint8)
    done = 0
    while done < left:
        data = entry.read(min(_CHUNK, left - done))
        if not data:
            raise ValueError(f"{left - done} pixels are missing")
        pixels[done : done + len(data)] = np.frombuffer(data, np.uint8)
        done += len(data)
    return pixels.reshape(n_images, n_pixels)
