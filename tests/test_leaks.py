"""A picture in two of the given parts is a leak; one in two rows of a part is none."""

import numpy as np

from sklimg.leaks import find_leaks
from sklimg.table import Table


def leaks_of(split, groups):
    table = Table(np.zeros((len(groups), 4), np.uint8), ["a"] * len(groups), None, split)
    return find_leaks(table, np.array(groups))


def test_groups_on_several_sides():
    words = ["train", "test", "train", "train", "validation", "test", "train", "", "test", ""]
    leaks = leaks_of({"split": words}, [0, 4, 2, 2, 4, 0, 4, 7, 7, 0])
    assert [rows.tolist() for rows in leaks.groups] == [[0, 5], [1, 4, 6]]
    assert leaks.between == {
        "test and train": 2,
        "test and validation": 1,
        "train and validation": 1,
    }
    assert leaks.is_given
    assert leaks.strange == [""]


def test_without_a_column_nothing_leaks():
    leaks = leaks_of({}, [0, 0])
    assert (leaks.groups, leaks.between, leaks.is_given, leaks.strange) == ([], {}, False, [])


def test_strange_words_are_listed_once():
    assert leaks_of({"split": ["held", "train", "held"]}, [0, 0, 0]).strange == ["held"]
    assert leaks_of({"split": ["held", "train", "held"]}, [0, 0, 0]).between == {
        "held and train": 1
    }
