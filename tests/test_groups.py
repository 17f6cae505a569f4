"""Rows that belong together are one group, numbered by its first row."""

import numpy as np
import pytest

from sklimg.groups import group_copies, join_groups, join_pairs, label_conflicts


def test_equal_rows_are_one_group():
    rng = np.random.default_rng(0)
    keys = rng.permutation(40).astype(np.uint64) << np.uint64(50)
    rows = rng.integers(0, 40, 100)
    groups = group_copies(keys[rows])
    for i, j in rng.integers(0, 100, (300, 2)):
        assert (groups[i] == groups[j]) == (rows[i] == rows[j])
    assert all(groups[i] <= i and rows[groups[i]] == rows[i] for i in range(100))


def test_copies_join_given_groups():
    """Rows 0 and 3 are copies, 3 and 4 share a name, 1 and 2 have none."""
    copies = np.array([0, 1, 2, 0, 4])
    given = np.array(["", "", "", "g", "g"], object)
    assert join_groups(copies, given).tolist() == [0, 1, 2, 0, 0]


@pytest.mark.parametrize("seed", range(10))
def test_joined_groups_part_neither(seed):
    rng = np.random.default_rng(seed)
    copies = group_copies(rng.integers(0, 20, 30).astype(np.uint64))
    given = rng.integers(0, 20, 30).astype(str).astype(object)
    joined = join_groups(copies, given)
    for kind in (copies, given):
        for value in set(kind):
            assert len(set(joined[kind == value])) == 1


@pytest.mark.parametrize("seed", range(5))
def test_pairs_join_what_a_chain_of_them_leads_to(seed):
    rng = np.random.default_rng(seed)
    pairs = rng.integers(0, 30, (15, 2))
    groups = join_pairs(pairs, 30)
    reached = np.eye(30, dtype=bool)
    for one, other in pairs:
        reached[one, other] = reached[other, one] = True
    for _ in range(5):
        reached = reached @ reached
    np.testing.assert_array_equal(np.equal.outer(groups, groups), reached)
    assert [min(np.flatnonzero(row)) for row in reached] == groups.tolist()


def test_conflicts_are_groups_of_several_labels():
    groups = np.array([0, 0, 2, 2, 4, 4, 6])
    labels = np.array(["6", "9", "6", "6", "7", "", "1"], object)
    assert label_conflicts(groups, labels).tolist() == [0]
