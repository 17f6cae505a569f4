"""Which picture formats are read, and what to say of bytes that are none of them.

Floor 1: looks at bytes and errors, decodes nothing.
"""

from PIL import Image

from sklimg.errors import ImageError

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "cut_error",
    "damaged_error",
    "looks_like_image",
    "unknown_error",
]

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
MAX_PIXELS = 50_000_000

_KNOWN = (  # first bytes, and whose they are
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"RIFF", "WebP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_TOO_LARGE = (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning)
_FOREIGN = (  # where in the file, the bytes there, what it is, what to do
    (0, b"%PDF", "a PDF", "print its pages to PNG, for example with pdftoppm -png"),
    (4, b"ftyphei", "a HEIC photo", "export it as JPEG on the phone or computer"),
    (4, b"ftypmif", "a HEIC photo", "export it as JPEG on the phone or computer"),
    (4, b"ftypavif", "an AVIF image", "convert it to PNG or JPEG"),
    (0, b"<svg", "an SVG drawing", "export it as PNG"),
    (0, b"<?xml", "XML, perhaps an SVG drawing", "export it as PNG"),
    (0, b"8BPS", "a Photoshop file", "export it as PNG"),
    (0, b"\x00\x00\x01\x00", "an icon file", "convert it to PNG"),
    (4, b"jP  ", "a JPEG 2000 image", "convert it to PNG or JPEG"),
    (0, b"PK\x03\x04", "a zip archive", "unpack it first"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (0, b"%!PS", "a PostScript drawing", "export it as PNG"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image", "convert it to PNG or JPEG"),
    (0, b"\xff\x0a", "a JPEG XL image", "convert it to PNG or JPEG"),
    (4, b"JXL ", "a JPEG XL image", "convert it to PNG or JPEG"),
    (0, b"DDS ", "a DDS texture", "convert it to PNG"),
    (0, b"P5\n", "a PGM image", "convert it to PNG"),
    (0, b"P6\n", "a PPM image", "convert it to PNG"),
    (0, b"<!DOCTYPE", "a web page", "download the picture itself"),
    (0, b"<html", "a web page", "download the picture itself"),
    (0, b"version https://git-lfs", "a pointer of Git LFS", "fetch the file with git lfs pull"),
)


def looks_like_image(head: bytes) -> bool:
    """Tell by its first bytes whether something is a picture or a known foreign format."""
    return _own_kind(head) is not None or _foreign_kind(head) is not None


def unknown_error(head: bytes, where: str) -> ImageError:
    """Return the error for bytes of no known format, with the remedy if there is one."""
    expected = "expected PNG, JPEG, GIF, BMP, WebP or TIFF"
    if foreign := _foreign_kind(head):
        kind, remedy = foreign
        return ImageError(f"{where}: {expected}, got {kind}; {remedy}", "unsupported_format")
    own = _own_kind(head)
    if own is None or (own == "BMP" and b"\0" not in head):  # BM begins words, too
        text = f"{where}: {expected}, got something else or a damaged file"
        return ImageError(text, "not_an_image")
    text = f"{where}: damaged {own}: its header cannot be read; save it anew from its source"
    return ImageError(text, "damaged")


def _own_kind(head: bytes) -> str | None:
    """Return the name of the format that is read and begins like *head*."""
    kind = next((kind for magic, kind in _KNOWN if head.startswith(magic)), None)
    return None if kind == "WebP" and head[8:12] != b"WEBP" else kind


def _foreign_kind(head: bytes) -> tuple[str, str] | None:
    """Return (what it is, what to do) for a known format that is not read."""
    for start, magic, kind, remedy in _FOREIGN:
        if head[start : start + len(magic)] == magic:
            return kind, remedy
    return None


def cut_error(where: str) -> ImageError:
    """Return the error for a file that misses its end."""
    return ImageError(f"{where}: the file ends too early; copy it again", "truncated")


def damaged_error(err: Exception, where: str) -> ImageError:
    """Return the ImageError for what a decoder raised."""
    text = str(err) or type(err).__name__
    if isinstance(err, _TOO_LARGE):
        most = f"{MAX_PIXELS // 10**6} million pixels"
        return ImageError(f"{where}: expected at most {most}, got more; shrink it", "too_large")
    if "data too large" in text:
        return ImageError(f"{where}: a text or profile in it is far too large", "too_large")
    cut = any(word in text.lower() for word in ("truncated", "end of file", "not enough"))
    if cut or isinstance(err, EOFError):
        return cut_error(where)
    return ImageError(f"{where}: damaged image: {text}; save it anew from its source", "damaged")
