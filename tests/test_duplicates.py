"""Copies are one group, whatever else is said of them."""

import numpy as np
import pytest

from sklimg.duplicates import group_copies, join_groups, pixel_digests


def test_equal_rows_are_one_group():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 9), np.uint8)
    rows = rng.integers(0, 40, 100)
    groups = group_copies(pixel_digests(pixels[rows]))
    for i, j in rng.integers(0, 100, (300, 2)):
        assert (groups[i] == groups[j]) == (rows[i] == rows[j])
    assert all(groups[i] <= i and rows[groups[i]] == rows[i] for i in range(100))


def test_digests_do_not_depend_on_the_memory_layout():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8), np.uint8)
    strided = np.repeat(pixels, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(pixel_digests(pixels), pixel_digests(strided))


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
