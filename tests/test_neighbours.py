"""Pairs and neighbours equal what the whole matrix of correlations says."""

import numpy as np
import pytest

from sklimg import neighbours
from sklimg.groups import join_pairs
from sklimg.neighbours import close_pairs, correlations, highest, nearest, on_threads, room
from sklimg.thumbnails import N_POSITIONS, in_position


def descriptions(count, seed=0):
    found = np.random.default_rng(seed).normal(size=(count, 3, 3)).astype(np.float32)
    return found / np.linalg.norm(found, axis=(1, 2), keepdims=True)


@pytest.fixture(params=[7, 2048])
def block(request, monkeypatch):
    """Blocks that divide the data, and one that holds it whole."""
    monkeypatch.setattr(neighbours, "_BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("slice_", [3, 1 << 15])
def test_close_pairs_join_what_reaches_the_bounds_of_both_and_is_close(monkeypatch, slice_):
    monkeypatch.setattr(neighbours, "_SLICE", slice_)
    described = descriptions(60)
    least = np.linspace(0.35, 0.9, 60, dtype=np.float32)
    flat = described.reshape(60, -1)
    reach = np.triu(flat @ flat.T >= np.maximum(least[:, None], least), 1)
    is_close = np.add.outer(np.arange(60), np.arange(60)) % 3 > 0
    expected = join_pairs(np.argwhere(reach & is_close), 60)
    found = close_pairs(described, least, lambda pairs: is_close[tuple(pairs.T)])
    np.testing.assert_array_equal(join_pairs(found, 60), expected)
    assert 5 < len(set(expected)) < 55
    assert not np.array_equal(expected, join_pairs(np.argwhere(reach), 60))


@pytest.mark.usefixtures("block")
def test_of_images_that_are_all_alike_no_more_pairs_are_kept_than_join_them():
    described = np.repeat(descriptions(1), 50, axis=0)
    asked = []

    def is_close(pairs):
        asked.append(len(pairs))
        return np.ones(len(pairs), bool)

    pairs = close_pairs(described, np.full(50, 0.9, np.float32), is_close)
    assert len(set(join_pairs(pairs, 50))) == 1
    assert len(pairs) <= 49 * len(range(0, 50, neighbours._BLOCK))
    assert max(asked) <= neighbours._SLICE


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


def test_nearest_of_the_first_rows_alone():
    described = descriptions(50)
    pairs, positions = nearest(described, 4, 0.5)
    some, some_positions = nearest(described, 4, 0.5, 7)
    assert np.all(some.min(axis=1) < 7)
    of_all = {tuple(pair): p for pair, p in zip(pairs.tolist(), positions, strict=True)}
    assert all(of_all[tuple(p)] == q for p, q in zip(some.tolist(), some_positions, strict=True))
    assert {i for pair in some for i in pair} >= set(range(7))


def test_correlations_are_inner_products(monkeypatch):
    monkeypatch.setattr(neighbours, "_PAIRS", 8)
    one, other = descriptions(20), descriptions(20, seed=1)
    pairs = np.random.default_rng(0).integers(0, 20, (30, 2))
    expected = [np.sum(one[i] * other[j]) for i, j in pairs]
    np.testing.assert_allclose(correlations(one, other, pairs), expected, rtol=1e-5)


def test_the_highest_of_each_row_with_their_ranks():
    rows, values = np.array([1, 0, 1, 1, 0]), np.array([0.2, 0.5, 0.9, 0.4, 0.7])
    kept, ranks = highest(rows, values, 2)
    assert kept.tolist() == [4, 1, 2, 3]
    assert ranks.tolist() == [0, 1, 0, 1]


def test_room_is_the_way_to_the_most_alike_fiftieth():
    """Where half of a sample are copies, the tail tells where they end."""
    described = descriptions(500)
    flat = described.reshape(500, -1)
    expected = 1 - np.sort(flat @ flat.T, axis=1)[:, int(0.98 * 499)]
    np.testing.assert_allclose(room(described), np.maximum(expected, 0.1), rtol=1e-4)
    crowded = np.concatenate([described, np.repeat(described[:1], 40, axis=0)])
    assert room(crowded)[0] == pytest.approx(0.1)
    quarters = np.quantile(flat @ flat[0], [0.5, 0.75])
    assert room(crowded, tail=1.0)[0] == pytest.approx(
        1 - quarters[0] - (quarters[1] - quarters[0]), abs=0.1
    )
