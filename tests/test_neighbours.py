"""Pairs and neighbours equal what the whole matrix of correlations says."""

import numpy as np
import pytest

from sklimg import neighbours
from sklimg.neighbours import close_pairs, nearest, on_threads
from sklimg.thumbnails import N_POSITIONS, in_position


def descriptions(count, seed=0):
    found = np.random.default_rng(seed).normal(size=(count, 3, 3)).astype(np.float32)
    return found / np.linalg.norm(found, axis=(1, 2), keepdims=True)


@pytest.fixture(params=[7, 2048])
def block(request, monkeypatch):
    """Blocks that divide the data, and one that holds it whole."""
    monkeypatch.setattr(neighbours, "_BLOCK", request.param)


@pytest.mark.usefixtures("block")
def test_close_pairs_reach_the_bounds_of_both():
    described = descriptions(60)
    least = np.linspace(0.3, 0.9, 60, dtype=np.float32)
    flat = described.reshape(60, -1)
    both = np.maximum(least[:, None], least)
    expected = np.argwhere(np.triu(flat @ flat.T >= both, 1))
    found = close_pairs(described, least)
    assert len(expected) > 20
    assert sorted(map(tuple, found)) == sorted(map(tuple, expected))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("n_nearest", [1, 4])
def test_nearest_are_the_highest_in_any_position(n_nearest):
    described = descriptions(50)
    flat = described.reshape(50, -1)
    all_positions = np.stack(
        [flat @ in_position(described, p).reshape(50, -1).T for p in range(N_POSITIONS)]
    )
    highest = all_positions.max(axis=0)
    np.fill_diagonal(highest, -1)
    expected = set()
    for i, row in enumerate(highest):
        for j in np.argsort(-row)[:n_nearest]:
            if row[j] >= 0.5:
                expected.add((min(i, j), max(i, j)))
    pairs, positions = nearest(described, n_nearest, 0.5)
    assert set(map(tuple, pairs.tolist())) == expected
    for (i, j), position in zip(pairs, positions, strict=True):
        assert all_positions[position, i, j] == pytest.approx(highest[i, j], abs=1e-6)


def test_alike_descriptions_leave_no_more_neighbours_than_asked():
    pairs, _ = nearest(np.repeat(descriptions(1), 40, axis=0), 3, 0.5)
    assert 39 <= len(pairs) <= 120


def test_tasks_come_back_in_order():
    assert on_threads(lambda start: start, 100, 9) == list(range(0, 100, 9))
