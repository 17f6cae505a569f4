"""What leans is set upright."""

import numpy as np
import pytest

from sklimg.slants import deslant


def leaning(lean, ink=220, paper=0, channels=()):
    """Return an image of a bar that leans by so many pixels a row."""
    image = np.full((29, 29, *channels), paper, np.uint8)
    for row in range(6, 23):
        column = round(14 + lean * (row - 14))
        image[row, column - 1 : column + 2] = ink
    return image


def width(image, paper):
    return np.flatnonzero((np.abs(image.astype(int) - paper) > 60).any(axis=0)).size


@pytest.mark.parametrize("lean", [-0.6, -0.3, 0.4, 0.8])
@pytest.mark.parametrize(("ink", "paper"), [(220, 0), (20, 250)])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_leaning_bar_stands(lean, ink, paper, channels):
    image = leaning(lean, ink, paper, channels)
    (upright,) = deslant(image[None])
    assert upright.shape == image.shape
    grey = (upright, image) if not channels else (upright[..., 0], image[..., 0])
    assert width(grey[0], paper) <= 5 < width(grey[1], paper)


def test_what_stands_stays():
    image = leaning(0)
    np.testing.assert_array_equal(deslant(image[None])[0], image)


@pytest.mark.parametrize("level", [0, 90, 255])
def test_bare_paper_stays(level):
    image = np.full((1, 9, 9), level, np.uint8)
    np.testing.assert_array_equal(deslant(image), image)
