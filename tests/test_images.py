"""Bytes become pixels by the table in the module, or an error with a code."""

import os
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sklimg.errors import ImageError
from sklimg.images import encode_image, image_size, read_image, read_pages
from sklimg.spec import FITS, ImageSpec

FLAT = ImageSpec(side=2)


def encoded(image, format="PNG", **options):
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def grey(image, format="PNG", **options):
    """Return the one grey level that a flat picture is read as."""
    (level,) = np.unique(read_image(encoded(image, format, **options), FLAT))
    return level


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("1", (3, 3), 1), 255),
        (Image.new("L", (3, 3), 100), 100),
        (Image.new("RGB", (3, 3), (255, 0, 0)), 76),
        (Image.new("LA", (3, 3), (0, 0)), 255),
        (Image.new("RGBA", (3, 3), (0, 0, 0, 0)), 255),
        (Image.new("RGBA", (3, 3), (0, 0, 0, 255)), 0),
        (Image.new("P", (3, 3), 0), 0),
        (Image.fromarray(np.full((3, 3), 257 * 90, np.uint16)), 90),
    ],
    ids=["1 bit", "grey", "red", "clear grey", "clear", "opaque", "palette", "16 bit"],
)
def test_kinds_of_pixels(image, expected):
    assert grey(image) == expected


def test_cmyk_becomes_rgb():
    spec = ImageSpec(side=1, mode="RGB")
    cyan = read_image(encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "TIFF"), spec)
    assert cyan.tolist() == [[[0, 255, 255]]]


@pytest.mark.parametrize(("value", "expected"), [(0.5, 128), (90.4, 90), (1e9, 255), (-5, 0)])
def test_floating_point(value, expected):
    assert grey(Image.fromarray(np.full((3, 3), value, np.float32)), "TIFF") == expected


def test_a_palette_may_have_a_clear_colour():
    image = Image.new("P", (3, 3), 0)
    image.putpalette([0, 0, 0, 9, 9, 9])
    assert grey(image, transparency=0) == 255
    assert grey(image, transparency=1) == 0


def test_the_first_frame_counts():
    frames = [Image.new("L", (3, 3), level) for level in (50, 200)]
    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.unique(read_image(gif, FLAT)) == 50


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "TIFF", "PNG"])
def test_the_orientation_tag_is_applied(tag, format):
    """A picture stored turned, with its tag, is read as the upright one."""
    upright = np.full((8, 8), 40, np.uint8)
    upright[:4, :4], upright[:4, 4:] = 240, 140  # no two turns of it are equal
    undo = {2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose,
            6: np.rot90, 7: lambda a: np.rot90(a.T, 2), 8: lambda a: np.rot90(a, 3)}  # fmt: skip
    stored = Image.fromarray(np.ascontiguousarray(undo.get(tag, lambda a: a)(upright)))
    exif = Image.Exif()
    exif[0x0112] = tag
    options = {"quality": 100} if format == "JPEG" else {}
    data = encoded(stored, format, exif=exif, **options)
    pixels = read_image(data, ImageSpec(side=8)).astype(int)
    assert np.abs(pixels - upright).max() <= 3
    (page,) = read_pages(data)
    assert np.abs(page.astype(int) - upright).max() <= 3


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_orientation_tag_does_not_cost_the_picture():
    data = encoded(Image.new("L", (8, 8), 90), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12")
    assert read_image(data, FLAT).tolist() == [[90, 90], [90, 90]]


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("stretch", [[10, 10, 200, 200]] * 4),
        ("crop", [[10, 10, 200, 200]] * 4),
        ("pad", [[105] * 4, [10, 10, 200, 200], [10, 10, 200, 200], [105] * 4]),
    ],
)
def test_ways_of_fitting(fit, expected):
    wide = np.repeat(np.repeat([[10, 10, 200, 200]], 2, axis=0), 2, axis=0).astype(np.uint8)
    wide = np.repeat(wide, 2, axis=1)  # 4 high, 8 wide: left half 10, right half 200
    spec = ImageSpec(side=4, fit=fit, resample="box")
    pixels = read_image(encoded(Image.fromarray(wide)), spec)
    assert pixels.tolist() == expected


def test_invert():
    light = encode_image(np.full((4, 4), 250, np.uint8))
    dark = encode_image(np.full((4, 4), 30, np.uint8))
    levels = {
        (name, how): int(read_image(data, ImageSpec(side=1, invert=how))[0, 0])
        for name, data in {"light": light, "dark": dark}.items()
        for how in ("no", "yes", "auto")
    }
    assert levels == {
        ("light", "no"): 250, ("light", "yes"): 5, ("light", "auto"): 5,
        ("dark", "no"): 30, ("dark", "yes"): 225, ("dark", "auto"): 30,
    }  # fmt: skip


def test_by_path_and_by_bytes_it_is_the_same(tmp_path):
    data = encode_image(np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8), "jpg")
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    for spec in (ImageSpec(), ImageSpec(mode="RGB", fit="crop")):
        np.testing.assert_array_equal(read_image(path, spec), read_image(data, spec))


def test_a_jpeg_decoded_small_is_close_to_one_decoded_whole():
    rng = np.random.default_rng(0)
    smooth = np.clip(128 + np.cumsum(rng.normal(0, 3, (400, 300)), axis=1), 0, 255)
    data = encode_image(smooth.astype(np.uint8), "jpg")
    (whole,) = read_pages(data)
    small = read_image(data).astype(int)
    plain = read_image(encode_image(whole)).astype(int)
    assert np.abs(small - plain).mean() < 2


def test_all_pages_of_a_tiff_are_given():
    pages = [Image.new("L", (5, 4), 10), Image.new("RGB", (3, 2), (1, 2, 3))]
    tiff = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [page.shape for page in read_pages(tiff)] == [(4, 5), (2, 3, 3)]


PNG = encoded(Image.new("L", (64, 64), 90))


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "got no bytes"),
        (b"hello, world", "not_an_image", "expected PNG, JPEG"),
        (b"%PDF-1.7 ...", "unsupported_format", "a PDF; print its pages"),
        (b"\0\0\0\x18ftypheic", "unsupported_format", "HEIC photo; export it as JPEG"),
        (PNG[:60], "truncated", "ends too early"),
        (PNG[:45] + b"\xff" * 5 + PNG[50:], "damaged", "damaged image"),
        (encode_image(np.zeros((64, 64), np.uint8), "jpg")[:300], "truncated", "ends too early"),
    ],
)
def test_bytes_that_are_no_picture(data, code, words):
    with pytest.raises(ImageError, match=words) as caught:
        read_image(data)
    assert caught.value.code == code


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_too_large_is_refused_before_it_is_decoded():
    bomb = encoded(Image.new("1", (10_000, 10_000)))
    with pytest.raises(ImageError, match="at most 50 million pixels, got 10000x10000") as caught:
        read_image(bomb)
    assert caught.value.code == "too_large"


def test_a_bomb_is_refused_before_it_is_opened():
    with pytest.raises(ImageError, match="at most 50 million pixels, got more") as caught:
        read_image(encoded(Image.new("1", (20_000, 10_000))))
    assert caught.value.code == "too_large"


def test_places_that_hold_no_picture(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    codes = {"absent": "missing", ".": "not_a_file", "pipe": "not_a_file", "empty": "empty"}
    for name, code in codes.items():
        with pytest.raises(ImageError, match=name if name != "." else "a folder") as caught:
            read_image(tmp_path / name)
        assert caught.value.code == code


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("tag", range(1, 9))
def test_a_turned_picture_is_fitted_as_the_upright_one(tag, fit):
    """Also where what is padded or cut off cannot be halved."""
    upright = np.random.default_rng(0).integers(0, 256, (9, 14), np.uint8)
    undo = {2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose,
            6: np.rot90, 7: lambda a: np.rot90(a.T, 2), 8: lambda a: np.rot90(a, 3)}  # fmt: skip
    stored = Image.fromarray(np.ascontiguousarray(undo.get(tag, lambda a: a)(upright)))
    exif = Image.Exif()
    exif[0x0112] = tag
    spec = ImageSpec(side=14, fit=fit)
    plain = read_image(encode_image(upright), spec)
    np.testing.assert_array_equal(read_image(encoded(stored, "PNG", exif=exif), spec), plain)


@pytest.mark.parametrize(("orientation", "size"), [(1, (30, 50)), (3, (30, 50)), (6, (50, 30))])
def test_the_size_is_that_of_the_upright_picture(tmp_path, orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (50, 30)).save(tmp_path / "x.jpg", exif=exif)
    assert image_size(tmp_path / "x.jpg") == size
    with pytest.raises(ImageError, match="expected PNG, JPEG"):
        image_size(b"no picture")
