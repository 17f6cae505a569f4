"""scikit-learn transformers from pixels to features that are easier to learn from.

Each takes images as rows of pixels, square and grey or of three channels, and treats
each row alone: a served model sees a single image exactly as training saw it.

Floor 2: estimators alone.
"""

from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sklimg.colours import SPACES, colour_histogram
from sklimg.errors import UsageError
from sklimg.hog import BLOCK_NORMS, hog, hog_shape
from sklimg.patches import Dictionary, encode_patches, learn_dictionary
from sklimg.pixelrows import as_images, whole_levels
from sklimg.slants import deslant
from sklimg.spec import ImageSpec

__all__ = ["HOG", "ColourHistogram", "Deslant", "PatchFeatures"]

_SAMPLES_OF_IMAGE = 100  # patches that a dictionary is learned from, of each image at most
_MOST_BINS = 4096  # of the colours of one part
_PLACES = 32  # that patches are looked at, down and across, about


class _ImageFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What turns rows of pixels into rows of float32 features.

    A child says what it learns (`_learn`, from images; returns the number of features),
    what it makes of images (`_described`), and how that is told by numbers (`_as_step`).
    """

    def fit(self, X, y=None):
        """Check the parameters, and learn from X of shape (n_images, n_pixels) what there is.

        Raises
        ------
        UsageError
            If the rows are no square images, or too small ones.
        """
        X = validate_data(self, X)
        self._n_features_out = self._learn(as_images(X))
        return self

    def transform(self, X):
        """Return the features of X, of shape (n_images, n_features), float32."""
        check_is_fitted(self, "_n_features_out")
        return self._described(as_images(validate_data(self, X, reset=False)))

    def array_form(self):
        """Return what `sklimg.arraysteps` needs to do the same: a step, and its arrays."""
        check_is_fitted(self, "_n_features_out")
        return self._as_step(ImageSpec.guessed(self.n_features_in_).side)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


class HOG(_ImageFeatures):
    """Histograms of oriented gradients; see `sklimg.hog.hog`.

    Parameters
    ----------
    n_cells : int, default=7
        Cells down and across, each of as many whole pixels as there are.
    orientations : int, default=9
    cells_per_block : int, default=2
        Cells down and across that are normalised together.
    block_norm : {"L2-Hys", "L2", "L1", "L1-sqrt"}, default="L2-Hys"

    Examples
    --------
    >>> HOG().fit_transform(np.zeros((3, 784), np.uint8)).shape
    (3, 1296)
    """

    def __init__(self, n_cells=7, orientations=9, cells_per_block=2, block_norm=BLOCK_NORMS[0]):
        self.n_cells = n_cells
        self.orientations = orientations
        self.cells_per_block = cells_per_block
        self.block_norm = block_norm

    def _learn(self, images):
        if self.block_norm not in BLOCK_NORMS:
            raise UsageError(
                f"block_norm: expected one of {', '.join(BLOCK_NORMS)}, got {self.block_norm!r}"
            )
        side, n_cells = images.shape[1], _whole(self, "n_cells")
        if side < n_cells:
            raise UsageError(
                f"hog: expected images of at least {n_cells}x{n_cells} pixels for as many cells, "
                f"got {side}x{side}; make the images larger, or choose other features"
            )
        return int(np.prod(hog_shape(images.shape[1:], **self._how(side))))

    def _described(self, images):
        return hog(images, block_norm=self.block_norm, **self._how(images.shape[1]))

    def _as_step(self, side):
        return {"op": "hog", "block_norm": self.block_norm, **self._how(side)}, {}

    def _how(self, side):
        cell, block = side // self.n_cells, _whole(self, "cells_per_block")
        return {
            "orientations": _whole(self, "orientations"),
            "pixels_per_cell": (cell, cell),
            "cells_per_block": (block, block),
        }


class ColourHistogram(_ImageFeatures):
    """Shares of colours in each part of an image; see `sklimg.colours.colour_histogram`.

    Parameters
    ----------
    bins : int or tuple of int, default=4
        Of red, green and blue, or of hue, saturation and value; one number for all.
    n_cells : int, default=2
        Parts down and across.
    space : {"rgb", "hsv"}, default="rgb"

    Examples
    --------
    >>> ColourHistogram().fit_transform(np.zeros((3, 12), np.uint8)).shape
    (3, 256)
    """

    def __init__(self, bins=4, n_cells=2, space=SPACES[0]):
        self.bins = bins
        self.n_cells = n_cells
        self.space = space

    def _learn(self, images):
        if images.ndim == 3:
            raise UsageError(
                "colour: expected images of three channels, got grey ones; make the table in "
                "colour (--mode RGB), or choose other features"
            )
        n_bins = np.prod(self._bins)
        if n_bins > _MOST_BINS:
            raise UsageError(f"bins: expected at most {_MOST_BINS} in all, got {n_bins}")
        return self._described(images[:1]).shape[1]

    def _described(self, images):
        n_cells = _whole(self, "n_cells")
        return colour_histogram(whole_levels(images), self._bins, n_cells, self.space)

    def _as_step(self, side):
        bins = [int(n) for n in self._bins]
        n_cells = _whole(self, "n_cells")
        return {"op": "colours", "bins": bins, "n_cells": n_cells, "space": self.space}, {}

    @property
    def _bins(self):
        return (self.bins,) * 3 if isinstance(self.bins, Integral) else tuple(self.bins)


class PatchFeatures(_ImageFeatures):
    """What patches of a dictionary are seen where; see `sklimg.patches`.

    The dictionary is learned in `fit` from the images it is given, without labels.

    Parameters
    ----------
    n_patches : int, default=64
        Of the dictionary.
    patch_side : int, default=6
        Pixels.
    n_cells : int, default=3
        Parts down and across.
    threshold : float, default=0.5
        Likeness that is nothing.
    n_samples : int, default=30000
        Patches that are looked at to learn, at most 100 of an image.
    n_jobs : {1, 2, -1} or None, default=None
        Threads at most; None and -1 choose by the number of images.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    weights_ : ndarray of shape (n_values, n_patches), float32
    offsets_ : ndarray of shape (n_patches,), float32
        The dictionary.

    Examples
    --------
    >>> images = np.random.default_rng(0).integers(0, 256, (9, 784), np.uint8)
    >>> PatchFeatures(random_state=0).fit_transform(images).shape
    (9, 576)
    """

    def __init__(
        self,
        n_patches=64,
        patch_side=6,
        n_cells=3,
        threshold=0.5,
        n_samples=30_000,
        n_jobs=None,
        random_state=None,
    ):
        self.n_patches = n_patches
        self.patch_side = patch_side
        self.n_cells = n_cells
        self.threshold = threshold
        self.n_samples = n_samples
        self.n_jobs = n_jobs
        self.random_state = random_state

    def with_dictionary(self, weights, offsets, n_pixels):
        """Take a dictionary that was learned before, for rows of *n_pixels*; return itself."""
        self.weights_, self.offsets_, self.n_features_in_ = weights, offsets, n_pixels
        self._n_features_out = _whole(self, "n_cells") ** 2 * len(offsets)
        return self

    def _learn(self, images):
        n_patches, side = _whole(self, "n_patches"), _whole(self, "patch_side")
        n_cells, n_samples = _whole(self, "n_cells"), _whole(self, "n_samples")
        if not isinstance(self.threshold, Real) or not self.threshold >= 0:
            raise UsageError(f"threshold: expected 0 or more, got {self.threshold!r}")
        if self.n_jobs not in (None, 1, 2, -1):
            raise UsageError(f"n_jobs: expected 1, 2, -1 or None, got {self.n_jobs!r}")
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        n_samples = max(min(n_samples, _SAMPLES_OF_IMAGE * len(images)), n_patches)
        found = learn_dictionary(images, n_patches, side, n_samples, rng)
        self.weights_, self.offsets_ = found.weights, found.offsets
        self._described(images[:1])  # which tells if there is no place for the parts
        return n_cells**2 * n_patches

    def _described(self, images):
        found = Dictionary(self.weights_, self.offsets_, self.patch_side)
        return encode_patches(images, found, n_jobs=self.n_jobs, **self._how(images.shape[1]))

    def _as_step(self, side):
        step = {"op": "patches", "patch_side": int(self.patch_side), **self._how(side)}
        return step, {"weights": self.weights_, "offsets": self.offsets_}

    def _how(self, side):
        step = max(1, side // _PLACES)
        return {"n_cells": int(self.n_cells), "step": step, "threshold": float(self.threshold)}


class Deslant(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Set the symbol of each image upright; see `sklimg.slants.deslant`.

    Examples
    --------
    >>> Deslant().fit_transform(np.zeros((3, 784), np.uint8)).shape
    (3, 784)
    """

    def fit(self, X, y=None):
        """Check that X, of shape (n_images, n_pixels), holds square images."""
        as_images(validate_data(self, X))
        return self

    def transform(self, X):
        """Return X with each image sheared, values of 0-255 as uint8."""
        X = validate_data(self, X, reset=False)
        return deslant(whole_levels(as_images(X))).reshape(X.shape)

    def array_form(self):
        """Return what `sklimg.arraysteps` needs to do the same: a step, and its arrays."""
        return {"op": "deslant"}, {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def _whole(model: BaseEstimator, name: str) -> int:
    """Return a parameter that has to be a whole number from 1."""
    value = getattr(model, name)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise UsageError(f"{name}: expected a whole number from 1, got {value!r}")
    return int(value)
