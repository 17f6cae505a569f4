"""The estimators keep scikit-learn's promises."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklimg.transformers import PixelScaler


@parametrize_with_checks([PixelScaler()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_pixels_become_shares():
    X = np.array([[0, 51, 255]], np.uint8)
    scaled = PixelScaler().fit_transform(X)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[0, 0.2, 1]], rtol=1e-6)


def test_a_maximum_of_nothing_is_refused():
    with pytest.raises(ValueError, match="maximum must be above 0, got 0"):
        PixelScaler(maximum=0).fit(np.ones((1, 1)))
