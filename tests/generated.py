"""For schemathesis: images where the description speaks of images."""

import numpy as np
import schemathesis
from hypothesis import strategies as st

from sklimg.images import encode_image


def image(seed):
    """Return a small image of noise, as PNG or JPEG."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 40, 2)
    return encode_image(rng.integers(0, 256, (height, width), np.uint8), ("png", "jpg")[seed % 2])


for kind in ("png", "jpeg", "gif", "bmp", "webp", "tiff"):
    schemathesis.openapi.media_type(f"image/{kind}", st.integers(0, 10**6).map(image))
