"""Turn the bytes of a picture into pixels: the one place that decodes.

Sizes are (height, width); Pillow's (width, height) never leaves this module.
Every kind of pixels becomes grey or colour by the table in `sklimg.modes`. Of
several frames the first counts; `read_pages` gives every page of a TIFF. The
orientation tag is applied; an unreadable one counts as upright.

Floor 1: knows errors and the spec; writes no file and prints nothing.
"""

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from sklimg.content import open_source, source_name
from sklimg.errors import ImageError
from sklimg.formats import MAX_PIXELS, damaged_error
from sklimg.jpeg import small_jpeg
from sklimg.modes import GREY_MODES, as_array, as_mode
from sklimg.opening import check_size, opened_image
from sklimg.spec import RESAMPLES, ImageSpec

__all__ = [
    "encode_image",
    "image_size",
    "read_each",
    "read_first",
    "read_image",
    "read_pages",
]

_BESIDE_ERRORS = (  # what Pillow raises on damage beside the pixels
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    struct.error,
    SyntaxError,
    TypeError,
    ValueError,
)
_FILTERS = {name: Image.Resampling[name.upper()] for name in RESAMPLES}
_TAG_PLACES = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # by orientation tag
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
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


def read_first(
    source: str | os.PathLike | bytes, spec: ImageSpec, most: int = MAX_PIXELS
) -> tuple[np.ndarray, bool] | None:
    """Decode as `read_image` does, and tell whether the file holds further frames.

    With more than *most* pixels to decode, None is returned instead.
    """
    with _Decoding(source):
        decoded = _decoded(source, spec, most)
        return decoded and _finished(*decoded, spec)


def read_each(
    sources: Sequence[str | os.PathLike | bytes], spec: ImageSpec, most: int = MAX_PIXELS
) -> list[tuple[np.ndarray, bool] | ImageError | None]:
    """Return for each source what `read_first` returns, or the ImageError it raises.

    All are decoded before the first is resized: a processor that does one thing
    at a time is a twentieth faster.
    """
    reads = []
    for source in sources:
        try:
            with _Decoding(source):
                reads.append(_decoded(source, spec, most))
        except ImageError as err:
            reads.append(err)
    for i, read in enumerate(reads):
        if isinstance(read, tuple):
            try:
                with _Decoding(sources[i]):
                    reads[i] = _finished(*read, spec)
            except ImageError as err:
                reads[i] = err
    return reads


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
    with (
        _Decoding(source),
        open_source(source) as file,
        opened_image(file, source_name(source)) as image,
    ):
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        for page in range(pages):
            image.seek(page)
            check_size(image, source_name(source))
            image.load()
            sheet = as_array(image, "L" if image.mode in GREY_MODES else "RGB")
            turn = _TURNS.get(_orientation(image))
            yield sheet if turn is None else turn(sheet)
            del sheet  # a page is forgotten before the next is decoded


def image_size(source: str | os.PathLike | bytes) -> tuple[int, int]:
    """Return (height, width) of a picture as it stands upright, from its header alone."""
    with (
        _Decoding(source),
        open_source(source) as file,
        opened_image(file, source_name(source)) as image,
    ):
        return image.size if _orientation(image) > 4 else image.size[::-1]


def encode_image(pixels: np.ndarray, format: str = "png") -> bytes:
    """Return the bytes of a PNG or JPEG file (quality 95) that holds *pixels*."""
    buffer = BytesIO()
    # level 6, zlib's default, takes 2.5 times as long for 8 % fewer bytes of a photo
    options = {"quality": 95, "subsampling": 0} if format == "jpg" else {"compress_level": 3}
    Image.fromarray(pixels).save(buffer, {"jpg": "JPEG"}.get(format, format.upper()), **options)
    return buffer.getvalue()


class _Decoding:
    """Whatever goes wrong inside is an ImageError about *source*."""

    def __init__(self, source: str | os.PathLike | bytes):
        self.source = source

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, err, trace):
        """Decoders raise anything on damaged bytes."""
        if isinstance(err, Exception) and not isinstance(err, ImageError):
            raise damaged_error(err, source_name(self.source)) from err


def _decoded(
    source: str | os.PathLike | bytes, spec: ImageSpec, most: int
) -> tuple[Image.Image, bool] | None:
    """Return a picture in the mode of *spec*, upright, and whether frames follow it."""
    with open_source(source) as file:
        if isinstance(file, BytesIO):
            least = _decoded_side(spec)
            small = small_jpeg(file.getvalue(), spec.mode, least, min(most, MAX_PIXELS))
            if small is not None:
                return small, False
        with opened_image(file, source_name(source)) as image:
            is_whole = "progressive" in image.info  # decoded whole, whatever the draft
            whole = image.size
            image.draft(spec.mode, (_decoded_side(spec),) * 2)
            width, height = whole if is_whole else image.size
            if width * height > most:
                return None
            image.load()
            small, turn = as_mode(image, spec.mode), _TURNS.get(_orientation(image))
            if turn is not None:  # before it is fitted, which is not the same all round
                small = Image.fromarray(np.ascontiguousarray(turn(np.asarray(small))))
            return small if spec.clean == "yes" else _fit(small, spec), _has_more(image)


def _finished(image: Image.Image, has_more: bool, spec: ImageSpec) -> tuple[np.ndarray, bool]:
    """Return the pixels of a decoded picture, of the size of *spec*."""
    if spec.clean == "yes":
        image = _cleaned(image, spec)
    data = bytearray(_fit(image, spec).tobytes())
    pixels = np.ndarray(spec.shape, np.uint8, data)
    if spec.invert == "yes" or (spec.invert == "auto" and _is_light(pixels)):
        pixels = 255 - pixels
    return pixels, has_more


def _decoded_side(spec: ImageSpec) -> int:
    """Return the pixels that the shorter side of a JPEG is at least decoded to."""
    return (4 if spec.clean == "yes" else 2) * spec.side


def _cleaned(image: Image.Image, spec: ImageSpec) -> Image.Image:
    """Return the symbol of a picture alone and centred."""
    from sklimg.glyphs import find_glyph, frame_glyph  # bring scipy, which most can do without

    # a symbol is told from few pixels, and a photo of 12 million takes seconds
    tile = np.asarray(image.reduce(max(1, min(image.size) // _decoded_side(spec))))
    return Image.fromarray(frame_glyph(tile, find_glyph(tile), (spec.side, spec.side)))


def _has_more(image: Image.Image) -> bool:
    """Tell whether frames follow the one that was loaded."""
    try:
        return bool(getattr(image, "is_animated", False))
    except _BESIDE_ERRORS:
        return False  # the damage lies behind the picture


def _orientation(image: Image.Image) -> int:
    """Return the orientation tag of a loaded image; 1, upright, if it has none."""
    if image.format != "TIFF" and not any(place in image.info for place in _TAG_PLACES):
        return 1
    try:
        return image.getexif().get(0x0112, 1)
    except _BESIDE_ERRORS:
        return 1  # a damaged tag must not cost the picture


def _is_light(pixels: np.ndarray) -> bool:
    """Tell whether the median lies above the middle grey."""
    twice = 2 * np.count_nonzero(pixels > 127)
    return twice > pixels.size if twice != pixels.size else bool(np.median(pixels) > 127)


def _fit(image: Image.Image, spec: ImageSpec) -> Image.Image:
    """Resize an image to the square of *spec* by its way of fitting."""
    width, height = image.size
    filter_ = _FILTERS[spec.resample]
    square = (spec.side, spec.side)
    if image.size == square:
        return image
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
