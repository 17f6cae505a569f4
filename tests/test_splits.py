"""No group stands on two sides, and every class stands on both."""

import numpy as np
import pytest

from sklimg.errors import DataError
from sklimg.splits import class_groups, grouped_folds, split_parts


def split_test(labels, groups, share, rng):
    """Return which rows are test rows where there is no other part."""
    return split_parts(labels, groups, {"test": share}, rng) == "test"


def random_rows(seed):
    """Labels and pure groups of random sizes; each class has at least two groups."""
    rng = np.random.default_rng(seed)
    labels, groups, group = [], [], 0
    for label in range(rng.integers(2, 6)):
        for _ in range(rng.integers(2, 30)):
            size = rng.integers(1, 4)
            labels += [str(label)] * size
            groups += [group] * size
            group += 1
    order = rng.permutation(len(labels))
    return np.array(labels, object)[order], np.array(groups)[order]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_the_test_part(seed, share):
    labels, groups = random_rows(seed)
    test = split_test(labels, groups, share, np.random.default_rng(seed))
    assert not set(groups[test]) & set(groups[~test])
    for label in set(labels):
        of_class = labels == label
        n_groups = len(set(groups[of_class]))
        n_test = len(set(groups[of_class & test]))
        assert 1 <= n_test <= n_groups - 1
        assert abs(n_test - share * n_groups) <= 1


@pytest.mark.parametrize("seed", range(30))
def test_three_parts(seed):
    labels, groups = random_rows(seed)
    enough = np.isin(labels, [k for k, n in class_groups(labels, groups).items() if n > 2])
    labels, groups = labels[enough], groups[enough]
    shares = {"test": 0.2, "validation": 0.1}
    parts = split_parts(labels, groups, shares, np.random.default_rng(seed))
    assert set(parts) == {"train", "validation", "test"}
    for one, other in (("train", "test"), ("train", "validation"), ("test", "validation")):
        assert not set(groups[parts == one]) & set(groups[parts == other])
    for label, n_groups in class_groups(labels, groups).items():
        for part, share in shares.items():
            n = len(set(groups[(labels == label) & (parts == part)]))
            assert n >= 1
            assert abs(n - share * n_groups) <= 1


def test_a_class_that_cannot_stand_in_three_parts_is_named():
    labels = np.array(list("aaabb"), object)
    shares = {"test": 0.2, "validation": 0.2}
    with pytest.raises(DataError, match="training, test and validation .*: 'b'"):
        split_parts(labels, np.arange(5), shares, np.random.default_rng(0))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("n_folds", [2, 5])
def test_the_folds(seed, n_folds):
    labels, groups = random_rows(seed)
    folds = grouped_folds(labels, groups, n_folds, np.random.default_rng(seed))
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(labels)))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(len(labels)))
        assert not set(groups[train]) & set(groups[test])
    for label in set(labels):
        counts = [len(set(groups[test][labels[test] == label])) for _, test in folds]
        assert max(counts) - min(counts) <= 1


def test_groups_of_several_classes_are_kept_whole():
    labels = np.array(list("abc") * 10, object)
    writers = np.repeat(np.arange(10), 3)
    test = split_test(labels, writers, 0.3, np.random.default_rng(0))
    assert len(set(writers[test])) == 3
    assert not set(writers[test]) & set(writers[~test])


@pytest.mark.parametrize("seed", range(20))
def test_a_class_that_few_writers_wrote_stands_on_both_sides(seed):
    """Twenty writers wrote a and b, three of them c as well."""
    labels = np.array([*"ab" * 20, *"ccc"], object)
    writers = np.array([*np.repeat(np.arange(20), 2), 0, 1, 2])
    test = split_test(labels, writers, 0.3, np.random.default_rng(seed))
    assert set(labels[test]) == set(labels[~test]) == set("abc")
    folds = grouped_folds(labels, writers, 3, np.random.default_rng(seed))
    assert all("c" in labels[held_back] for _, held_back in folds)


def test_one_group_of_all_cannot_be_split():
    with pytest.raises(DataError, match="2 classes with too few different images"):
        split_test(np.array(list("ab"), object), np.zeros(2), 0.5, np.random.default_rng(0))


def test_groups_are_counted_by_class():
    labels, groups = np.array(list("aaab"), object), np.array([0, 0, 1, 1])
    assert class_groups(labels, groups) == {"a": 2, "b": 1}


def test_a_seed_decides():
    labels, groups = random_rows(0)
    one, same, other = (
        split_test(labels, groups, 0.3, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.any(one != other)


def test_a_class_of_one_image_is_named():
    labels, groups = np.array(list("aab"), object), np.arange(3)
    with pytest.raises(
        DataError, match=r"1 class with too few different images .*: 'b'; add images"
    ):
        split_test(labels, groups, 0.2, np.random.default_rng(0))


def test_a_class_of_copies_counts_as_one_image():
    labels, groups = np.array(list("aabb"), object), np.array([0, 1, 2, 2])
    with pytest.raises(DataError, match=r"too few different images .*: 'b'"):
        split_test(labels, groups, 0.2, np.random.default_rng(0))


def test_one_picture_makes_no_folds():
    with pytest.raises(DataError, match="two different images"):
        grouped_folds(np.array(["a"], object), np.zeros(1), 5, np.random.default_rng(0))
