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
        (b"<!DOCTYPE html>", "a web page", "download the picture"),
        (b"P6\n3 3\n255\n", "a PPM image", "convert it"),
    ],
)
def test_foreign_formats_have_a_remedy(head, kind, remedy):
    error = unknown_error(head, "a.x")
    assert error.code == "unsupported_format"
    assert str(error).startswith(f"a.x: expected PNG, JPEG, GIF, BMP, WebP or TIFF, got {kind}; ")
    assert remedy in str(error)
    assert looks_like_image(head)


@pytest.mark.parametrize("head", [b"0,0,12,255\n", b"RIFF\x24\0\0\0WAVEfmt ", b""])
def test_vectors_and_sounds_look_like_no_image(head):
    assert not looks_like_image(head)
    assert unknown_error(head, "a.x").code == "not_an_image"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xdb", "JPEG"),
        (b"GIF89a\x01", "GIF"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "WebP"),
        (b"BM\x9a\0\0\0", "BMP"),
    ],
)
def test_what_begins_like_a_picture_is_a_damaged_one(head, kind):
    assert looks_like_image(head)
    error = unknown_error(head, "a.x")
    assert (error.code, str(error)[:22]) == ("damaged", f"a.x: damaged {kind}: its header"[:22])


def test_a_text_that_begins_like_a_bmp_is_none():
    assert unknown_error(b"BMW and others", "a.jpg").code == "not_an_image"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (OSError("image file is truncated (3 bytes not processed)"), "truncated"),
        (EOFError(), "truncated"),
        (ValueError("not enough image data"), "truncated"),
        (OSError("broken data stream when reading image file"), "damaged"),
        (SyntaxError("bad header"), "damaged"),
        (MemoryError(), "too_large"),
    ],
)
def test_what_a_decoder_raises_becomes_a_code(raised, code):
    assert damaged_error(raised, "a.png").code == code
