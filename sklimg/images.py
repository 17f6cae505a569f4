"""Turn the bytes of a picture into pixels: the one place that decodes.

Sizes are (height, width); Pillow's (width, height) never leaves this module.
What the many kinds of pixels become:

=====================  ==========================================================
in the file            in the array
=====================  ==========================================================
1 bit                  0 and 255
8-bit grey, RGB        as they are
16-bit grey            divided by 257
floating point         times 255 when nothing exceeds 1, else cut to 0-255
palette, CMYK, YCbCr   converted to RGB
alpha of any kind      laid on white paper
several frames         the first; `read_pages` gives every page of a TIFF
orientation tag        applied; an unreadable tag counts as upright
=====================  ==========================================================

RGB becomes grey by the ITU-R 601 luma weights, as in Pillow.

Floor 1: knows errors and the spec; writes no file and prints nothing.
"""

import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from sklimg.errors import ImageError
from sklimg.formats import FORMATS, MAX_PIXELS, damaged_error, unknown_error
from sklimg.spec import ImageSpec

__all__ = ["encode_image", "image_size", "is_ink", "read_first", "read_image", "read_pages"]


_GREY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_TAG_ERRORS = (  # what getexif raises on damaged tags
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    struct.error,
    SyntaxError,
    TypeError,
    ValueError,
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(source: str | os.PathLike | bytes, spec: ImageSpec | None = None) -> np.ndarray:
    """Decode one picture and bring it to the size and mode of *spec*.

    Parameters
    ----------
    source : path or bytes
        An image file, or its content.
    spec : ImageSpec, optional
        28x28 grey pixels by default.

    Returns
    -------
    pixels : ndarray of shape (side, side) or (side, side, 3), uint8

    Raises
    ------
    ImageError
        If the source does not become pixels; its ``code`` names the reason.

    Examples
    --------
    >>> import numpy as np
    >>> white = encode_image(np.full((40, 30), 255, np.uint8))
    >>> read_image(white, ImageSpec(side=2))
    array([[255, 255],
           [255, 255]], dtype=uint8)
    """
    return read_first(source, spec or ImageSpec())[0]


def read_first(source: str | os.PathLike | bytes, spec: ImageSpec) -> tuple[np.ndarray, bool]:
    """Decode as `read_image` does, and tell whether the file holds further frames."""
    with _decoding(source) as image:
        has_more = bool(getattr(image, "is_animated", False))
        image.draft(spec.mode, (2 * spec.side, 2 * spec.side))  # JPEG decodes smaller, faster
        image.load()
        small = _fit(_as_mode(image, spec.mode), spec)
        turn = _TURNS.get(_orientation(image))
        pixels = np.array(small if turn is None else small.transpose(turn))
    if spec.invert == "yes" or (spec.invert == "auto" and np.median(pixels) > 127):
        pixels = 255 - pixels
    return pixels, has_more


def read_pages(source: str | os.PathLike | bytes) -> Iterator[np.ndarray]:
    """Decode a sheet at its full size: each page of a TIFF, else one picture.

    Parameters
    ----------
    source : path or bytes
        An image file, or its content.

    Yields
    ------
    sheet : ndarray of shape (height, width) or (height, width, 3), uint8
        Grey where the file is grey, else colour.

    Raises
    ------
    ImageError
        If a page does not become pixels; its ``code`` names the reason.
    """
    with _decoding(source) as image:
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
    for page in range(pages):
        with _decoding(source) as image:
            image.seek(page)
            _check_size(image, _name(source))
            image.load()
            plain = _as_mode(image, "L" if image.mode in _GREY_MODES else "RGB")
            turn = _TURNS.get(_orientation(image))
            sheet = np.array(plain if turn is None else plain.transpose(turn))
        yield sheet


def image_size(source: str | os.PathLike | bytes) -> tuple[int, int]:
    """Return (height, width) of a picture as it stands upright, from its header alone.

    Raises
    ------
    ImageError
        If the source is no picture.
    """
    with _decoding(source) as image:
        width, height = image.size
        return (width, height) if _orientation(image) > 4 else (height, width)


def encode_image(pixels: np.ndarray, format: str = "png") -> bytes:
    """Return the bytes of a PNG or JPEG file (quality 95) that holds *pixels*."""
    buffer = BytesIO()
    options = {"quality": 95, "subsampling": 0} if format == "jpg" else {"compress_level": 6}
    Image.fromarray(pixels).save(buffer, {"jpg": "JPEG"}.get(format, format.upper()), **options)
    return buffer.getvalue()


def is_ink(pixels: np.ndarray) -> bool:
    """Tell whether a grey image shows strokes on paper: most of it is one extreme grey."""
    paper = np.median(pixels)
    flat = np.mean(np.abs(pixels - paper) <= 32) >= 0.55
    return bool(flat and not 63 < paper < 192)


@contextmanager
def _decoding(source: str | os.PathLike | bytes) -> Iterator[Image.Image]:
    """Open *source* for decoding; whatever goes wrong inside is an ImageError."""
    where = _name(source)
    try:
        with _opened(source, where) as file:
            head = file.read(32)
            file.seek(0)
            image = Image.open(file, formats=FORMATS)
            with image:
                _check_size(image, where)
                yield image
    except ImageError:
        raise
    except UnidentifiedImageError as err:
        raise unknown_error(head, where) from err
    except Exception as err:  # decoders raise anything on damaged bytes
        raise damaged_error(err, where) from err


@contextmanager
def _opened(source: str | os.PathLike | bytes, where: str):
    """Open bytes or a regular file; a pipe or a device is refused, not waited for."""
    if isinstance(source, bytes):
        if not source:
            raise ImageError(f"{where}: expected an image, got no bytes", "empty")
        yield BytesIO(source)
        return
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError as err:
        raise ImageError(f"{where}: no such file; check the path", "missing") from err
    except (OSError, ValueError) as err:
        reason = getattr(err, "strerror", None) or err
        raise ImageError(f"{where}: cannot be opened: {reason}", "unreadable") from err
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device"
        raise ImageError(f"{where}: expected an image file, got {kind}", "not_a_file")
    with os.fdopen(handle, "rb") as file:
        if not status.st_size:
            raise ImageError(f"{where}: expected an image, got an empty file", "empty")
        yield file


def _name(source: str | os.PathLike | bytes) -> str:
    return "image" if isinstance(source, bytes) else str(Path(source))


def _check_size(image: Image.Image, where: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{where}: expected at most {MAX_PIXELS // 10**6} million pixels, "
            f"got {height}x{width}; shrink it first",
            "too_large",
        )


def _orientation(image: Image.Image) -> int:
    """Return the orientation tag of a loaded image; 1, upright, if it has none."""
    try:
        return image.getexif().get(0x0112, 1)
    except _TAG_ERRORS:
        return 1  # a damaged tag must not cost the picture


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert a loaded image to L or RGB by the table at the top of the module."""
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=255.0, neginf=0.0)
        scale = 255 if values.max(initial=0) <= 1 else 1
        image = Image.fromarray(np.clip(np.rint(values * scale), 0, 255).astype(np.uint8))
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


def _fit(image: Image.Image, spec: ImageSpec) -> Image.Image:
    """Resize an image to the square of *spec* by its way of fitting."""
    width, height = image.size
    filter_ = Image.Resampling[spec.resample.upper()]
    square = (spec.side, spec.side)
    if spec.fit == "stretch" or width == height:
        return image.resize(square, filter_)
    if spec.fit == "crop":
        short = min(width, height)
        left, top = (width - short) / 2, (height - short) / 2
        return image.resize(square, filter_, box=(left, top, left + short, top + short))
    scale = spec.side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = image.resize(size, filter_)
    paper = np.median(_border(np.asarray(small)), axis=0).astype(np.uint8)
    padded = Image.new(
        spec.mode, square, int(paper) if spec.mode == "L" else tuple(map(int, paper))
    )
    padded.paste(small, ((spec.side - size[0]) // 2, (spec.side - size[1]) // 2))
    return padded


def _border(pixels: np.ndarray) -> np.ndarray:
    """Return the outermost pixels as an array of shape (n,) or (n, channels)."""
    return np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
