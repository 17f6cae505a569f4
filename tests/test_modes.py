"""Band by band or at once, pixels become the same."""

import numpy as np
import pytest
from PIL import Image

from sklimg import modes
from sklimg.modes import as_array, as_mode

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (40, 7, 4), np.uint8)
PALETTE = Image.fromarray(BYTES[..., :3]).quantize(8)
PALETTE.info["transparency"] = 3
IMAGES = {
    "RGBA": Image.fromarray(BYTES),
    "CMYK": Image.merge(
        "CMYK", [Image.fromarray(np.ascontiguousarray(BYTES[..., i])) for i in range(4)]
    ),
    "palette": PALETTE,
    "16 bit": Image.fromarray(RNG.integers(0, 65536, (40, 7)).astype(np.uint16)),
    "32 bit": Image.fromarray(RNG.integers(-9, 70000, (40, 7)).astype(np.int32)),
    "float": Image.fromarray(np.linspace(0, 300, 280, dtype=np.float32).reshape(40, 7)),
    "unit float": Image.fromarray(np.linspace(0, 1, 280, dtype=np.float32).reshape(40, 7)),
    "not a number": Image.fromarray(np.array([[np.nan, np.inf, -np.inf, 9]] * 9, np.float32)),
    "1 bit": Image.fromarray(BYTES[..., 0]).convert("1"),
    "grey": Image.fromarray(BYTES[..., 0]),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", IMAGES)
def test_bands_give_what_the_whole_gives(kind, mode, monkeypatch):
    image = IMAGES[kind]
    whole = np.asarray(as_mode(image, mode))
    monkeypatch.setattr(modes, "_BAND", 30)  # four rows of seven
    np.testing.assert_array_equal(np.asarray(as_mode(image, mode)), whole)
    np.testing.assert_array_equal(as_array(image, mode), whole)


def test_floats_that_are_no_numbers_are_black_or_white():
    assert as_array(IMAGES["not a number"], "L")[0].tolist() == [0, 255, 0, 9]


def test_sixteen_bits_are_rounded_to_eight():
    """White is white, and every level goes to the nearest of 256."""
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for kind in (np.uint16, np.int32):
        found = as_array(Image.fromarray(levels.astype(kind)), "L")
        np.testing.assert_array_equal(found, np.floor(levels / 257 + 0.5))
