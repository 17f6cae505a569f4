"""Open a picture with Pillow, if its format is allowed and its size can be borne.

Floor 1: reads headers, decodes no pixels.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from sklimg.errors import ImageError
from sklimg.formats import FORMATS, MAX_PIXELS, cut_error, unknown_error
from sklimg.jpeg import count_scans

__all__ = ["check_size", "load_formats", "opened_image"]

_MAX_WORK = 50 * MAX_PIXELS  # a progressive JPEG has about ten scans


def load_formats() -> None:
    """Import Pillow's decoders now, which it does when it meets an odd file otherwise."""
    Image.init()


@contextmanager
def opened_image(file: BinaryIO, where: str) -> Iterator[Image.Image]:
    """Let Pillow open a file; *where* is what messages call it.

    Raises
    ------
    ImageError
        If it is no picture of an allowed format and size, or a trap for decoders.
    """
    head = file.read(32)
    n_bytes = file.seek(0, 2)
    file.seek(0)
    if head[8:12] == b"WEBP" and n_bytes < 8 + int.from_bytes(head[4:8], "little"):
        raise cut_error(where)  # its decoder does not tell this from other damage
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as err:
        raise unknown_error(head, where) from err
    with image:
        check_size(image, where)
        if image.format in ("JPEG", "MPO"):
            _check_scans(image, file, where)
        yield image


def check_size(image: Image.Image, where: str) -> None:
    """Raise an ImageError if an image has too many pixels."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{where}: expected at most {MAX_PIXELS // 10**6} million pixels, "
            f"got {height}x{width}; shrink it first",
            "too_large",
        )


def _check_scans(image: Image.Image, file: BinaryIO, where: str) -> None:
    """Raise if a JPEG goes over its pixels so often that a small file takes minutes."""
    place = file.tell()
    n_scans = count_scans(file)
    file.seek(place)
    if n_scans * image.width * image.height > _MAX_WORK:
        raise ImageError(
            f"{where}: expected a JPEG of a few scans, got {n_scans}; save it anew", "too_large"
        )
