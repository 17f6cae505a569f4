"""Every image stands whole in its place."""

import numpy as np
import pytest

from sklimg.mosaics import mosaic, resized


@pytest.mark.parametrize(("count", "columns"), [(1, 5), (5, 5), (6, 5), (7, 3)])
def test_images_stand_row_by_row(count, columns):
    images = [np.full((6, 6), 10 * k, np.uint8) for k in range(count)]
    picture = mosaic(images, columns)
    step = 10
    for k in range(count):
        top, left = 4 + step * (k // columns), 4 + step * (k % columns)
        assert (picture[top : top + 6, left : left + 6] == 10 * k).all()
    assert picture.shape[0] == 4 + step * -(-count // columns)


def test_grey_and_colour_stand_together():
    colour = np.zeros((4, 4, 3), np.uint8)
    colour[:, :, 0] = 200
    picture = mosaic([np.full((4, 4), 7, np.uint8), colour], 2)
    assert picture[5, 5].tolist() == [7, 7, 7]
    assert picture[5, 13].tolist() == [200, 0, 0]


def test_pixels_are_repeated_or_averaged_by_whole_numbers():
    image = np.array([[0, 10], [20, 30]], np.uint8)
    np.testing.assert_array_equal(resized(image, 5), np.kron(image, np.ones((2, 2), np.uint8)))
    assert resized(image, 3) is image
    assert resized(image, 1).tolist() == [[15]]


@pytest.mark.parametrize("side", [8, 28, 57, 63, 64, 127, 128, 300])
def test_colours_and_shape_are_kept(side):
    image = np.full((side, side, 3), (9, 99, 200), np.uint8)
    picture = resized(image, 64)
    assert picture.dtype == np.uint8
    assert picture.shape[0] == picture.shape[1]
    assert 32 < len(picture) < 128
    assert (picture == (9, 99, 200)).all()
