"""Which picture formats are read, and what to say of bytes that are none of them.

Floor 1: looks at bytes and errors, decodes nothing.
"""

from PIL import Image

from sklimg.errors import ImageError

__all__ = ["FORMATS", "MAX_PIXELS", "damaged_error", "looks_like_image", "unknown_error"]

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
MAX_PIXELS = 50_000_000

_KNOWN = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")
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
)


def looks_like_image(head: bytes) -> bool:
    """Tell by its first bytes whether something is a picture or a known foreign format."""
    return head.startswith(_KNOWN) or any(
        head[at : at + len(magic)] == magic for at, magic, _, _ in _FOREIGN
    )


def unknown_error(head: bytes, where: str) -> ImageError:
    """Return the error for bytes of no known format, with the remedy if there is one."""
    expected = "expected PNG, JPEG, GIF, BMP, WebP or TIFF"
    for start, magic, kind, remedy in _FOREIGN:
        if head[start : start + len(magic)] == magic:
            return ImageError(f"{where}: {expected}, got {kind}; {remedy}", "unsupported_format")
    return ImageError(f"{where}: {expected}, got something else or a damaged file", "not_an_image")


def damaged_error(err: Exception, where: str) -> ImageError:
    """Return the ImageError for what a decoder raised."""
    text = str(err) or type(err).__name__
    if isinstance(err, _TOO_LARGE):
        most = f"{MAX_PIXELS // 10**6} million pixels"
        return ImageError(f"{where}: expected at most {most}, got more; shrink it", "too_large")
    cut = any(word in text.lower() for word in ("truncated", "end of file"))
    if cut or isinstance(err, EOFError):
        return ImageError(f"{where}: the file ends too early; copy it again", "truncated")
    return ImageError(f"{where}: damaged image: {text}; save it anew from its source", "damaged")
