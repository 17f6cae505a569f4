"""What stays together is told, and how it was looked for."""

import numpy as np
import pytest

from sklimg.digests import pixel_digests
from sklimg.errors import UsageError
from sklimg.grouping import group_rows
from sklimg.table import Table
from tests.test_duplicates import as_rows
from tests.test_thumbnails import pictures


@pytest.fixture
def table():
    """Thirty photographs, ten of them mirrored, five of them once more, and their authors."""
    images = pictures(30, 28)
    rows = as_rows(np.concatenate([images, images[:10, :, ::-1], images[:5]]))
    authors = [f"w{k % 9}" if k < 18 else "" for k in range(45)]
    return Table(rows, ["a", "b"] * 22 + ["a"], None, {"author": authors})


def grouped(table, *words, **options):
    told = []
    digests = pixel_digests(table.pixels)
    groups, turned = group_rows(table, *words, digests, lambda *t: told.append(t), **options)
    return groups, turned, dict(told)


@pytest.mark.parametrize(
    ("options", "turned", "n_groups", "words"),
    [
        (("auto", "auto"), True, 30, "15 rows are copies of another row, 5 exact; kept together in "
         "30 groups, compared mirrored, turned and shifted, too"),
        (("auto", "no"), False, 40, "5 rows are exact copies of another row; kept together in "
         "40 groups, compared as they stand"),
        (("exact", "auto"), None, 40, "5 rows are exact copies of another row; kept together in "
         "40 groups"),
        (("none", "auto"), None, 45, "5 rows are copies and are NOT kept together, as asked"),
    ],
)  # fmt: skip
def test_what_is_kept_together(table, options, turned, n_groups, words):
    groups, is_turned, told = grouped(table, options[0], turned=options[1])
    assert (len(set(groups)), is_turned, told["copies"]) == (n_groups, turned, words)


def test_a_column_joins_copies(table):
    groups, _, told = grouped(table, "author")
    assert len(set(groups[:18])) == 9
    assert told["groups"] == f"{len(set(groups))} by the column 'author' and by copies"
    with pytest.raises(UsageError, match="no column 'artist'; its further columns: author"):
        grouped(table, "artist")


def test_without_copies_it_is_told_how_they_were_looked_for(table):
    assert grouped(table.take(np.arange(30)), "auto")[2] == {
        "copies": "none, compared mirrored, turned and shifted, too"
    }


@pytest.mark.parametrize("group", ["exact", "none"])
def test_turned_means_nothing_where_no_near_copies_are_looked_for(table, group):
    with pytest.raises(UsageError, match=f"turned: expected auto where group is {group}"):
        grouped(table, group, turned="yes")


def test_near_copies_under_two_labels_are_told_too(table):
    labels = table.labels.copy()
    labels[30:32] = "c"  # mirrored ones
    told = grouped(Table(table.pixels, labels), "auto")[2]
    assert told["warning"] == "2 pictures under two labels; decide which is right"
