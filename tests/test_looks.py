"""Dark, blurry, empty: told by made images."""

import numpy as np
import pytest

from sklimg.looks import judge_looks, show_ink, show_strokes
from tests.test_thumbnails import pictures


def blurred(images, steps):
    for _ in range(steps):
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="edge")
        rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
        images = (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 16
    return images


def sharp(count, side=64):
    """Pictures with edges, as photographs have them."""
    coarse = np.random.default_rng(0).integers(0, 256, (count, side // 8, side // 8))
    return coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.float32)


@pytest.mark.parametrize(
    ("image", "look"),
    [
        (sharp(1), ""),
        (0.2 * sharp(1), "dark"),
        (blurred(sharp(1), 10), "blurry"),
        (np.full((1, 64, 64), 250.0), "empty"),
        (np.zeros((1, 64, 64)), "empty"),
        (200 + np.random.default_rng(0).normal(0, 1, (1, 64, 64)), "empty"),
        (np.eye(28)[None] * 255, ""),
        (np.full((1, 1, 1), 9.0), "empty"),
    ],
)
def test_one_look(image, look):
    assert judge_looks(image.astype(np.uint8)).tolist() == [look]


def test_each_image_is_judged_alone():
    images = np.concatenate([sharp(2), 0.1 * sharp(1), pictures(1, 64) * 0 + 9, sharp(1)])
    assert judge_looks(images.astype(np.uint8)).tolist() == ["", "", "dark", "empty", ""]


def papers(side=28):
    """A thin and a thick mark on paper, noise, and flat grey."""
    rng = np.random.default_rng(0)
    thin, thick = np.full((2, side, side), 235.0)
    thin[side // 4 : -side // 4, side // 2 : side // 2 + side // 9] = 30
    thick[side // 4 : -side // 3, side // 4 : -side // 3] = 30
    return np.stack([thin, thick, rng.integers(0, 256, (side, side)), np.full((side, side), 120)])


@pytest.mark.parametrize("side", [12, 24, 28, 64])
def test_ink_and_strokes_are_told_from_objects_and_photographs(side):
    images = papers(side)
    for polarity in (images, 255 - images):
        assert show_ink(polarity).tolist() == [True, True, False, False]
        assert show_strokes(polarity).tolist() == [True, False, False, False]


def test_the_thickness_of_a_stroke_is_a_quarter_of_the_side():
    images = np.full((8, 24, 24), 250.0)
    for width in range(1, 9):
        images[width - 1, 4:20, 8 : 8 + width] = 10
    assert show_strokes(images).tolist() == [True] * 5 + [False] * 3


def test_paper_is_an_even_extreme_grey():
    images = papers()[:1]
    assert not show_ink(np.where(images > 100, 150, 30)).any()
    uneven = images + np.linspace(-90, 0, 28)[:, None]
    assert not show_ink(uneven).any()
    half = np.full((1, 28, 28), 250.0)
    half[:, 15:] = np.linspace(60, 190, 28)  # 54 % are paper
    assert not show_ink(half).any()
    half[:, 15] = 250
    assert show_ink(half).all()
