"""Dark, blurry, empty: told by made images."""

import numpy as np
import pytest

from sklimg.looks import judge_looks
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
