"""Rules are followed as they bend; those that are hardly drawn go with the others."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from sklimg.bends import follow_rules
from sklimg.rules import find_rules

CELL, GRID, MARGIN = 48, (5, 6), 20
STEPS = np.stack(np.indices((GRID[0] + 1, GRID[1] + 1)), axis=-1) * CELL + MARGIN


def bent_ink(bend, rules=slice(None)):
    """Return ink of a grid whose points (y, x) lie at (y + bend, x), and its nodes.

    Lying rules but *rules* are left out.
    """
    height, width = (n * CELL + 2 * MARGIN + 1 for n in GRID)
    flat = np.zeros((height, width), np.float32)
    ends = MARGIN, height - MARGIN, width - MARGIN
    for at in np.arange(ends[0], ends[1], CELL)[rules]:
        flat[at, ends[0] : ends[2]] = 0.8
    flat[ends[0] : ends[1], ends[0] : ends[2] : CELL] = 0.8
    y, x = np.mgrid[:height, :width].astype(float)
    ink = ndimage.map_coordinates(flat, [y - bend(x / width), x], order=1, output=np.float32)
    nodes = STEPS.astype(float)
    nodes[..., 0] += bend(nodes[..., 1] / width)
    return ink, nodes


BENDS = {
    "straight": lambda x: 0 * x,
    "a parabola": lambda x: 10 * x * (1 - x),
    "half a sine": lambda x: -2 * np.sin(np.pi * x),
    "aslant": lambda x: 20 * x - 10,
}


@pytest.mark.parametrize("bend", BENDS.values(), ids=BENDS)
@pytest.mark.parametrize("axis", [0, 1])
def test_bent_lines_are_followed(bend, axis):
    ink, truth = bent_ink(bend)
    if axis:
        ink, truth = ink.T, truth.swapaxes(0, 1)[..., ::-1]
    found = find_rules(ink)
    assert np.abs(follow_rules(found) - truth).max() < 0.03 * CELL


@pytest.mark.parametrize("slanted", range(GRID[0] + 1))
def test_one_rule_is_drawn_aslant(slanted):
    ink, truth = bent_ink(BENDS["straight"], [i for i in range(GRID[0] + 1) if i != slanted])
    truth[slanted, :, 0] += np.linspace(-3, 3, GRID[1] + 1)
    for y, x in zip(*(np.linspace(*truth[slanted, [0, -1], i], 999) for i in (0, 1)), strict=True):
        ink[round(y), round(x)] = 0.8
    found = find_rules(ink)
    straight = found.frame.pixels(found.down[:, None], found.across)
    followed = follow_rules(found)
    off, was = (np.abs(nodes - truth)[slanted, :, 0].max() for nodes in (followed, straight))
    assert off < 0.03 * CELL
    assert off < 0.6 * was


@pytest.mark.parametrize("gone", range(1, GRID[0]))
def test_a_rule_that_is_not_drawn_bends_as_its_neighbours(gone):
    ink, truth = bent_ink(BENDS["a parabola"], [i for i in range(GRID[0] + 1) if i != gone])
    followed = follow_rules(find_rules(ink))
    np.testing.assert_allclose(followed[gone], truth[gone], atol=0.06 * CELL)
    bends = followed[..., 0] - followed[:, :1, 0]
    neighbours = (bends[gone - 1] + bends[gone + 1]) / 2
    np.testing.assert_allclose(bends[gone], neighbours, atol=0.02 * CELL)


def test_where_nothing_is_drawn_lines_stay():
    ink, _ = bent_ink(BENDS["straight"])
    found = find_rules(ink)
    there = found.frame.pixels(found.down[:, None], found.across)
    bare = replace(found, shown=(np.zeros_like(ink), np.zeros_like(ink)))
    np.testing.assert_allclose(follow_rules(bare), there)
