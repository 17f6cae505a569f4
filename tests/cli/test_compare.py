"""Runs side by side, told as far as their tests can tell."""

import json
import shutil

import pytest

from sklimg.records import read_records, records_csv
from sklimg.training import fit
from tests.builders import bars


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs on the same images, and one on others."""
    place = tmp_path_factory.mktemp("runs")
    table, how = bars({"a": 40, "b": 40}), {"model": "logistic", "folds": 0}
    fit(table, out=place / "weak", params={"C": 0.5}, **how)
    fit(table, out=place / "good", **how)
    fit(bars({"a": 30, "b": 30}, seed=7), out=place / "other", **how)
    return place


@pytest.fixture
def here(runs, tmp_path, monkeypatch):
    for path in runs.iterdir():
        shutil.copytree(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spoil(run, n):
    """Let a run read *n* of its test images wrong, as its files have it."""
    file = run / "predictions.csv"
    columns = read_records(file)
    for i in range(n):
        columns["predicted"][i] = "b" if columns["label"][i] == "a" else "a"
    file.write_bytes(records_csv(columns))
    metrics = json.loads((run / "metrics.json").read_text())
    metrics["accuracy"] = 1 - n / len(columns["label"])
    (run / "metrics.json").write_text(json.dumps(metrics))


def test_the_best_is_first_and_what_differs_is_named(invoke, here):
    spoil(here / "weak", 9)
    done = invoke("compare", "weak", "good")
    assert done.exit_code == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("good  1.000 [0.806, 1.000] on 16 groups  log loss ")
    assert second.startswith("weak  0.438 [")
    assert "params" not in first
    assert second.endswith("C=0.5")
    assert first.endswith("C=default")
    assert done.stderr == (
        "note: good is better than weak: of 9 pictures that one reads better, 9 by good\n"
    )


def test_a_small_difference_is_none(invoke, here):
    spoil(here / "weak", 3)
    told = json.loads(invoke("compare", "weak", "good", "--json").stdout)
    assert [run["name"] for run in told["runs"]] == ["good", "weak"]
    (versus,) = told["versus_best"]
    assert (versus["n_only_best"], versus["n_only_other"]) == (3, 0)
    assert versus["p_value"] == pytest.approx(0.25)  # two of eight ways are as far apart
    assert "cannot be told apart by these pictures" in told["notes"][0]


def test_runs_on_other_images_are_not_compared_image_by_image(invoke, here):
    told = json.loads(invoke("compare", "good", "other", "weak", "--json").stdout)
    assert None in told["versus_best"]
    assert any("other images" in note for note in told["notes"])
    assert "the best of many on one test part looks better than it is" in told["notes"]


def test_one_run_is_not_enough_and_each_has_to_be_one(invoke, here):
    done = invoke("compare", "good")
    assert (done.exit_code, done.stderr) == (
        2, "error: compare: expected two different runs or more, got 1\n"
    )  # fmt: skip
    (here / "good" / "metrics.json").write_text("{")
    done = invoke("compare", "good", "weak")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "metrics.json: expected JSON" in done.stderr


@pytest.mark.parametrize(("n", "is_better"), [(5, False), (6, True)])
def test_six_to_none_are_told_apart_and_five_are_not(invoke, here, n, is_better):
    """By an exact test: 2 / 2 ** 6 is 0.03, 2 / 2 ** 5 is 0.06."""
    spoil(here / "weak", n)
    told = json.loads(invoke("compare", "weak", "good", "--json").stdout)
    assert ("good is better than weak" in told["notes"][0]) == is_better


def test_copies_are_one_picture(invoke, here):
    """Six images of one group are one picture that tells nothing."""
    spoil(here / "weak", 6)
    for name in ("weak", "good"):
        file = here / name / "predictions.csv"
        columns = read_records(file)
        columns["group"][:6] = [columns["group"][0]] * 6
        file.write_bytes(records_csv(columns))
    (versus,) = json.loads(invoke("compare", "weak", "good", "--json").stdout)["versus_best"]
    assert (versus["n_only_best"], versus["n_only_other"], versus["p_value"]) == (1, 0, 1.0)


def test_data_that_is_not_the_same_is_no_ground_to_compare_on(invoke, here):
    file = here / "weak" / "data.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sha256": "0" * 64}))
    told = json.loads(invoke("compare", "weak", "good", "--json").stdout)
    assert told["versus_best"] == [None]


def test_the_better_one_is_named_whatever_the_order(invoke, here):
    """More groups may be read right by the run whose accuracy is told to be lower."""
    spoil(here / "good", 8)
    metrics = json.loads((here / "good" / "metrics.json").read_text())
    (here / "good" / "metrics.json").write_text(json.dumps(metrics | {"accuracy": 1.0}))
    weak = json.loads((here / "weak" / "metrics.json").read_text())
    (here / "weak" / "metrics.json").write_text(json.dumps(weak | {"accuracy": 0.9}))
    told = json.loads(invoke("compare", "weak", "good", "--json").stdout)
    assert told["notes"][0].startswith("weak is better than good: of 8 pictures")


@pytest.mark.parametrize(
    "changes",
    [{"accuracy_interval": []}, {"accuracy_interval": [None, 1]}, {"log_loss": []}],
)
def test_values_that_no_fit_writes_are_exit_3(invoke, here, changes):
    file = here / "weak" / "metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    for words in (["compare", "weak", "good"], ["report", "weak"], ["info", "weak"]):
        done = invoke(*words)
        assert done.exit_code in (0, 3), (words, done.stderr)
        assert "bug" not in done.stderr
    assert invoke("compare", "weak", "good").exit_code == 3


def test_the_same_run_twice_is_no_comparison(invoke, here):
    done = invoke("compare", "good", "./good")
    assert (done.exit_code, done.stdout) == (2, "")
