"""Images laid on each other."""

import numpy as np
import pytest
from PIL import Image

from sklimg import alignment
from sklimg.alignment import aligned_correlation
from tests.test_thumbnails import pictures


def mapped(images, matrix):
    """Return images drawn through an affine map of their pixels, as Pillow does it."""
    size = images.shape[:0:-1]
    drawn = [Image.fromarray(i).transform(size, Image.Transform.AFFINE, matrix, 2) for i in images]
    return np.stack([np.asarray(i) for i in drawn])


def zoomed(scale, shift=0.0, side=32):
    """Return the map that zooms into the middle, or beside it."""
    middle = side / 2 * (1 - scale) + shift
    return (scale, 0, middle, 0, scale, middle)


def middles(images):
    """Return the middles, into which nothing from beyond the edge was drawn."""
    return np.ascontiguousarray(images[:, 4:-4, 4:-4])


ITSELF = np.stack([np.arange(20)] * 2, axis=1)


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param(zoomed(1.0), id="as it is"),
        pytest.param(zoomed(0.88), id="zoomed"),
        pytest.param(zoomed(0.9, 1), id="cropped at a corner"),
        pytest.param((1, 0, 1.2, 0, 1, -0.8), id="shifted"),
        pytest.param((0.99, 0.09, -1, -0.09, 0.99, 1), id="turned by five degrees"),
    ],
)
def test_a_small_map_is_found(matrix):
    large = pictures(20, side=32)
    images, changed = middles(large), middles(0.4 * mapped(large, matrix) + 20)
    assert np.quantile(aligned_correlation(images, changed, ITSELF), 0.2) > 0.9
    assert np.quantile(aligned_correlation(changed, images, ITSELF), 0.2) > 0.9


def test_different_images_stay_different():
    images, others = pictures(20), pictures(20, seed=1)
    assert aligned_correlation(images, others, ITSELF).max() < 0.85


def test_a_squeeze_is_no_copy():
    large = pictures(20, side=32)
    images, squeezed = middles(large), middles(mapped(large, (0.6, 0, 6.4, 0, 1.2, -3.2)))
    assert aligned_correlation(images, squeezed, ITSELF).max() < 0.9


def test_no_pairs_are_no_correlations():
    assert aligned_correlation(pictures(2), pictures(2), np.empty((0, 2), int)).shape == (0,)


def test_it_does_not_matter_which_of_the_two_lost_its_edges():
    """Under 60 % of the area are left; the whole, laid on that, covers it, not the other way."""
    large = pictures(40, side=32)
    images, changed = middles(large), middles(mapped(large, zoomed(0.76)))
    pairs = np.stack([np.arange(40)] * 2, axis=1)
    one, other = (
        aligned_correlation(*two, pairs) for two in ((images, changed), (changed, images))
    )
    assert np.median(one) > 0.9
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_too_small_an_overlap_is_none(monkeypatch):
    images = pictures(20)
    monkeypatch.setattr(alignment, "_LEAST_OVERLAP", 1.01)
    assert aligned_correlation(images, images, ITSELF).tolist() == [-1] * 20
