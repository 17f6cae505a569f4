"""The head of a report says how good the model is, and beside what."""

import re
from dataclasses import replace

import pytest

from sklimg.reportanswer import answer_html, headline
from sklimg.runfiles import read_run
from tests.reports import write_run_files


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(write_run_files(tmp_path_factory.mktemp("run") / "run", ("a", "b", "c")))


def test_the_title_is_the_accuracy(run):
    told = replace(run, metrics=run.metrics | {"accuracy": 0.8, "n_test": 15})
    assert headline(told) == "80.0 % of 15 test images right"
    copies = replace(told, metrics=told.metrics | {"n_test": 9})
    assert headline(copies) == "80.0 % of 9 test pictures right"  # of 15 images


def test_the_scale_shows_the_interval_and_the_plain_rules(run):
    metrics = {"accuracy": 0.8, "accuracy_interval": [0.5, 0.9]}
    metrics["baselines"] = {"most_frequent": 0.34, "nearest_neighbour": None}
    text = answer_html(replace(run, metrics=run.metrics | metrics))
    assert '<rect class="span" x="50.00" y="0" width="40.00"' in text
    assert [float(x) for x in re.findall(r'class="mark" x="([0-9.]+)"', text)] == [79.6, 33.6]
    assert "nearest image" not in text


def test_the_verdict_is_text(run):
    assert "fits &lt;well&gt;" in answer_html(run).replace("Fits", "fits")
    assert "verdict" not in answer_html(replace(run, metrics=run.metrics | {"verdict": None}))
