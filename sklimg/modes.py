"""Bring every kind of pixels that Pillow knows to grey or colour.

=====================  ==========================================================
in the file            in the array
=====================  ==========================================================
1 bit                  0 and 255
8-bit grey, RGB        as they are
16-bit grey            divided by 257
floating point         times 255 when nothing exceeds 1, else cut to 0-255
palette, CMYK, YCbCr   converted to RGB
alpha of any kind      laid on white paper
=====================  ==========================================================

RGB becomes grey by the ITU-R 601 luma weights, as in Pillow. Large images are
converted band by band, so that no second copy of all of them is made.

Floor 1: works on loaded images.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

__all__ = ["GREY_MODES", "as_array", "as_mode"]

GREY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_BAND = 2_000_000  # pixels that are converted at a time


def as_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert a loaded image to *mode*, L or RGB."""
    if image.mode == mode and not image.has_transparency_data:
        return image
    if image.width * image.height <= _BAND:
        return _converted(image, mode, _unit(image))
    whole = Image.new(mode, image.size)
    for top, band in _bands(image, mode):
        whole.paste(band, (0, top))
    return whole


def as_array(image: Image.Image, mode: str) -> np.ndarray:
    """Return what `as_mode` converts to as an array of (height, width) or (height, width, 3)."""
    shape = (image.height, image.width) if mode == "L" else (image.height, image.width, 3)
    pixels = np.empty(shape, np.uint8)
    for top, band in _bands(image, mode):
        pixels[top : top + band.height] = np.asarray(band)
    return pixels


def _bands(image: Image.Image, mode: str) -> Iterator[tuple[int, Image.Image]]:
    """Yield (first row, converted rows) from top to bottom."""
    unit = _unit(image)
    for top, band in _cut(image):
        yield top, _converted(band, mode, unit)


def _cut(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield (first row, rows) of a few million pixels each."""
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _unit(image: Image.Image) -> int:
    """Return what the floating point numbers of an image are to be multiplied by."""
    if image.mode != "F":
        return 1
    return 255 if max(_finite(band).max() for _, band in _cut(image)) <= 1 else 1


def _finite(image: Image.Image) -> np.ndarray:
    return np.nan_to_num(np.asarray(image, np.float32), posinf=255.0, neginf=0.0)


def _converted(image: Image.Image, mode: str, unit: int) -> Image.Image:
    """Convert an image, or a band of one."""
    if image.mode == "F":
        values = np.clip(np.rint(_finite(image) * unit), 0, 255)
        image = Image.fromarray(values.astype(np.uint8))
    elif image.mode.startswith("I"):
        values = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        image = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    if image.mode not in (mode, "L", "1", "RGB"):
        image = image.convert("RGB")  # the way to grey leads over colour, whatever the file
    return image if image.mode == mode else image.convert(mode)
