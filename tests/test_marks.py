"""Marks are found in any light and nothing else is one."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sklimg.marks import RADII, find_marks, reduce_grey

PLACES = np.array([[60.25, 70.5], [61, 530], [740.5, 66], [735, 540.75]])


def paper(places=PLACES, *, size=(800, 600), scale=3.0, slant=1.0):
    """Return white paper with marks, drawn four times finer than it is seen."""
    page = np.full(size, 255, np.float32)
    half = 24 if scale < 4 else 40
    for at in places:
        top, left = (int(c) - half for c in at)
        y, x = (np.mgrid[: 8 * half, : 8 * half] + 0.5) / 4 - 0.5
        y, x = y + top, x + left
        radius = np.hypot(y - at[0], (x - at[1]) / slant) / scale
        light = (radius > RADII[0]) & ((radius < RADII[1]) | (radius > RADII[2]))
        seen = 255 * light.reshape(2 * half, 4, 2 * half, 4).mean(axis=(1, 3))
        page[top : top + 2 * half, left : left + 2 * half] = seen
    return page


def assert_found(grey, places=PLACES, off=0.3):
    found = find_marks(np.clip(grey, 0, 255).astype(np.uint8))
    assert len(found) == len(places)
    gaps = np.linalg.norm(found[:, None] - places, axis=-1).min(axis=1)
    assert gaps.max() < off


@pytest.mark.parametrize("scale", [1.6, 3, 6])
def test_marks_of_any_size_are_found_to_a_fraction_of_a_pixel(scale):
    assert_found(paper(scale=scale))


def test_marks_seen_at_a_slant_are_found():
    assert_found(paper(slant=0.75))


def test_marks_in_shadow_noise_and_blur_are_found():
    rng = np.random.default_rng(0)
    light = np.linspace(0.25, 1, 600) * np.linspace(1, 0.7, 800)[:, None]
    seen = gaussian_filter(paper(), 1.5) * light + rng.normal(0, 4, (800, 600))
    assert_found(seen, off=0.6)


def test_marks_of_a_large_photo_are_found_in_its_own_pixels():
    large = np.kron(paper(), np.ones((4, 4)))
    assert_found(large, (PLACES + 0.5) * 4 - 0.5, off=0.5)


def test_a_mark_crossed_by_a_pen_is_found():
    page = paper()
    page[45:76, 80] = 0
    assert_found(page, off=0.6)


@pytest.mark.parametrize("part", ["disc", "ring", "full"])
def test_half_a_mark_is_none(part):
    y, x = np.mgrid[:300, :400] - np.array([150, 200])[:, None, None]
    radius = np.hypot(y, x) / 3
    ring = (radius > RADII[1]) & (radius < RADII[2])
    dark = {"disc": radius < RADII[0], "ring": ring, "full": radius < RADII[2]}[part]
    assert len(find_marks(np.where(dark, 0, 255).astype(np.uint8))) == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (11, 11), (40, 40)])
def test_images_without_marks_have_none(size):
    rng = np.random.default_rng(0)
    for grey in (np.zeros(size), np.full(size, 255), rng.integers(0, 256, size)):
        found = find_marks(grey.astype(np.uint8))
        assert found.shape == (0, 2)


def test_a_reduced_image_holds_means():
    grey = np.arange(2800 * 10).reshape(2800, 10) % 251
    small, factor = reduce_grey(grey.astype(np.uint8))
    assert (factor, small.shape) == (2, (1400, 5))
    np.testing.assert_array_equal(small, grey.reshape(1400, 2, 5, 2).mean(axis=(1, 3)) // 1)
    same, factor = reduce_grey(small)
    assert factor == 1
    assert same is small
