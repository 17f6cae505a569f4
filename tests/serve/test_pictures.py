"""A picture has the digest of what a model sees of it."""

import numpy as np
import pytest

from sklimg.digests import pixel_digests
from sklimg.errors import ImageError
from sklimg.images import encode_image, read_image
from sklimg.serve.pictures import picture_digest
from sklimg.spec import ImageSpec
from tests.builders import noise


@pytest.mark.parametrize("spec", [ImageSpec(), ImageSpec(8, "RGB"), ImageSpec(5, invert="auto")])
def test_it_is_that_of_its_vector(spec):
    for pixels in noise(3, (9, 7, 3)):
        content = encode_image(pixels)
        vector = read_image(content, spec).reshape(1, -1)
        assert picture_digest(content, spec) == pixel_digests(vector)[0].tobytes()


def test_two_files_of_the_same_pixels_share_it():
    pixels = np.full((8, 8), 7, np.uint8)
    digests = {picture_digest(encode_image(pixels, kind), ImageSpec(8)) for kind in ("png", "bmp")}
    assert len(digests) == 1


def test_what_is_no_picture():
    with pytest.raises(ImageError, match="image: expected PNG") as caught:
        picture_digest(b"no picture", ImageSpec())
    assert caught.value.code == "not_an_image"
