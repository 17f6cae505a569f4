"""A sheet laid flat: in place, at its size, without black beyond its edges."""

import numpy as np
import pytest

from sklimg.warps import cell_size, even_nodes, flat_sheet, padded_nodes, shrunk_sheet


def smooth(height, width):
    """Return a sheet whose grey levels tell the place: rows rise slowly, columns fast."""
    y, x = np.mgrid[:height, :width]
    return (20 + y + 1.5 * x).astype(np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_even_cells_of_whole_pixels_are_the_sheet_itself(seed):
    rng = np.random.default_rng(seed)
    rows, columns, height, width = rng.integers(1, 9, 4)
    shape = (rows * height, columns * width, 3)[: 2 + seed % 2]
    sheet = rng.integers(0, 256, shape, np.uint8)
    nodes = even_nodes(shape[:2], (rows, columns))
    assert cell_size(nodes) == (height, width)
    np.testing.assert_array_equal(flat_sheet(sheet, nodes, (height, width)), sheet)


def test_even_nodes_run_from_edge_to_edge():
    nodes = even_nodes((10, 30), (2, 4))
    assert nodes[:, 0].tolist() == [[-0.5, -0.5], [4.5, -0.5], [9.5, -0.5]]
    assert nodes[0, :, 1].tolist() == [-0.5, 7, 14.5, 22, 29.5]


@pytest.mark.parametrize("quarters", range(4))
def test_turned_nodes_turn_the_picture(quarters):
    sheet = np.random.default_rng(quarters).integers(0, 256, (12, 12), np.uint8)
    nodes = np.rot90(even_nodes(sheet.shape, (3, 3)), quarters)
    np.testing.assert_array_equal(flat_sheet(sheet, nodes, (4, 4)), np.rot90(sheet, quarters))


def test_nodes_at_an_angle_are_sampled_between_pixels():
    sheet = smooth(60, 80)
    angle = np.deg2rad(20)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    nodes = even_nodes((24, 30), (4, 5)) @ turn.T + [12, 28]
    pixels = np.stack(np.indices((24, 30)), axis=-1) @ turn.T + [12, 28]
    expected = 20 + pixels[..., 0] + 1.5 * pixels[..., 1]
    np.testing.assert_allclose(flat_sheet(sheet, nodes, (6, 6)), expected, atol=1.6)


@pytest.mark.parametrize("shift", [(-9, 0), (9, 0), (0, -9), (0, 9), (-50, 60)])
def test_beyond_the_sheet_there_is_more_of_its_edge(shift):
    sheet = np.random.default_rng(0).integers(100, 256, (12, 18), np.uint8)
    y, x = (np.clip(np.arange(n) + s, 0, n - 1) for n, s in zip((12, 18), shift, strict=True))
    flat = flat_sheet(sheet, even_nodes((12, 18), (2, 3)) + shift, (6, 6))
    np.testing.assert_array_equal(flat, sheet[np.ix_(y, x)])


def test_a_margin_lies_around_each_cell():
    corners = padded_nodes(even_nodes((20, 60), (2, 3)), 0.25)
    assert corners.shape == (2, 3, 2, 2, 2)
    assert corners[0, 0].tolist() == [[[-3, -5.5], [-3, 24.5]], [[12, -5.5], [12, 24.5]]]
    assert (corners[1, 2] - corners[0, 0] == [10, 40]).all()


@pytest.mark.parametrize("margin", [0, 0.1, 0.4])
def test_a_margin_turns_with_its_cell(margin):
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    nodes = even_nodes((40, 40), (4, 4))
    np.testing.assert_allclose(
        padded_nodes(nodes @ turn.T, margin), padded_nodes(nodes, margin) @ turn.T, atol=1e-9
    )


@pytest.mark.parametrize(("least", "factor"), [(40, 1), (12, 1), (10, 2), (6, 3)])
def test_a_smaller_sheet_keeps_its_places(least, factor):
    nodes = even_nodes((80, 100), (4, 4))
    sheet = smooth(80, 100)
    small, moved = shrunk_sheet(sheet, nodes, least)
    assert small.shape == tuple(-(-n // factor) for n in sheet.shape)
    assert min(cell_size(moved)) >= min(least, 20)
    inner, before = moved[1:-1, 1:-1].reshape(-1, 2), nodes[1:-1, 1:-1].reshape(-1, 2)
    at = np.rint(inner).astype(int)
    there = small[at[:, 0], at[:, 1]] + (inner - at) @ [factor, 1.5 * factor]
    np.testing.assert_allclose(there, 20 + before @ [1, 1.5], atol=1.5)
