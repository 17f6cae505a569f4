"""The short way to a JPEG's pixels gives what Pillow's own way gives."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sklimg import images
from sklimg.errors import ImageError
from sklimg.images import read_first
from sklimg.jpeg import small_jpeg
from sklimg.spec import ImageSpec

MOST = 10**6


def photo(mode="RGB", size=(243, 181), **options):
    """Return a JPEG of smooth colours with some noise, in Pillow's (width, height)."""
    rng = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(size[1]), np.arange(size[0]))[..., None] * [0.5, 0.3, 0.4]
    pixels = np.clip(ramp + rng.normal(0, 9, ramp.shape), 0, 255).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "JPEG", **{"quality": 90} | options)
    return buffer.getvalue()


def exif(tag=6):
    tags = Image.Exif()
    tags[0x0112] = tag
    return tags


PLAIN = {
    "colour": photo(),
    "grey": photo("L"),
    "unthinned colours": photo(subsampling=0),
    "half-thinned colours": photo(subsampling=1),
    "comment": photo(comment=b"hello"),
    "own tables": photo(optimize=True),
    "restarts": photo(restart_marker_rows=2),
    "small": photo(size=(20, 9)),
    "one pixel": photo(size=(1, 1)),
    "large": photo(size=(1200, 700)),
}
START = PLAIN["colour"].index(b"\xff\xda")
OTHER = {
    "one colour after the other": (
        PLAIN["colour"][:START] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + PLAIN["colour"][START + 14 :]
    ),
    "progressive": photo(progressive=True),
    "four colours": photo("CMYK"),
    "turned": photo(exif=exif()),
    "profile": photo(icc_profile=b"no profile"),
    "no JPEG": b"\x89PNG\r\n\x1a\n",
    "cut in its header": photo()[:200],
    "cut in its pixels": photo()[:-900],
    "only a beginning": b"\xff\xd8\xff",
    "without rows": photo().replace(b"\x08\0\xb5\0\xf3\x03", b"\x08\0\0\0\xf3\x03"),
    "of 12 bits": photo().replace(b"\x08\0\xb5\0\xf3\x03", b"\x0c\0\xb5\0\xf3\x03"),
}


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", [*PLAIN, *OTHER])
def test_both_ways_lead_to_the_same_pixels(kind, mode, monkeypatch):
    data = (PLAIN | OTHER)[kind]
    assert (small_jpeg(data, mode, 20, MOST) is not None) == (kind in PLAIN)
    for side in (1, 10, 28, 300):
        spec = ImageSpec(side=side, mode=mode, fit="crop")
        ours = outcome(data, spec)
        with monkeypatch.context() as patched:
            patched.setattr(images, "small_jpeg", lambda *_: None)
            assert ours == outcome(data, spec)


def outcome(data, spec):
    """Return the bytes of the pixels, or the code of the error."""
    try:
        return read_first(data, spec)[0].tobytes()
    except ImageError as err:
        return err.code


def test_sides_are_divided_but_not_below_what_is_asked():
    sizes = [small_jpeg(PLAIN["colour"], "L", least, MOST).size for least in (22, 23, 45, 90, 91)]
    assert sizes == [(31, 23), (61, 46), (61, 46), (122, 91), (243, 181)]


def test_what_is_too_large_is_left_alone():
    assert small_jpeg(PLAIN["colour"], "L", 100, 243 * 181 - 1) is None
    assert small_jpeg(PLAIN["colour"], "L", 100, 243 * 181) is not None


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["colour", "grey"])
def test_damage_is_the_same_on_both_ways(kind, monkeypatch):
    """400 times two bytes of the header are changed."""
    rng, data = np.random.default_rng(0), PLAIN[kind]
    begin = data.index(b"\xff\xda") + 14
    n_short = 0
    for _ in range(400):
        damaged = bytearray(data)
        for at in rng.integers(2, begin, 2):
            damaged[at] = rng.integers(0, 256)
        damaged = bytes(damaged)
        n_short += small_jpeg(damaged, "L", 56, MOST) is not None
        ours = outcome(damaged, ImageSpec())
        with monkeypatch.context() as patched:
            patched.setattr(images, "small_jpeg", lambda *_: None)
            assert ours == outcome(damaged, ImageSpec())
    assert 100 < n_short < 400
