"""scikit-learn faces of what is done to pixels.

Floor 2: estimators alone.
"""

from math import isqrt

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklimg.glyphs import CONTENTS, centre_glyph

__all__ = ["CenterGlyph", "PixelScaler", "image_shape"]


class CenterGlyph(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Remove rules and specks from each image and centre its symbol.

    Each row is one image and is treated alone, so nothing is learned in `fit` and a
    served model sees a single image exactly as training saw it. An image that is
    clean already hardly changes. See `sklimg.glyphs.centre_glyph`.

    Parameters
    ----------
    content : {"auto", "glyph", "photo"}, default="auto"
        What the images show. A photo is left alone; "auto" takes for photos what is
        neither mostly paper nor strokes.
    shape : tuple of int, default=None
        (height, width) of the images, or (height, width, 3). By default they are
        square and grey; numbers of pixels that are no square are taken for the most
        nearly square images.

    Examples
    --------
    >>> image = np.zeros((28, 28), np.uint8)
    >>> image[2:7, 20:22] = 200
    >>> framed = CenterGlyph().fit_transform(image.reshape(1, -1)).reshape(28, 28)
    >>> rows = np.flatnonzero((framed > 99).any(axis=1))
    >>> int(rows[0]), int(rows[-1])
    (4, 23)
    """

    def __init__(self, content=CONTENTS[0], shape=None):
        self.content = content
        self.shape = shape

    def fit(self, X, y=None):
        """Check the parameters against the width of X of shape (n_images, n_pixels)."""
        if self.content not in CONTENTS:
            raise ValueError(f"content must be one of {', '.join(CONTENTS)}, got {self.content!r}")
        X = validate_data(self, X)
        image_shape(X.shape[1], self.shape)
        return self

    def transform(self, X):
        """Return X of shape (n_images, n_pixels) cleaned, values of 0-255 as uint8."""
        X = validate_data(self, X, reset=False)
        images = (
            np.clip(X, 0, 255).astype(np.uint8).reshape(-1, *image_shape(X.shape[1], self.shape))
        )
        clean = [centre_glyph(image, image.shape[:2], self.content) for image in images]
        return np.stack(clean).reshape(X.shape)

    def array_form(self):
        """Return what `sklimg.arraysteps` needs to do the same: a step, and its arrays."""
        check_is_fitted(self, "n_features_in_")
        shape = list(image_shape(self.n_features_in_, self.shape))
        return {"op": "glyph", "content": self.content, "shape": shape}, {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags


class PixelScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale pixels from 0-255 to 0-1, in float32.

    Each row is one image and nothing is learned in `fit`, so a single image is
    seen exactly as training saw it. float32 halves the time of what follows.

    Parameters
    ----------
    maximum : float, default=255.0
        The value that becomes 1.

    Examples
    --------
    >>> PixelScaler().fit_transform(np.array([[0, 51, 255]], np.uint8)).tolist()
    [[0.0, 0.20000000298023224, 1.0]]
    """

    def __init__(self, maximum=255.0):
        self.maximum = maximum

    def fit(self, X, y=None):
        """Check the parameter and the width of X of shape (n_images, n_pixels)."""
        if not self.maximum > 0:
            raise ValueError(f"maximum must be above 0, got {self.maximum!r}")
        validate_data(self, X)
        return self

    def transform(self, X):
        """Return X of shape (n_images, n_pixels) divided by `maximum`, as float32."""
        X = validate_data(self, X, reset=False)
        return np.divide(X, np.float32(self.maximum), dtype=np.float32, casting="unsafe")

    def array_form(self):
        """Return what `sklimg.arraysteps` needs to do the same: a step, and its arrays."""
        return {"op": "scale", "maximum": float(self.maximum)}, {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def image_shape(n_pixels, shape=None):
    """Return the shape of one image, by default the most nearly square grey one.

    Raises
    ------
    ValueError
        If *shape* has another number of pixels.
    """
    if shape is None:
        height = next(n for n in range(isqrt(n_pixels), 0, -1) if n_pixels % n == 0)
        return height, n_pixels // height
    if int(np.prod(shape)) != n_pixels:
        raise ValueError(f"shape {tuple(shape)} does not make {n_pixels} pixels")
    return tuple(shape)
