"""What is said of a run is what its numbers say."""

import json
import shlex
from itertools import pairwise

import pytest

from sklimg.cli import main
from sklimg.cli.params import parse_params
from sklimg.runfiles import read_run
from sklimg.runwords import (
    answer,
    baseline_words,
    class_scores,
    fit_command,
    mistake_words,
    percent,
    rejection_words,
    split_words,
)
from tests.reports import write_run_files


@pytest.fixture
def changed(tmp_path):
    """A run with some values of a JSON file changed."""

    def change(name="config", **values):
        place = tmp_path / "run"
        if not place.exists():
            write_run_files(place, ("a", "b", "c"))
        path = place / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))
        return read_run(place)

    return change


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (1 - 1e-12, "100 %"), (0.99999, "99.9 %"), (1e-5, "0.1 %")],
)
def test_nearly_all_is_not_all(share, text):
    assert percent(share) == text


def test_copies_have_one_vote(changed):
    text = answer(changed("metrics", n_test=9, accuracy=0.5, accuracy_interval=[0.2, 0.8]))
    assert text.startswith(
        "Of 15 test images that it never saw (9 groups of copies, one vote each)"
    )
    assert "50.0 % right" in text
    assert "between 20.0 % and 80.0 %" in text


@pytest.mark.parametrize(
    ("nearest", "part"),
    [(0.1, "for 10.0 %."), (0.5, "does not show that"), (0.9, "does better than the model")],
)
def test_a_plain_rule_that_is_as_good_is_called_so(changed, nearest, part):
    plain = {"most_frequent": 0.05, "nearest_neighbour": nearest}
    run = changed("metrics", accuracy=0.6, accuracy_interval=[0.4, 0.8], baselines=plain)
    assert baseline_words(run).endswith(part) or part in baseline_words(run)
    assert ("The latter" in baseline_words(run)) == (nearest > 0.1)


def test_the_worst_class_comes_first(changed):
    scores = class_scores(changed())
    assert [s.f1 for s in scores] == sorted(s.f1 for s in scores)
    for score in scores:
        assert score.interval[0] <= score.recall <= score.interval[1]


def test_without_a_mistake_there_is_none_to_name(changed):
    run = changed()
    columns = run.predictions
    columns["predicted"][:] = columns["label"]
    assert mistake_words(run) == "It made no mistake on the test images."


@pytest.mark.parametrize(
    ("group", "part"), [("auto", "there are none"), ("none", "Copies were not looked for")]
)
def test_it_is_said_whether_copies_were_looked_for(changed, group, part):
    assert part in " ".join(split_words(changed(group=group)))


def test_the_command_is_one_that_fit_takes(changed):
    grid = {"classify__hidden_layer_sizes": [[100], [60, 30]], "classify__alpha": [0.1, 1.0]}
    run = changed(
        **{"grid": grid, "params": {"early_stopping": True}, "max_time": 90.0, "size": 32},
        **{"group": "writer", "search": "hyperband", "model": "mlp", "data": "/data/a b"},
    )
    words = shlex.split(fit_command(run))
    assert words[:2] == ["sklimg", "fit"]
    known = {flag for parameter in main.commands["fit"].params for flag in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
    texts = [after for word, after in pairwise(words) if word == "--param"]
    fixed, searched = parse_params(texts)
    assert fixed == {"early_stopping": True}
    assert searched == {"hidden_layer_sizes": [(100,), (60, 30)], "alpha": [0.1, 1.0]}
    asked = dict(pairwise(words))
    assert (asked["--max-time"], asked["--size"], asked["--group"]) == ("90s", "32", "writer")
    assert (asked["--search"], asked["--folds"], asked["--seed"]) == ("hyperband", "5", "3")


@pytest.mark.parametrize(
    ("told", "flags"),
    [
        ({}, []),
        ({"from_scratch": True}, ["--from-scratch"]),
        ({"recorded": "/data/t 2.csv"}, ["--recorded", "/data/t 2.csv"]),
    ],
)
def test_the_command_of_a_run_that_goes_on_is_one_that_retrain_takes(changed, told, flags):
    parent = {"run": "/runs/a b", "model": "0123"}
    run = changed(parent=parent, added="/data/more", **told)
    words = shlex.split(fit_command(run))
    assert words == ["sklimg", "retrain", "/runs/a b", "/data/more", *flags]
    known = {flag for parameter in main.commands["retrain"].params for flag in parameter.opts}
    assert {word for word in flags if word.startswith("--")} <= known
    for key in ("added", "recorded"):
        given = {"parent": parent, "added": "/data/more", key: "a table of 9 images"}
        assert fit_command(changed(**given)) is None


def test_data_from_python_has_no_command(changed):
    assert fit_command(changed(test="a table of 9 images")) is None
    assert fit_command(changed("data", path=None)) is None


@pytest.mark.parametrize(
    ("rejection", "part"),
    [
        (
            {"threshold": 0.9, "coverage": 0.0, "error": None, "error_interval": None},
            "It then answers none of the test images.",
        ),
        (
            {"threshold": 0.0, "coverage": 1.0, "error": 0.01, "error_interval": [0.0, 0.05]},
            "it never says “unknown”, chosen on images",
        ),
    ],
)
def test_thresholds_at_both_ends_are_told(changed, rejection, part):
    run = changed("metrics", rejection={"error_rate": 0.02, **rejection})
    assert part in rejection_words(run)
