"""Formats are told by their first bytes; foreign ones with the remedy."""

import pytest

from sklimg.formats import damaged_error, looks_like_image, unknown_error


@pytest.mark.parametrize(
    ("head", "kind", "remedy"),
    [
        (b"%PDF-1.7", "a PDF", "pdftoppm"),
        (b"\0\0\0\x18ftypheic", "a HEIC photo", "export it as JPEG"),
        (b"\0\0\0\x18ftypavif", "an AVIF image", "convert it"),
        (b"<svg xmlns", "an SVG drawing", "export it as PNG"),
        (b"PK\x03\x04", "a zip archive", "unpack it"),
    ],
)
def test_foreign_formats_have_a_remedy(head, kind, remedy):
    error = unknown_error(head, "a.x")
    assert error.code == "unsupported_format"
    assert str(error).startswith(f"a.x: expected PNG, JPEG, GIF, BMP, WebP or TIFF, got {kind}; ")
    assert remedy in str(error)
    assert looks_like_image(head)


def test_a_vector_looks_like_no_image():
    assert not looks_like_image(b"0,0,12,255\n")


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (OSError("image file is truncated (3 bytes not processed)"), "truncated"),
        (EOFError(), "truncated"),
        (OSError("broken data stream when reading image file"), "damaged"),
        (SyntaxError("bad header"), "damaged"),
        (MemoryError(), "too_large"),
    ],
)
def test_what_a_decoder_raises_becomes_a_code(raised, code):
    assert damaged_error(raised, "a.png").code == code
