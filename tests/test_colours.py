"""Shares of colours, part by part."""

import numpy as np
import pytest
from matplotlib.colors import hsv_to_rgb

from sklimg.colours import colour_histogram
from sklimg.errors import UsageError


@pytest.mark.parametrize("side", [8, 13])
def test_shares_are_counted_part_by_part(side):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, side, side, 3), np.uint8)
    got = colour_histogram(images, (4, 2, 3), n_cells=2).reshape(6, 2, 2, 4, 2, 3)
    assert got.dtype == np.float32
    np.testing.assert_allclose((got**2).sum(axis=(3, 4, 5)), 1, rtol=1e-5)
    part = np.arange(side) * 2 // side
    for i, y, x in ((0, 0, 0), (3, 1, 0), (5, 1, 1)):
        inside = images[i][np.ix_(part == y, part == x)].reshape(-1, 3)
        edges = [np.arange(n + 1) * 256 / n for n in (4, 2, 3)]
        expected = np.histogramdd(inside, edges)[0] / len(inside)
        np.testing.assert_allclose(got[i, y, x] ** 2, expected, atol=1e-6)


@pytest.mark.parametrize("hue", [0.05, 0.3, 0.55, 0.8])
def test_hues_stand_in_their_bin(hue):
    colour = np.rint(255 * hsv_to_rgb([hue, 0.9, 0.9])).astype(np.uint8)
    image = np.tile(colour, (1, 4, 4, 1))
    got = colour_histogram(image, (8, 2, 2), n_cells=1, space="hsv").reshape(8, 2, 2)
    assert np.argwhere(got == 1).tolist() == [[int(hue * 8), 1, 1]]


def test_batches_do_not_change_a_number():
    images = np.random.default_rng(0).integers(0, 256, (80, 120, 120, 3), np.uint8)
    alone = np.concatenate([colour_histogram(image[None]) for image in images[::20]])
    np.testing.assert_array_equal(colour_histogram(images)[::20], alone)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"space": "lab"}, "space: expected one of rgb, hsv, got 'lab'"),
        ({"bins": (4, 4)}, "bins: expected three whole numbers from 1 to 256"),
        ({"bins": (4, 4, 0)}, "bins: expected three whole numbers"),
        ({"n_cells": 9}, "at least 9x9 pixels for as many parts, got 4x4"),
    ],
)
def test_what_cannot_be_is_refused(params, words):
    with pytest.raises(UsageError, match=words):
        colour_histogram(np.zeros((1, 4, 4, 3), np.uint8), **params)
