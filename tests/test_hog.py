"""Histograms of oriented gradients are those of scikit-image."""

import numpy as np
import pytest

from sklimg.errors import UsageError
from sklimg.hog import BLOCK_NORMS, hog, hog_shape

SHAPES = [(28, 28), (17, 23), (24, 24, 3)]


def images_of(shape, dtype=np.uint8, n=5):
    return np.random.default_rng(0).integers(0, 256, (n, *shape)).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("norm", BLOCK_NORMS)
@pytest.mark.parametrize(
    ("orientations", "cell", "block", "transform_sqrt"),
    [(9, (4, 4), (2, 2), False), (6, (3, 5), (1, 2), True), (8, (2, 2), (3, 1), False)],
)
def test_the_numbers_are_scikit_images(
    dtype, shape, norm, orientations, cell, block, transform_sqrt
):
    peer = pytest.importorskip("skimage.feature").hog
    images = images_of(shape, dtype)
    channels = -1 if len(shape) == 3 else None
    how = {"block_norm": norm, "transform_sqrt": transform_sqrt}
    expected = [
        peer(image, orientations, cell, block, channel_axis=channels, **how) for image in images
    ]
    got = hog(images, orientations, cell, block, **how)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("number", range(12))
def test_an_edge_stands_in_the_bin_of_its_gradient(number):
    angle = np.deg2rad(15 * number + 7.5)
    down, across = np.mgrid[-20:21, -20:21]
    ramp = 128 + 3 * (down * np.sin(angle) + across * np.cos(angle))
    (features,) = hog(ramp[None], 12, (41, 41), (1, 1), block_norm="L1")
    assert features[number] > 0.9


def test_batches_do_not_change_a_number():
    images = images_of((28, 28), n=1200)  # more than are worked on at a time
    together = hog(images, 9, (4, 4))
    alone = np.concatenate([hog(image[None], 9, (4, 4)) for image in images[::200]])
    np.testing.assert_array_equal(together[::200], alone)


def test_a_flat_image_has_no_gradient():
    assert not hog(np.full((1, 16, 16), 77, np.uint8)).any()


def test_shapes_are_told_before():
    assert hog_shape((28, 28), 9, (4, 4), (2, 2)) == (6, 6, 2, 2, 9)
    assert hog(images_of((28, 28)), 9, (4, 4)).shape == (5, 6 * 6 * 2 * 2 * 9)


@pytest.mark.parametrize(
    ("shape", "params", "words"),
    [
        ((7, 28), {}, r"at least 16x16 pixels for blocks of 2x2 cells of 8x8, got 7x28"),
        ((28, 28), {"pixels_per_cell": (0, 4)}, "pixels_per_cell: expected two whole numbers"),
        ((28, 28), {"cells_per_block": 2}, "cells_per_block: expected two whole numbers"),
        ((28, 28), {"orientations": 0}, "orientations: expected a number from 1 to 180, got 0"),
        ((28, 28), {"block_norm": "L3"}, "block_norm: expected one of L2-Hys, .*, got 'L3'"),
    ],
)
def test_what_cannot_be_is_refused(shape, params, words):
    with pytest.raises(UsageError, match=words):
        hog(images_of(shape), **params)
