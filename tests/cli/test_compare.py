"""Runs side by side, told as far as their tests can tell."""

import json

import pytest

from tests.compared import spoil


def test_the_best_is_first_and_what_differs_is_named(invoke, compared):
    spoil(compared / "weak", 9)
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


def test_a_small_difference_is_none(invoke, compared):
    spoil(compared / "weak", 3)
    told = json.loads(invoke("compare", "weak", "good", "--json").stdout)
    assert [run["name"] for run in told["runs"]] == ["good", "weak"]
    (versus,) = told["versus_best"]
    assert (versus["n_only_best"], versus["n_only_other"]) == (3, 0)
    assert versus["p_value"] == pytest.approx(0.25)  # two of eight ways are as far apart
    assert "cannot be told apart by these pictures" in told["notes"][0]


def test_runs_on_other_images_are_not_compared_image_by_image(invoke, compared):
    told = json.loads(invoke("compare", "good", "other", "weak", "--json").stdout)
    assert None in told["versus_best"]
    assert any("other images" in note for note in told["notes"])
    assert "the best of many on one test part looks better than it is" in told["notes"]


def test_one_run_is_not_enough_and_each_has_to_be_one(invoke, compared):
    done = invoke("compare", "good")
    assert (done.exit_code, done.stderr) == (
        2, "error: compare: expected two different runs or more, got 1\n"
    )  # fmt: skip
    (compared / "good" / "metrics.json").write_text("{")
    done = invoke("compare", "good", "weak")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "metrics.json: expected JSON" in done.stderr


@pytest.mark.parametrize(
    "changes",
    [{"accuracy_interval": []}, {"accuracy_interval": [None, 1]}, {"log_loss": []}],
)
def test_values_that_no_fit_writes_are_exit_3(invoke, compared, changes):
    file = compared / "weak" / "metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    for words in (["compare", "weak", "good"], ["report", "weak"], ["info", "weak"]):
        done = invoke(*words)
        assert done.exit_code in (0, 3), (words, done.stderr)
        assert "bug" not in done.stderr
    assert invoke("compare", "weak", "good").exit_code == 3


def test_the_same_run_twice_is_no_comparison(invoke, compared):
    done = invoke("compare", "good", "./good")
    assert (done.exit_code, done.stdout) == (2, "")
