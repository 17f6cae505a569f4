"""Symbols stand in a grid without rules; where they do not, there is none."""

import numpy as np
import pytest

from sklimg.lattices import find_lattice
from sklimg.paper import measure_ink
from tests.drawn import draw_sheet, misses


def symbols_in(rng, rows, columns, cell=30, jitter=0.05, missing=()):
    """Return ink of blots in even cells, those of *missing* left out, and the nodes."""
    margin = 18
    ink = np.zeros((rows * cell + 2 * margin, columns * cell + 2 * margin), np.float32)
    for row, column in np.ndindex(rows, columns):
        if (row, column) in missing:
            continue
        height, width = rng.integers(0.4 * cell, 0.75 * cell, 2)
        room = cell - np.array([height, width])
        at = room / 2 + rng.uniform(-jitter, jitter, 2) * cell
        y, x = np.rint(margin + cell * np.array([row, column]) + at).astype(int)
        ink[y : y + height, x : x + width] = rng.uniform(0.6, 0.9)
    return ink, np.stack(np.indices((rows + 1, columns + 1)), axis=-1) * cell + margin - 0.5


@pytest.mark.parametrize("seed", range(6))
def test_symbols_in_rows_and_columns_are_found(seed):
    rng = np.random.default_rng(seed)
    ink, nodes = symbols_in(rng, *rng.integers(4, 9, 2))
    found = find_lattice(ink)
    assert found.nodes.shape == nodes.shape
    assert misses(found.nodes, nodes).max() < 0.08
    assert found.filled == 1
    assert found.whole > 0.97
    assert found.spread < 0.07


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_symbols_seen_at_an_angle_are_found(seed):
    drawn = draw_sheet(seed, (6, 7), "none", size=420)
    found = find_lattice(measure_ink(drawn.pixels))
    assert found.nodes.shape == drawn.nodes.shape
    assert misses(found.nodes, drawn.nodes).max() < 0.08


def test_empty_cells_are_told():
    gone = {(0, 2), (2, 2), (3, 4), (4, 0), (2, 3)}
    ink, nodes = symbols_in(np.random.default_rng(0), 5, 6, missing=gone)
    found = find_lattice(ink)
    assert found.nodes.shape == nodes.shape
    assert found.filled == pytest.approx(25 / 30)


def test_a_row_that_is_hardly_filled_is_none():
    gone = {(4, column) for column in range(1, 7)}
    ink, nodes = symbols_in(np.random.default_rng(0), 5, 7, missing=gone)
    found = find_lattice(ink)
    assert found.nodes.shape[:2] == (5, 8)
    assert misses(found.nodes, nodes[:-1]).max() < 0.08


def test_symbols_anywhere_are_told_from_a_grid():
    rng = np.random.default_rng(0)
    ink = np.zeros((240, 260), np.float32)
    for y, x in rng.integers(0, [220, 240], (40, 2)):
        ink[y : y + 16, x : x + 14] = 0.8
    found = find_lattice(ink)
    assert found is None or found.whole < 0.9 or found.spread > 0.1


def test_counts_that_are_given_have_to_be_there():
    ink, nodes = symbols_in(np.random.default_rng(0), 4, 6)
    assert find_lattice(ink, (4, None)).nodes.shape == nodes.shape
    assert find_lattice(ink, (None, 6)).nodes.shape == nodes.shape
    assert find_lattice(ink, (5, None)) is None
    assert find_lattice(ink, (4, 7)) is None


@pytest.mark.parametrize("n_symbols", [0, 3])
def test_too_few_symbols_are_no_grid(n_symbols):
    ink = np.zeros((90, 90), np.float32)
    for i in range(n_symbols):
        ink[10 + 25 * i : 25 + 25 * i, 10:25] = 0.8
    assert find_lattice(ink) is None
    ink[::7, ::9] = 0.8  # specks
    assert n_symbols or find_lattice(ink) is None
