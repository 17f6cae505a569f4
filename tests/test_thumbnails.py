"""Thumbnails and their descriptions."""

import numpy as np
import pytest

from sklimg.spec import ImageSpec
from sklimg.thumbnails import (
    COARSE,
    FINE,
    N_POSITIONS,
    band,
    describe_all,
    in_position,
    shrunk,
    thumbnails,
    turned,
)


def pictures(count, side=24, seed=0):
    """Pictures of which neighbouring pixels are alike, as in nature."""
    noise = np.random.default_rng(seed).normal(size=(count, side, side)).cumsum(1).cumsum(2)
    low, high = (f(noise, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    return (255 * (noise - low) / (high - low)).astype(np.float32)


def correlation(one, other):
    return np.einsum("nij,nij->n", one, other)


@pytest.mark.parametrize("side", [24, 28, 31, 64, 100])
def test_shrinking_keeps_the_mean(side):
    images = pictures(3, side)
    small = shrunk(images, 24)
    assert small.shape == (3, 24, 24)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), images.mean(axis=(1, 2)), rtol=1e-4)


def test_shrinking_by_a_whole_number_averages_blocks():
    images = pictures(2, 48)
    blocks = images.reshape(2, 24, 2, 24, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(shrunk(images, 24), blocks, rtol=1e-5)


def test_thumbnails_of_colour_are_grey_and_small_images_stay():
    colour = np.random.default_rng(0).integers(0, 256, (5, 8 * 8 * 3), np.uint8)
    images = thumbnails(colour, np.array([4, 1]), ImageSpec(8, "RGB"))
    grey = colour[[4, 1]].reshape(2, 8, 8, 3).mean(axis=3)
    np.testing.assert_allclose(images, grey, rtol=1e-5)


@pytest.mark.parametrize("position", range(N_POSITIONS))
@pytest.mark.parametrize("kind", [COARSE, FINE])
def test_a_turned_image_has_the_turned_description(kind, position):
    images = pictures(4)
    expected = describe_all(turned(images, position), kind)
    np.testing.assert_allclose(
        in_position(describe_all(images, kind), position), expected, atol=1e-5
    )


def test_positions_are_all_there_are():
    image = pictures(1)
    everywhere = {turned(image, position).tobytes() for position in range(N_POSITIONS)}
    turns = {np.rot90(image, k, axes=(1, 2)).tobytes() for k in range(4)}
    assert len(everywhere) == 8
    assert turns < everywhere


def test_light_and_contrast_do_not_count_and_flat_images_are_like_none():
    images = pictures(4)
    plain, dark = (describe_all(i, FINE) for i in (images, 0.2 * images + 10))
    np.testing.assert_allclose(correlation(plain, dark), 1, atol=1e-4)
    flat = describe_all(np.full((1, 24, 24), 77, np.float32), FINE)
    assert np.abs(flat).max() < 1e-3


def test_the_band_is_what_descriptions_compare():
    images = pictures(2)
    seen = band(images, FINE[1]).reshape(2, -1)
    cosine = seen[0] @ seen[1] / np.linalg.norm(seen[0]) / np.linalg.norm(seen[1])
    described = describe_all(images, FINE).reshape(2, -1)
    assert cosine == pytest.approx(described[0] @ described[1], abs=1e-5)
