"""scikit-learn faces of what is done to pixels.

Floor 2: estimators alone.
"""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import validate_data

__all__ = ["PixelScaler"]


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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags
