"""What trains never tests: not a copy, not a neighbour by a given column."""

import numpy as np
import pytest

from sklimg.errors import DataError, UsageError
from sklimg.parts import spec_notes, split_table
from sklimg.sources import Collection
from sklimg.spec import ImageSpec
from sklimg.table import Table
from tests.builders import bars


@pytest.fixture
def said():
    return []


def split(table, said, test=0.25, group="auto"):
    rng = np.random.default_rng(0)
    other = Collection(test) if isinstance(test, Table) else test
    tell = lambda topic, text: said.append((topic, text))  # noqa: E731
    return split_table(Collection(table), "t.csv", other, group, rng, tell)


def with_copies(table):
    """Return the table with its first ten rows standing there twice."""
    return table.take(np.r_[np.arange(len(table)), np.arange(10)])


def test_copies_stay_on_one_side(bars_table, said):
    table = with_copies(bars_table)
    parts = split(table, said)
    assert not set(parts.groups[parts.train]) & set(parts.groups[parts.test])
    for i in range(10):
        assert parts.split[i] == parts.split[len(bars_table) + i]
    assert ("copies", "10 rows are exact copies of another row; kept together in 60 groups") in said


def test_every_row_has_its_part(bars_table, said):
    parts = split(bars_table, said)
    assert sorted([*parts.train, *parts.test]) == list(range(60))


def test_a_group_column_is_kept_together(said):
    table = bars({"a": 20, "b": 20})
    writers = [f"w{i % 10}" for i in range(40)]
    table = Table(table.pixels, table.labels, None, {"group": writers, "note": [""] * 40})
    for group in ("auto", "group"):
        parts = split(table, said, group=group)
        of = {side: {writers[i] for i in rows} for side, rows in
              (("train", parts.train), ("test", parts.test))}  # fmt: skip
        assert not of["train"] & of["test"]
    with pytest.raises(UsageError, match="no column 'writer'; its further columns: group, note"):
        split(table, said, group="writer")


def test_without_groups_it_is_said(bars_table, said):
    parts = split(with_copies(bars_table), said, group="none")
    assert len(set(parts.groups)) == 70
    assert ("copies", "10 rows are copies and are NOT kept together, as asked") in said


def test_one_picture_under_two_labels_is_reported(bars_table, said):
    table = with_copies(bars_table)
    table.labels[-1] = "10"  # the copy of a picture of a 2
    split(table, said)
    assert ("warning", "1 picture under two labels; decide which is right") in said


def test_copies_of_given_test_data_are_dropped(bars_table, said):
    other = bars({"2": 5, "10": 5, "a": 5}, seed=1)
    test = Table(
        np.concatenate([other.pixels, bars_table.pixels[:3]]),
        [*other.labels, *bars_table.labels[:3]],
    )
    parts = split(bars_table, said, test=test)
    assert (parts.split[:3] == "dropped").all()
    assert (len(parts.train), len(parts.test)) == (57, 18)
    assert ("copies", "3 training images dropped: test images or of their groups") in said


@pytest.mark.parametrize(
    ("table", "test", "error", "words"),
    [
        (bars({"a": 9}), 0.2, DataError, "t.csv: expected at least two classes, got 'a'"),
        (bars({"a": 9, "b": 1}), 0.2, DataError, "t.csv: 1 class with too few .*: 'b'"),
        (bars({"a": 9, "": 2}), 0.2, DataError, "2 of 11 images have no label"),
        (bars({"a": 9, "b": 9}).take(np.arange(0)), 0.2, DataError, "got no images"),
        (bars({"a": 9, "b": 9}), bars({"a": 2}, side=4), DataError, "8x8 grey like the training"),
        (bars({"a": 9, "b": 9}), bars({"": 2}, seed=2), DataError, "a label for each test image"),
    ],
)
def test_data_that_cannot_be_split(table, test, error, words, said):
    with pytest.raises(error, match=words):
        split(table, said, test=test)


def test_images_made_in_another_way_are_said(bars_table):
    made = ImageSpec(side=8, invert="auto")
    assert spec_notes(bars_table, made, "t.csv") == []  # who knows how it was made?
    table = Table(bars_table.pixels, bars_table.labels, spec=ImageSpec(side=8))
    assert spec_notes(table, made, "t.csv") == [
        "t.csv: its images were made in another way (invert no, not auto)"
    ]
    assert spec_notes(table, table.spec, "t.csv") == []
