"""A journal keeps what came of fits, and takes nothing for what it is not."""

import json

import numpy as np
import pytest

from sklimg.errors import DataError
from sklimg.journal import Journal, digest_of

ABOUT = {"data": "a" * 64, "folds": "b" * 64, "parameters": "c" * 64}
PARAMS = {"classify__hidden_layer_sizes": (20, 10), "classify__alpha": 0.1}
RECORD = {
    "accuracy": 0.1 + 0.2,
    "n_epochs": 3,
    "reason": "",
    "fit_seconds": 1.5,
    "score_seconds": 0,
}


def test_what_was_put_is_there_for_who_comes_after(tmp_path):
    first = Journal(tmp_path / "journal").part("search")
    first.begin(ABOUT)
    first.put(PARAMS, "fold1", RECORD)
    later = Journal(tmp_path / "journal").part("search")
    assert later.get(PARAMS, "fold1") is None  # not begun
    later.begin(ABOUT)
    assert RECORD.items() <= later.get(PARAMS, "fold1").items()
    assert later.get(PARAMS, "fold2") is None
    assert later.get(PARAMS | {"classify__alpha": 0.2}, "fold1") is None


def test_a_record_is_one_readable_file(tmp_path):
    journal = Journal(tmp_path)
    journal.begin(ABOUT)
    journal.put(PARAMS, "fold1", RECORD)
    (file,) = tmp_path.glob("*/*.json")
    found = json.loads(file.read_text())
    assert file.name == "fold1.json"
    assert found["params"] == {
        "classify__hidden_layer_sizes": "(20, 10)", "classify__alpha": "0.1"
    }  # fmt: skip
    assert found["accuracy"] == RECORD["accuracy"]


@pytest.mark.parametrize("what", ABOUT)
def test_a_journal_of_something_else_is_refused_with_both_digests(tmp_path, what):
    Journal(tmp_path).begin(ABOUT)
    message = f"other {what}: expected {'d' * 16}, got {ABOUT[what][:16]}; resume with"
    with pytest.raises(DataError, match=message):
        Journal(tmp_path).begin(ABOUT | {what: "d" * 64})


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "\xff", "{}", '{"accuracy": "x", "reason": ""}', '{"accuracy": 0.5}',
     '{"accuracy": null, "reason": "", "fit_seconds": 1, "score_seconds": 1}'],
)  # fmt: skip
def test_a_damaged_record_is_named(tmp_path, text):
    Journal(tmp_path).begin(ABOUT)
    file = tmp_path / "0123" / "fold1.json"
    file.parent.mkdir()
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"fold1\.json: .* remove it to fit anew"):
        Journal(tmp_path).begin(ABOUT)


def test_what_a_killed_writer_left_is_no_record(tmp_path):
    Journal(tmp_path).begin(ABOUT)
    (tmp_path / "0123").mkdir()
    (tmp_path / "0123" / ".fold1.json.0123456789abcdef.partial").write_text("{")
    journal = Journal(tmp_path)
    journal.begin(ABOUT)
    journal.put(PARAMS, "fold1", RECORD)
    assert RECORD.items() <= journal.get(PARAMS, "fold1").items()


def test_digests_tell_values_apart_and_equal_ones_not():
    arrays = [np.arange(6), np.arange(6).reshape(2, 3), np.arange(6.0), np.array(["a", "b"]),
              np.array(["a", "b"], object), np.array(["a,", "b"], object)]  # fmt: skip
    values = [*arrays, None, (1, 2), (1, 3), "a", 1, 1.5, True, {"a": 1}, {"a": 2}]
    digests = [digest_of(value) for value in values]
    assert len(set(digests)) == len(values)
    assert digest_of({"a": 1, "b": (2, 3)}) == digest_of({"b": [np.int64(2), 3], "a": 1})
    assert digest_of(np.arange(6)[::2]) == digest_of(np.array([0, 2, 4]))
    assert digest_of(1, 2) != digest_of(12)


def test_records_without_what_they_are_made_of_are_refused(tmp_path):
    journal = Journal(tmp_path)
    journal.begin(ABOUT)
    journal.put(PARAMS, "fold1", RECORD)
    (tmp_path / "about.json").unlink()
    with pytest.raises(DataError, match=r"about\.json: expected what the fits .* are made of"):
        Journal(tmp_path).begin(ABOUT)
