"""Decode plain JPEGs, which most photos are, by the shortest way.

Pillow's own way through `Image.open` costs as much Python as a quarter of the
decoding of a small photo. Here the header is skimmed for the size and the bytes
go straight to the same decoder with the same settings, so the pixels are the
same. Whatever is not plain, or damaged, is left to Pillow.

Floor 1: knows the markers of a JPEG; raises nothing.
"""

from typing import BinaryIO

from PIL import Image

__all__ = ["count_scans", "small_jpeg"]

_BASELINE = (0xC0, 0xC1)  # markers of frames that are decoded in one pass
_START_OF_SCAN = 0xDA
_HARMLESS = (0xC4, 0xDB, 0xDD, 0xE0, 0xEE, 0xFE)  # tables, JFIF, Adobe, comment: no turn, no MPO
_CHUNK = 1 << 24  # bytes
_SCALES = (8, 4, 2, 1)  # what a JPEG can be divided by while it is decoded


def small_jpeg(data: bytes, mode: str, least: int, most: int) -> Image.Image | None:
    """Decode a plain JPEG at a half, a quarter or an eighth of its size.

    Parameters
    ----------
    data : bytes
    mode : {"L", "RGB"}
    least : int
        Pixels that no side falls below by the division.
    most : int
        Pixels to decode at most.

    Returns
    -------
    image : Image or None
        None for what is not a plain JPEG, is damaged, or is too large.
    """
    try:
        height, width = _plain_size(data)
        scale = next((s for s in _SCALES if min(height, width) // least >= s), 1)
        size = ((width + scale - 1) // scale, (height + scale - 1) // scale)
        if size[0] * size[1] > most:
            return None
        image = Image.new(mode, size, None)
        image.frombytes(data, "jpeg", mode, "", scale, 0)
        return image
    except (IndexError, ValueError):
        return None


def count_scans(file: BinaryIO) -> int:
    """Return at most how often the decoder of a JPEG goes over all its pixels.

    The file is read from its start to its end.
    """
    file.seek(0)
    n_scans, last = 0, b""
    while data := file.read(_CHUNK):
        n_scans += (last + data).count(b"\xff\xda")  # no pixels look like it; a thumbnail has one
        last = data[-1:]
    return n_scans


def _plain_size(data: bytes) -> tuple[int, int]:
    """Return the (height, width) in the header of a plain JPEG; else raise ValueError."""
    if not data.startswith(b"\xff\xd8\xff"):
        raise ValueError("not a JPEG")
    at, size, n_colours = 2, (0, 0), 0
    while (marker := data[at + 1]) != _START_OF_SCAN or not n_colours:
        if marker in _BASELINE:
            bits, n_colours = data[at + 4], data[at + 9]
            if bits != 8 or n_colours not in (1, 3):
                raise ValueError("not of the plain kind")
            size = data[at + 5] << 8 | data[at + 6], data[at + 7] << 8 | data[at + 8]
        elif marker not in _HARMLESS:
            raise ValueError("not of the plain kind")
        at += 2 + (data[at + 2] << 8 | data[at + 3])
        if data[at] != 0xFF:
            raise ValueError("damaged")
    if not min(size) or data[at + 4] != n_colours:
        raise ValueError("no pixels, or colours one after the other")
    return size
