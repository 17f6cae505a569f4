"""Ruled grids are found, whatever they are ruled with, and nothing else is."""

import numpy as np
import pytest

from sklimg.paper import measure_ink
from sklimg.rules import find_rules, show_rules
from tests.drawn import RULES, draw_sheet, misses


def ruled_ink(rows, columns, cell=20, margin=12):
    """Return ink that is a grid of rules alone, one pixel thick."""
    height, width = (n * cell + 2 * margin + 1 for n in (rows, columns))
    ink = np.zeros((height, width), np.float32)
    ink[margin : height - margin : cell, margin : width - margin] = 0.8
    ink[margin : height - margin, margin : width - margin : cell] = 0.8
    return ink


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 10), (7, 1), (4, 6), (50, 50)])
def test_straight_grids_are_found(rows, columns):
    found = find_rules(ruled_ink(rows, columns))
    assert found.seen > 0.8
    nodes = found.frame.pixels(found.down[:, None], found.across)
    truth = np.stack(np.indices((rows + 1, columns + 1)), axis=-1) * 20 + 12
    np.testing.assert_allclose(nodes, truth, atol=1.5)


@pytest.mark.parametrize("rules", [kind for kind in RULES if kind != "none"])
def test_each_kind_of_rule_is_found(rules):
    drawn = draw_sheet(2, (4, 5), rules, size=400)
    found = find_rules(measure_ink(drawn.pixels))
    assert (len(found.down), len(found.across)) == drawn.nodes.shape[:2]
    nodes = found.frame.pixels(found.down[:, None], found.across)
    assert misses(nodes, drawn.nodes).max() < 0.1


@pytest.mark.parametrize("grid", [(2, None), (None, 3), (2, 3), (4, 6)])
def test_known_counts_are_kept_to(grid):
    found = find_rules(ruled_ink(4, 6), grid)
    got = len(found.down) - 1, len(found.across) - 1
    assert got == tuple(known or all_of for known, all_of in zip(grid, (4, 6), strict=True))


def test_a_known_count_that_is_not_there_finds_nothing():
    assert find_rules(ruled_ink(4, 6), (9, None)) is None
    assert find_rules(ruled_ink(4, 6), (None, 40)) is None


def test_what_is_hardly_drawn_is_seen_less():
    ink, holes = ruled_ink(4, 6), ruled_ink(4, 6)
    holes[:, 40:70] = 0
    assert find_rules(holes).seen < find_rules(ink).seen - 0.05


def test_only_thin_lines_are_shown_each_along_its_way():
    ink = np.zeros((60, 90), np.float32)
    ink[20] = 0.7  # a rule
    ink[:, 70] = 0.7  # across it
    ink[30:56, 10:60] = 0.7  # a blot
    shown = show_rules(ink, 1)
    assert (shown[20, 4:-4] == 1).all()
    shown[20] = shown[:, 64:77] = 0
    assert not shown.any()
    np.testing.assert_array_equal(show_rules(ink.T, 0), show_rules(ink, 1).T)
