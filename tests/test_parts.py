"""What trains never tests: not a copy, not a neighbour by a given column."""

import numpy as np
import pytest

from sklimg.errors import DataError, UsageError
from sklimg.parts import check_apart, split_table
from sklimg.sources import Collection
from sklimg.table import Table
from tests.builders import bars


@pytest.fixture
def said():
    return []


def split(table, said, test=0.25, group="auto", validation=0.0):
    rng = np.random.default_rng(0)
    other = Collection(test) if isinstance(test, Table) else test
    tell = lambda topic, text: said.append((topic, text))  # noqa: E731
    return split_table(Collection(table), "t.csv", other, group, rng, tell, validation)


def with_copies(table):
    """Return the table with its first ten rows standing there twice."""
    return table.take(np.r_[np.arange(len(table)), np.arange(10)])


def test_copies_stay_on_one_side(bars_table, said):
    table = with_copies(bars_table)
    parts = split(table, said)
    assert not set(parts.groups[parts.train]) & set(parts.groups[parts.test])
    for i in range(10):
        assert parts.split[i] == parts.split[len(bars_table) + i]
    told = "10 rows are exact copies of another row; kept together in 60 groups, compared "
    assert ("copies", f"{told}as they stand") in said


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


def with_split(table, words):
    return Table(table.pixels, table.labels, None, {"split": words})


def test_given_parts_are_kept(bars_table, said):
    words = ["train", "train", "train", "validation", "test"] * 12
    parts = split(with_split(bars_table, words), said, test=None)
    assert parts.split.tolist() == words
    assert said[-1] == ("split", "36 training, 12 validation and 12 test images, as given")


def test_a_share_deals_given_parts_anew(bars_table, said):
    words = ["train"] * 59 + ["test"]
    parts = split(with_split(bars_table, words), said, test=0.5)
    assert len(parts.test) == 30


def test_what_leaks_from_given_parts_is_dropped(bars_table, said):
    """Rows 60 and 61 copy row 0, rows 62 and 63 copy row 1."""
    table = bars_table.take(np.r_[np.arange(60), 0, 0, 1, 1])
    words = ["train"] * 50 + ["test"] * 10 + ["validation", "test", "train", "validation"]
    parts = split(with_split(table, words), said, test=None)
    assert np.flatnonzero(parts.split == "dropped").tolist() == [0, 1, 60, 62]
    assert ("copies", "1 validation images dropped: test images or of their groups") in said
    dropped = "3 training images dropped: test or validation images or of their groups"
    assert ("copies", dropped) in said


def test_a_class_of_near_copies_cannot_be_split(said):
    """The five images of b differ by noise alone, as prints of one letter do."""
    rng = np.random.default_rng(0)
    letter = bars({"b": 1}).pixels
    prints = [np.clip(letter + rng.normal(0, 2, letter.shape), 0, 255) for _ in range(5)]
    several = bars({"a": 20}, seed=1)
    table = Table(
        np.vstack([several.pixels, *prints]).astype(np.uint8), [*several.labels, *"bbbbb"]
    )
    with pytest.raises(DataError, match=r"1 class with too few .*: 'b'; .*\(--group exact\)"):
        split(table, said)
    assert len(split(table, said, group="exact").test) == 6


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["train"] * 59 + ["dev"], "validation or test in the column 'split', got 'dev'"),
        (["train"] * 59 + [""], "validation or test in the column 'split', got ''"),
        (["train"] * 60, "expected test rows in the column 'split', got none"),
    ],
)
def test_other_words_are_no_parts(bars_table, words, complaint, said):
    with pytest.raises(DataError, match=complaint):
        split(with_split(bars_table, words), said, test=None)


def test_a_validation_part_is_set_apart_whole_groups_at_a_time(bars_table, said):
    parts = split(with_copies(bars_table), said, validation=0.2)
    sides = [set(parts.groups[rows]) for rows in (parts.train, parts.validation, parts.test)]
    assert len(set.union(*sides)) == sum(map(len, sides)) == 60
    assert len(sides[1]) == 12
    with pytest.raises(UsageError, match="no share where the parts are given"):
        split(bars_table, said, test=bars({"2": 1}, seed=5), validation=0.1)


def near_copies(table):
    """Return the table and each image again, darker."""
    darker = (0.7 * table.pixels).astype(np.uint8)
    return Table(np.vstack([table.pixels, darker]), [*table.labels] * 2)


def test_near_copies_stay_on_one_side_unless_exact_ones_alone_are_asked_for(bars_table, said):
    table = near_copies(bars_table)
    parts = split(table, said)
    assert np.array_equal(parts.split[:60], parts.split[60:])
    assert said[0] == (
        "copies",
        "60 rows are copies of another row, 0 exact; kept together in 60 groups, compared as "
        "they stand",
    )
    assert len(set(split(table, said, group="exact").groups)) == 120


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


def test_what_is_made_may_not_stand_in_the_data(bars_table, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "link").symlink_to("photos")
    for out in ("photos", "photos/run", "link/deep/run"):
        with pytest.raises(UsageError, match="expected a folder outside of .*photos"):
            check_apart(tmp_path / out, tmp_path / "photos")
    for data in (tmp_path / "photos" / "t.csv", bars_table, tmp_path / "gone"):
        check_apart(tmp_path / "photos" / "run", data)
    check_apart(tmp_path / "photos-run", tmp_path / "photos")
