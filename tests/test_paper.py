"""Ink is what differs from its paper, under any light and on either paper."""

import numpy as np
import pytest

from sklimg.paper import is_dark_paper, measure_ink, reduce_sheet


def written(seed, height=180, width=240):
    """Return the share of light that paper with strokes and a rule lets back."""
    rng = np.random.default_rng(seed)
    paper = np.ones((height, width))
    paper[90, 10:-10] = 0.5  # a rule
    paper[120:150, 100:134] = 0.3  # a blot
    for y, x in rng.integers(20, [height - 40, width - 40], (30, 2)):
        paper[y : y + rng.integers(4, 20), x : x + rng.integers(2, 6)] = rng.uniform(0.1, 0.6)
    return paper


def lit(paper, light):
    return np.rint(255 * paper * light).astype(np.uint8)


@pytest.mark.parametrize("seed", range(4))
def test_even_light_gives_the_ink_itself(seed):
    paper = written(seed)
    ink = measure_ink(lit(paper, 0.9))
    assert ink.dtype == np.float32
    np.testing.assert_allclose(ink, 1 - paper, atol=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_smooth_light_changes_nothing(seed):
    paper = written(seed)
    y, x = np.mgrid[: paper.shape[0], : paper.shape[1]] / max(paper.shape)
    slope = 0.95 - 0.35 * y - 0.2 * x
    shadow = 0.95 - 0.35 / (1 + np.exp(8 * (x + y - 0.8)))
    for light in (slope, shadow):
        off = np.abs(measure_ink(lit(paper, light)) - (1 - paper))
        assert off.max() < 0.12
        assert off.mean() < 0.012


@pytest.mark.parametrize("seed", range(4))
def test_light_ink_on_dark_paper_is_ink(seed):
    grey = lit(written(seed), 0.9)
    assert not is_dark_paper(grey)
    assert is_dark_paper(255 - grey)
    np.testing.assert_array_equal(measure_ink(255 - grey), measure_ink(grey))


def test_bare_paper_has_no_ink():
    for level in (8, 40, 128, 255):
        assert not measure_ink(np.full((60, 50), level, np.uint8)).any()


def test_large_sheets_become_means_small_ones_stay():
    sheet = np.random.default_rng(0).integers(0, 256, (60, 90), np.uint8)
    grey, scale = reduce_sheet(sheet, 91)
    assert scale == 1
    np.testing.assert_array_equal(grey, sheet)
    grey, scale = reduce_sheet(sheet, 30)
    assert scale == pytest.approx(1 / 3)
    means = sheet.reshape(20, 3, 30, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(grey, means, atol=1)  # rounded twice


@pytest.mark.parametrize("shape", [(1, 900), (900, 1), (301, 77)])
def test_no_side_is_longer_than_asked_or_lost(shape):
    grey, scale = reduce_sheet(np.zeros(shape, np.uint8), 100)
    assert scale == pytest.approx(100 / max(shape))
    assert max(grey.shape) == 100
    np.testing.assert_allclose(grey.shape, np.maximum(np.multiply(shape, scale), 1), atol=0.5)


def test_colour_becomes_grey():
    grey, _ = reduce_sheet(np.full((9, 8, 3), (255, 0, 0), np.uint8), 100)
    assert np.unique(grey).tolist() == [76]  # as ITU-R 601 weighs red
