"""Copies are changed a little, all in their own way, and stay what they are."""

import numpy as np
import pytest

from sklimg.errors import UsageError
from sklimg.warpedcopies import CHANGES, Changes, warp_copies

STILL = Changes(0, 0, 0, 0, 0, 0)


def rng(seed=0):
    return np.random.default_rng(seed)


def spots(n=40, side=21, paper=0, dtype=np.uint8):
    """Return images with a soft spot in the middle, on even paper."""
    y, x = np.indices((side, side)) - side // 2
    spot = 200 * np.exp(-(y**2 + x**2) / 8)
    return np.tile(np.abs(paper - spot), (n, 1, 1)).astype(dtype)


def centres(images, paper=0):
    """Return where the ink of each image is, as (row, column) from the middle, and how much."""
    ink = np.abs(images.astype(float) - paper)
    ink[ink < 20] = 0
    place = np.indices(ink.shape[1:]) - (ink.shape[1] // 2)
    mass = ink.sum(axis=(1, 2))
    return np.einsum("nij,kij->nk", ink, place) / mass[:, None], mass


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 7, 9), (5, 7, 9, 3), (3, 1, 2), (0, 8, 8)])
def test_no_change_changes_nothing(shape, dtype):
    images = rng().integers(0, 256, shape).astype(dtype)
    copies = warp_copies(images, STILL, rng(1))
    assert copies.dtype == dtype
    np.testing.assert_allclose(copies, images, atol=1e-3)


@pytest.mark.parametrize("strength", CHANGES)
def test_each_copy_is_another_and_the_same_seed_gives_the_same(strength):
    images = spots()
    copies = warp_copies(images, CHANGES[strength], rng())
    assert len(np.unique(copies.reshape(40, -1), axis=0)) == 40
    np.testing.assert_array_equal(copies, warp_copies(images, CHANGES[strength], rng()))
    np.testing.assert_array_equal(images, spots())


def test_shifts_go_every_way_as_far_as_told():
    moved, _ = centres(warp_copies(spots(400), Changes(0, 0, 0.2, 0, 0, 0), rng()))
    assert np.all(moved.min(axis=0) < -3.8)
    assert np.all(moved.max(axis=0) > 3.8)
    assert np.abs(moved).max() < 0.2 * 21 + 0.1


def test_zoom_is_large_and_small():
    images = np.zeros((300, 31, 31), np.uint8)
    images[:, 8:23, 8:23] = 255
    _, mass = centres(warp_copies(images, Changes(0, 0.25, 0, 0, 0, 0), rng()))
    sizes = np.sqrt(mass / (255 * 15**2))
    assert sizes.min() == pytest.approx(1 / 1.25, abs=0.02)
    assert sizes.max() == pytest.approx(1.25, abs=0.02)


@pytest.mark.parametrize("is_upright", [False, True])
def test_a_turn_is_about_the_middle(is_upright):
    images = np.zeros((300, 31, 31), np.uint8)
    images[:, 15, 3:28] = 255  # a level bar
    images = images.swapaxes(1, 2) if is_upright else images
    copies = warp_copies(images, Changes(20, 0, 0, 0, 0, 0), rng()).astype(float)
    ys, xs = np.indices((31, 31)) - 15
    along, across = (ys, -xs) if is_upright else (xs, ys)
    angles = [
        np.degrees(np.arctan2((c * along * across).sum(), (c * along**2).sum())) for c in copies
    ]
    one = warp_copies(np.maximum(images, images.swapaxes(1, 2)), Changes(20, 0, 0, 0, 0, 0), rng())
    cross = one.astype(float)
    assert (
        abs((cross * ys * xs).sum(axis=(1, 2))).max()
        < 0.02 * (cross * xs**2).sum(axis=(1, 2)).min()
    )
    assert min(angles) == pytest.approx(-20, abs=1)
    assert max(angles) == pytest.approx(20, abs=1)
    assert np.abs(centres(copies)[0]).max() < 0.3


def test_a_slant_keeps_level_lines_level():
    images = np.zeros((100, 31, 31), np.uint8)
    images[:, 3:28, 15] = 255  # an upright bar
    copies = warp_copies(images, Changes(0, 0, 0, 0.3, 0, 0), rng())
    tops = np.array([copy[5].argmax() for copy in copies])
    assert tops.min() <= 13
    assert tops.max() >= 17
    np.testing.assert_array_equal(np.flatnonzero(copies.any(axis=(0, 2))), np.arange(3, 28))


@pytest.mark.parametrize("paper", [0, 120, 250])
def test_what_comes_in_is_paper(paper):
    """White paper stays white, and nothing smears along the edges."""
    images = np.full((50, 12, 12), paper, np.uint8)
    images[:, 4:12, 5:7] = 30 if paper else 220  # a stroke that leaves at the bottom
    copies = warp_copies(images, Changes(0, 0, 0.2, 0, 0, 0), rng())
    up = copies[np.abs(copies[:, -1].astype(int) - paper).max(axis=1) == 0]
    assert len(up) > 10
    assert np.all(copies[:, 0] == paper)


def test_light_changes_keep_the_range():
    copies = warp_copies(spots(200, paper=0), Changes(0, 0, 0, 0, 0.2, 0.5), rng())
    peaks = copies.max(axis=(1, 2))
    assert peaks.max() == 255
    assert peaks.min() < 120
    assert copies[:, 0, 0].max() > 40
    shares = warp_copies(spots(200) / 255.0, CHANGES["strong"], rng(), limits=(0, 1))
    assert (shares.min(), shares.max() <= 1) == (0, True)


def test_half_are_mirrored_if_told():
    images = np.zeros((200, 8, 8, 3), np.uint8)
    images[:, :, 0] = 255
    mirrored = warp_copies(images, STILL, rng(), flip=True)[:, 0, -1, 0] == 255
    assert 70 < mirrored.sum() < 130
    np.testing.assert_array_equal(warp_copies(images, STILL, rng()), images)


def test_colours_move_together():
    grey = spots(30)
    colour = np.repeat(grey[..., None], 3, axis=3)
    copies = warp_copies(colour, CHANGES["strong"], rng())
    np.testing.assert_array_equal(copies[..., 0], copies[..., 2])
    np.testing.assert_array_equal(copies[..., 0], warp_copies(grey, CHANGES["strong"], rng()))


def test_vectors_are_no_images():
    with pytest.raises(UsageError, match=r"expected shape .* got \(4, 784\)"):
        warp_copies(np.zeros((4, 784)), STILL, rng())
