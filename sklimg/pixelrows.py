"""Rows of pixels, as the images that they are.

Floor 1: works on arrays, prints nothing.
"""

import numpy as np

from sklimg.errors import UsageError
from sklimg.spec import ImageSpec

__all__ = ["as_images", "whole_levels"]


def as_images(X: np.ndarray) -> np.ndarray:
    """Return rows of pixels as images of shape (side, side) or (side, side, 3).

    Raises
    ------
    UsageError
        If their number makes no square.
    """
    spec = ImageSpec.guessed(X.shape[1])
    if spec is None:
        raise UsageError(
            f"features: expected rows of side*side pixels, or side*side*3 for colour, got "
            f"{X.shape[1]}; make the images square"
        )
    return X.reshape(len(X), *spec.shape)


def whole_levels(images: np.ndarray) -> np.ndarray:
    """Return images as whole levels of 0 to 255, uint8."""
    if images.dtype == np.uint8:
        return images
    return np.clip(np.rint(images), 0, 255).astype(np.uint8)
