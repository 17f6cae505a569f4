"""Runs are told apart as far as the pictures that they were tested on can tell."""

import json

import pytest

from sklimg.comparison import compare_runs
from sklimg.records import read_records, records_csv
from tests.compared import spoil


@pytest.mark.parametrize(("n", "is_better"), [(5, False), (6, True)])
def test_six_to_none_are_told_apart_and_five_are_not(compared, n, is_better):
    """By an exact test: 2 / 2 ** 6 is 0.03, 2 / 2 ** 5 is 0.06."""
    spoil(compared / "weak", n)
    told = compare_runs(["weak", "good"])
    assert ("good is better than weak" in told["notes"][0]) == is_better


def test_copies_are_one_picture(compared):
    """Six images of one group are one picture that tells nothing."""
    spoil(compared / "weak", 6)
    for name in ("weak", "good"):
        file = compared / name / "predictions.csv"
        columns = read_records(file)
        columns["group"][:6] = [columns["group"][0]] * 6
        file.write_bytes(records_csv(columns))
    (versus,) = compare_runs(["weak", "good"])["versus_best"]
    assert (versus["n_only_best"], versus["n_only_other"], versus["p_value"]) == (1, 0, 1.0)


def test_data_that_is_not_the_same_is_no_ground_to_compare_on(compared):
    file = compared / "weak" / "data.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sha256": "0" * 64}))
    told = compare_runs(["weak", "good"])
    assert told["versus_best"] == [None]


def test_the_better_one_is_named_whatever_the_order(compared):
    """More groups may be read right by the run whose accuracy is told to be lower."""
    spoil(compared / "good", 8)
    metrics = json.loads((compared / "good" / "metrics.json").read_text())
    (compared / "good" / "metrics.json").write_text(json.dumps(metrics | {"accuracy": 1.0}))
    weak = json.loads((compared / "weak" / "metrics.json").read_text())
    (compared / "weak" / "metrics.json").write_text(json.dumps(weak | {"accuracy": 0.9}))
    told = compare_runs(["weak", "good"])
    assert told["notes"][0].startswith("weak is better than good: of 8 pictures")


def test_what_a_run_goes_on_from_is_no_setting(compared):
    file = compared / "weak" / "config.json"
    told = {"parent": {"run": "/x", "model": "1"}, "added": "/y", "shares": {}, "recorded": None}
    file.write_text(json.dumps(json.loads(file.read_text()) | told | {"from_scratch": True}))
    for row in compare_runs(["weak", "good"])["runs"]:
        assert list(row["settings"]) == ["C"]
