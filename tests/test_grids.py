"""The grid on a sheet is found, with the confidence that it deserves."""

import numpy as np
import pytest
from scipy import ndimage

from sklimg.errors import SheetError
from sklimg.grids import ENOUGH, KINDS, FoundGrid, find_grid, show_grid
from sklimg.warps import even_nodes
from tests.drawn import RULES, draw_sheet, misses

WRONG_BY = 0.08  # of a cell, the mean over a line


def ruled(rows, columns, cell=18, margin=10):
    """Return a sheet that holds nothing but thin black rules, and its nodes."""
    height, width = (n * cell + 2 * margin + 1 for n in (rows, columns))
    sheet = np.full((height, width), 255, np.uint8)
    sheet[margin : height - margin : cell, margin : width - margin] = 0
    sheet[margin : height - margin, margin : width - margin : cell] = 0
    return sheet, np.stack(np.indices((rows + 1, columns + 1)), axis=-1) * cell + margin


@pytest.mark.parametrize("grid", [(1, 1), (1, 10), (10, 1), (3, 4), (50, 50)])
def test_grids_of_any_shape_are_found(grid):
    sheet, nodes = ruled(*grid)
    found = find_grid(sheet)
    assert found.shape == grid
    assert str(found) == f"{grid[0]}x{grid[1]}"
    assert found.confidence >= ENOUGH
    assert found.kind == "rules"
    np.testing.assert_allclose(found.nodes, nodes, atol=1.2)


@pytest.mark.parametrize("rules", RULES)
def test_each_kind_of_rule_is_found_and_none_too(rules):
    drawn = draw_sheet(2, (4, 5), rules, size=400)
    found = find_grid(drawn.pixels)
    assert found.shape == drawn.grid
    assert found.kind in KINDS
    assert (found.kind == "symbols") == (rules == "none")
    assert misses(found.nodes, drawn.nodes).max() < WRONG_BY


def test_known_counts_help():
    drawn = draw_sheet(2, (4, 5), "grey", size=400)
    for grid in ((4, None), (None, 5), (4, 5)):
        assert find_grid(drawn.pixels, grid).shape == (4, 5)
    # what is plainly there is returned, and its caller says that it is not what was asked
    assert find_grid(drawn.pixels, (3, None)).shape == (4, 5)
    assert find_grid(drawn.pixels, (40, 50)).shape == (4, 5)


def test_colours_and_light_ink_make_no_difference():
    drawn = draw_sheet(2, (4, 5), "thin", size=400)
    as_it_is = find_grid(drawn.pixels)
    colour = np.repeat(drawn.pixels[:, :, None], 3, axis=2)
    for sheet in (255 - drawn.pixels, colour, 255 - colour):
        np.testing.assert_allclose(find_grid(sheet).nodes, as_it_is.nodes, atol=1e-6)
    tinted = (colour * [1, 0.9, 0.6]).astype(np.uint8)
    assert misses(find_grid(tinted).nodes, drawn.nodes).max() < WRONG_BY


def test_places_on_large_sheets_are_those_of_their_pixels():
    sheet, nodes = ruled(4, 5, 60)
    found = find_grid(np.kron(sheet, np.ones((4, 4), np.uint8)))
    np.testing.assert_allclose(found.nodes, (nodes + 0.5) * 4 - 0.5, atol=4)


def nothing(kind, seed):
    """Return a picture without a grid."""
    rng = np.random.default_rng(seed)
    if kind == "blank":
        return np.full((200, 260), 255 - 60 * seed, np.uint8)
    rough = rng.random((200, 260))
    if kind == "a photo":
        rough = ndimage.gaussian_filter(rough, 5 + 5 * seed)
        rough = (rough - rough.min()) / np.ptp(rough)
    elif kind == "scanned paper":
        rough = 0.9 + 0.02 * rng.standard_normal(rough.shape)
    return (255 * rough).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["blank", "noise", "a photo", "scanned paper"])
@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_is_ruled_there_is_no_grid(kind, seed):
    found = find_grid(nothing(kind, seed))
    assert found is None or found.confidence < ENOUGH


@pytest.mark.parametrize("shape", [(23, 100), (100, 23), (1, 1), (5, 5, 3)])
def test_too_small_a_sheet_is_refused(shape):
    size = f"{shape[0]}x{shape[1]}"
    with pytest.raises(SheetError, match=f"at least 24x24 .* got {size}; pass --rows and --cols"):
        find_grid(np.zeros(shape, np.uint8))


def test_a_grid_is_shown_in_red_on_its_sheet():
    sheet = np.full((60, 90), 200, np.uint8)
    picture = show_grid(sheet, even_nodes((60, 90), (2, 3)), side=90)
    assert picture.shape == (60, 90, 3)
    is_red = (picture == (220, 30, 30)).all(axis=-1)
    assert is_red[29:31].all()
    assert is_red[:, [30, 60]].all()
    assert (picture[~is_red] == 200).all()
    large = show_grid(np.zeros((30, 4000), np.uint8), even_nodes((30, 4000), (1, 2)))
    assert large.shape == (12, 1600, 3)


def test_a_grid_says_what_it_is():
    found = FoundGrid(even_nodes((60, 90), (2, 3)), 1.0, "given")
    assert found.shape == (2, 3)
    assert str(found) == "2x3"


def test_sheets_as_people_scan_them():
    """Ten of the 200 of the long proof."""
    n_right, n_wrong, off = 0, 0, []
    for seed in range(10):
        drawn = draw_sheet(seed)
        found = find_grid(drawn.pixels)
        if found is not None and found.shape == drawn.grid:
            n_right += 1
            off.append(misses(found.nodes, drawn.nodes).max())
        elif found is not None and found.confidence >= ENOUGH:
            n_wrong += 1
    assert n_right >= 9
    assert n_wrong == 0
    assert max(off) < WRONG_BY


def test_two_symbols_a_box_are_asked_about():
    """Or is every other rule gone?"""
    sheet = np.full((421, 421), 245, np.uint8)
    sheet[10:411:100] = sheet[10:411, 10:411:100] = 60
    for top in range(40, 400, 100):
        for left in range(25, 400, 50):
            sheet[top : top + 40, left : left + 20] = 20
    found = find_grid(sheet)
    assert (found.shape, found.confidence < ENOUGH) == ((4, 4), True)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 10)])
def test_symbols_in_one_line_are_no_grid(shape):
    rng = np.random.default_rng(0)
    sheet = np.full((shape[0] * 60 + 80, shape[1] * 60 + 80), 245, np.uint8)
    for row in range(shape[0]):
        for column in range(shape[1]):
            top, left = 50 + 60 * row + rng.integers(9), 50 + 60 * column + rng.integers(9)
            sheet[top : top + 30, left : left + 25] = 30
    found = find_grid(sheet)
    assert found is None or found.confidence < ENOUGH
