"""The estimators keep scikit-learn's promises."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklimg.glyphs import centre_glyph
from sklimg.transformers import CenterGlyph, PixelScaler


@parametrize_with_checks([PixelScaler(), CenterGlyph()])
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


def strokes(n_images, shape=(28, 28)):
    """Return vectors of images of shape *shape*, each with a stroke somewhere."""
    rng = np.random.default_rng(0)
    images = np.full((n_images, *shape), 240, np.uint8)
    for image in images:
        y, x = rng.integers(5, 12, 2)
        image[y : y + rng.integers(6, 12), x : x + rng.integers(2, 6)] = rng.integers(0, 90)
    return images.reshape(n_images, -1)


@pytest.mark.parametrize("content", ["auto", "glyph", "photo"])
def test_each_image_is_centred_alone(content):
    X = strokes(6)
    clean = CenterGlyph(content).fit_transform(X)
    assert clean.dtype == np.uint8
    for row, image in zip(clean, X.reshape(-1, 28, 28), strict=True):
        expected = centre_glyph(image, (28, 28), content)
        np.testing.assert_array_equal(row, expected.ravel())
        np.testing.assert_array_equal(
            CenterGlyph(content).fit(X[:1]).transform(image.reshape(1, -1)), [row]
        )


@pytest.mark.parametrize("shape", [(20, 36), (24, 30, 3)])
def test_images_of_any_shape_are_centred(shape):
    X = strokes(3, shape)
    clean = CenterGlyph(shape=shape).fit_transform(X)
    assert clean.shape == X.shape
    expected = [centre_glyph(image, shape[:2]).ravel() for image in X.reshape(-1, *shape)]
    np.testing.assert_array_equal(clean, expected)


def test_numbers_of_pixels_that_are_no_square_are_nearly_square():
    X = strokes(3, (20, 24))
    np.testing.assert_array_equal(
        CenterGlyph().fit_transform(X), CenterGlyph(shape=(20, 24)).fit_transform(X)
    )


def test_wrong_parameters_are_refused():
    X = strokes(2)
    with pytest.raises(ValueError, match="content must be one of auto, glyph, photo, got 'text'"):
        CenterGlyph("text").fit(X)
    with pytest.raises(ValueError, match=r"shape \(28, 29\) does not make 784 pixels"):
        CenterGlyph(shape=(28, 29)).fit(X)
