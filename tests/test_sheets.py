"""Tiles cover a sheet once; put back they are the sheet."""

import numpy as np
import pytest

from sklimg.errors import SheetError
from sklimg.sheets import (
    is_empty,
    join_tiles,
    paste_tiles,
    rule_inset,
    split_sheet,
    square_tile,
    tile_boxes,
)


@pytest.mark.parametrize("seed", range(20))
def test_tiles_put_back_give_the_sheet(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 6, size=2)
    height, width = rng.integers(6, 40, size=2)  # rarely a multiple of the grid
    sheet = rng.integers(0, 256, (height, width, 3), np.uint8)
    tiles = split_sheet(sheet, (rows, columns))
    np.testing.assert_array_equal(join_tiles(tiles, (rows, columns)), sheet)
    boxes = tile_boxes((height, width), (rows, columns))
    np.testing.assert_array_equal(paste_tiles(tiles, boxes, (height, width)), sheet)


@pytest.mark.parametrize("seed", range(20))
def test_tile_sizes_differ_by_one_pixel_at_most(seed):
    rng = np.random.default_rng(seed)
    size, grid = rng.integers(50, 700, size=2), rng.integers(1, 50, size=2)
    shapes = np.array([tile.shape for tile in split_sheet(np.zeros(size), tuple(grid))])
    assert np.ptp(shapes, axis=0).max() <= 1


def test_too_fine_a_grid_names_the_sizes():
    with pytest.raises(SheetError, match=r"2x9 pixels .* 3x3 tiles"):
        split_sheet(np.zeros((2, 9)), (3, 3))


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(SheetError, match="at least 1x1, got 0x3"):
        split_sheet(np.zeros((9, 9)), (0, 3))


def test_tiles_that_do_not_fit_are_refused():
    with pytest.raises(SheetError, match="expected 4 tiles .* got 3"):
        join_tiles([np.zeros((2, 2))] * 3, (2, 2))
    with pytest.raises(SheetError, match="sizes fit a grid"):
        join_tiles([np.zeros((2, 2)), np.zeros((3, 2))], (1, 2))
    with pytest.raises(SheetError, match="expected a tile of 2x2 pixels"):
        paste_tiles([np.zeros((1, 1), np.uint8)], [(0, 0, 2, 2)], (2, 2))


def test_grey_and_colour_tiles_make_a_colour_sheet():
    tiles = [np.full((1, 1), 7, np.uint8), np.full((1, 1, 3), 9, np.uint8)]
    sheet = paste_tiles(tiles, [(0, 0, 1, 1), (1, 0, 2, 1)], (1, 3))
    assert sheet.tolist() == [[[7] * 3, [9] * 3, [255] * 3]]


@pytest.mark.parametrize("shape", [(3, 6), (6, 3), (4, 7), (5, 5)])
def test_square_tiles(shape):
    tile = np.full(shape, 200, np.uint8)
    assert square_tile(tile, "pad").shape == (max(shape),) * 2
    assert square_tile(tile, "crop").shape == (min(shape),) * 2
    assert np.unique(square_tile(tile, "pad")) == 200


def test_a_padded_tile_goes_back_to_its_box():
    tile = np.arange(12, dtype=np.uint8).reshape(3, 4)
    sheet = paste_tiles([square_tile(tile, "pad")], [(0, 0, 4, 3)], (3, 4))
    np.testing.assert_array_equal(sheet, tile)


def ruled(rng, rule=2, side=40):
    """A tile with rules *rule* pixels deep at its edges and a stroke inside."""
    tile = np.full((side, side), 240, np.uint8)
    tile[:rule], tile[:, :rule], tile[-rule:], tile[:, -rule:] = (120,) * 4
    start = rng.integers(10, 20)
    tile[start : start + 10, 12:26] = 20
    return tile


@pytest.mark.parametrize("rule", [1, 2, 4])
def test_the_inset_is_as_deep_as_the_rules(rule):
    rng = np.random.default_rng(0)
    tiles = [ruled(rng, rule) for _ in range(30)]
    assert rule_inset(tiles) == pytest.approx(rule / 40)


def test_without_rules_there_is_no_inset():
    rng = np.random.default_rng(0)
    assert rule_inset([ruled(rng, 0) for _ in range(30)]) == 0


def test_rules_alone_are_empty_and_a_stroke_is_not():
    tile = ruled(np.random.default_rng(0))
    assert not is_empty(tile)
    assert not is_empty(255 - tile)
    tile[5:-5, 5:-5] = 240
    assert is_empty(tile)
