"""Train on changed copies of the training images, and on nothing but those.

Floor 2: an estimator; reads and writes nothing.
"""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sklimg.errors import UsageError
from sklimg.mlpinputs import checked_groups
from sklimg.names import AUGMENTS
from sklimg.splits import hold_back
from sklimg.transformers import image_shape
from sklimg.warpedcopies import CHANGES, warp_copies
from sklimg.watching import fit_watched, last_step, tells_epochs

__all__ = ["Augmented"]

_ENOUGH = 20_000  # images, up to which copies are made
_MOST_COPIES = 20  # of an image


class Augmented(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Fit a classifier to images and changed copies of them.

    The copies are made in `fit`, from the rows it is given: what a fold or a test
    holds back is never copied, and what is predicted is never changed. An MLP that
    stops early is watched by rows that were held back before the copying.

    Parameters
    ----------
    estimator : classifier
        Takes images as rows of pixels; a Pipeline as a rule.
    strength : {"none", "light", "strong"}, default="light"
        See `sklimg.warpedcopies.CHANGES`.
    copies : int or "auto", default="auto"
        Copies of each image; "auto" fills up to 20,000 images with at most 20 of
        each, and makes one at least.
    flip : bool, default=False
        Whether copies may be mirrored; symbols should not be.
    shape : tuple of int, default=None
        (height, width) of the images, or (height, width, 3). By default they are
        square and grey, or the most nearly square.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    estimator_ : classifier
        The fitted one; it knows nothing of copies.
    classes_ : ndarray of shape (n_classes,)

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> images = np.zeros((20, 64), np.uint8)
    >>> images[:10, 20:22], images[10:, 42:44] = 200, 200
    >>> model = Augmented(LogisticRegression(), random_state=0)
    >>> model.fit(images, np.repeat(["up", "down"], 10)).predict(images[:1]).tolist()
    ['up']
    """

    def __init__(
        self,
        estimator,
        strength="light",
        copies="auto",
        flip=False,
        shape=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.strength = strength
        self.copies = copies
        self.flip = flip
        self.shape = shape
        self.random_state = random_state

    def fit(self, X, y, *, groups=None, validation_data=None):
        """Fit the estimator to images and their copies.

        Parameters
        ----------
        X : array-like of shape (n_images, n_pixels)
        y : array-like of shape (n_images,)
        groups : array-like of shape (n_images,), optional
            Images that early stopping keeps on one side.
        validation_data : tuple of X and y, optional
            Images that watch an MLP of ours.

        Returns
        -------
        self : Augmented
        """
        X, y = validate_data(self, X, y)
        self.held_back_ = None
        X, y, validation_data = self.with_copies_apart(X, y, groups, validation_data)
        estimator = clone(self.estimator)
        if validation_data is None:
            self.estimator_ = estimator.fit(X, y)
        else:
            self.estimator_ = fit_watched(estimator, X, y, validation_data)
        self.classes_ = self.estimator_.classes_
        return self

    def with_copies_apart(self, X, y, groups=None, validation_data=None):
        """Return what the estimator is fitted to, and the rows that watch it.

        Parameters
        ----------
        X, y, groups, validation_data
            As of `fit`.

        Returns
        -------
        X, y : ndarray
            Images and copies of them; without those that were held back.
        validation_data : tuple of X and y, or None
            What was given; or what was held back, if the estimator stops early.
        """
        if self.strength not in AUGMENTS:
            raise UsageError(
                f"strength: expected one of {', '.join(AUGMENTS)}, got {self.strength!r}"
            )
        if self.copies != "auto" and not (isinstance(self.copies, Integral) and self.copies >= 0):
            raise UsageError(f"copies: expected auto or an integer from 0, got {self.copies!r}")
        random = check_random_state(self.random_state)
        last = last_step(self.estimator)
        if validation_data is None and getattr(last, "early_stopping", False):
            if not tells_epochs(self.estimator):
                raise UsageError(
                    "early_stopping: its rows would hold copies of those it trains on; "
                    "use sklimg's MLPClassifier (--model mlp), or no augmentation"
                )
            groups = checked_groups(groups, len(y))
            rng = np.random.default_rng(random.randint(2**31 - 1))
            train, held = hold_back(y, groups, last.validation_fraction, rng)
            validation_data, self.held_back_ = (X[held], y[held]), held
            X, y = X[train], y[train]
        X, y = self.with_copies(X, y, np.random.default_rng(random.randint(2**31 - 1)))
        return X, y, validation_data

    def predict(self, X):
        """Return the class of each image, of shape (n_images,)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(validate_data(self, X, reset=False))

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))
    def predict_proba(self, X):
        """Return the probability of each class, of shape (n_images, n_classes)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_proba(validate_data(self, X, reset=False))

    def with_copies(self, X, y, rng):
        """Return images and labels with those of the copies behind them.

        Parameters
        ----------
        X : ndarray of shape (n_images, n_pixels)
        y : ndarray of shape (n_images,)
        rng : numpy.random.Generator

        Returns
        -------
        X, y : ndarray
            Of (1 + n_copies) * n_images rows.
        """
        n_copies = self.copies
        if n_copies == "auto":
            n_copies = min(max(_ENOUGH // len(X) - 1, 1), _MOST_COPIES)
        if self.strength == "none" or not n_copies:
            return X, y
        images = X.reshape(len(X), *image_shape(X.shape[1], self.shape))
        limits = (0, 255) if X.dtype.kind in "ui" else (float(X.min()), float(X.max()))
        changes = CHANGES[self.strength]
        copies = [
            warp_copies(images, changes, rng, flip=self.flip, limits=limits).reshape(X.shape)
            for _ in range(n_copies)
        ]
        return np.concatenate([X, *copies]), np.tile(y, n_copies + 1)
