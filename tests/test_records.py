"""Small CSV files keep every text as it is, and say where they are wrong."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.errors import TableError
from sklimg.records import read_labels, read_records, records_csv

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_what_is_written_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("records") / "a.csv"
    columns = {"path": [a for a, _ in rows], "label": [b for _, b in rows]}
    path.write_bytes(records_csv(columns))
    assert read_records(path) == columns


def test_texts_stay_texts(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfpath,label\r\na,007\r\nb,NA\r\nc,True\r\n\r\n")
    assert read_records(path)["label"] == ["007", "NA", "True"]


def test_two_columns_may_share_a_name():
    assert records_csv([("label", ["a"]), ("label", [1.5])]) == b"label,label\na,1.5\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"path\na\n", "line 1: expected the columns path,label, got path; add label"),
        (b"", "got nothing"),
        (b"path,label\na\n", "line 2: expected 2 fields .* got 1"),
        (b"path,label,label\n", "column label stands twice"),
        (b'path,label\n"a,b\n', "not a CSV file"),
        (b"path,label\n\xff,b\n", "expected UTF-8"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, content, words):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=words):
        read_records(path, ("path", "label"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        read_records(tmp_path / "a.csv")


@pytest.mark.parametrize("content", ["0,1\nx,y\n", "0\n1\nx\ny\n"])
def test_labels_are_given_by_rows_or_one_by_one(tmp_path, content):
    path = tmp_path / "labels.csv"
    path.write_text(content)
    assert read_labels(path, (2, 2)) == ["0", "1", "x", "y"]


def test_labels_that_do_not_fit_say_both_numbers(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("0,1,2\nx,y,z\n")
    with pytest.raises(TableError, match="expected 2 lines of 2 labels .* got 2 lines of 3"):
        read_labels(path, (2, 2))


def test_a_pipe_is_refused_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "map.csv")
    with pytest.raises(TableError, match="expected a CSV file, got a pipe or device"):
        read_records(tmp_path / "map.csv")
    with pytest.raises(TableError, match="expected a CSV file"):
        read_labels(tmp_path / "map.csv", (1, 1))
