"""Rows of pixels are images, if they are square."""

import numpy as np
import pytest

from sklimg.errors import UsageError
from sklimg.pixelrows import as_images, whole_levels


@pytest.mark.parametrize(("n_pixels", "shape"), [(9, (3, 3)), (27, (3, 3, 3)), (1, (1, 1))])
def test_rows_are_square_images(n_pixels, shape):
    rows = np.arange(2 * n_pixels).reshape(2, n_pixels)
    np.testing.assert_array_equal(as_images(rows), rows.reshape(2, *shape))


def test_other_rows_are_told():
    with pytest.raises(UsageError, match="expected rows of side.side pixels, .* got 10"):
        as_images(np.zeros((1, 10)))


def test_levels_are_whole_and_within_their_range():
    assert whole_levels(np.array([-3.0, 1.5, 2.4, 300.0])).tolist() == [0, 2, 2, 255]
    pixels = np.arange(4, dtype=np.uint8)
    assert whole_levels(pixels) is pixels
