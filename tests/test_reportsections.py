"""Sections of a report say what the files say, and are left out where they say nothing."""

from dataclasses import replace

import pytest

from sklimg.reportsections import SECTIONS
from sklimg.runfiles import read_run
from tests.reports import write_run_files

FILL = {place: fill for place, _, _, fill in SECTIONS}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(write_run_files(tmp_path_factory.mktemp("run") / "run", ("a", "b", "c")))


def changed(run, **metrics):
    return replace(run, metrics=run.metrics | metrics)


def test_each_round_of_folds_is_a_line(run):
    text = FILL["folds"](run)
    assert text.count('<th scope="row"') == 2
    assert "2 times over, with other folds each time" in text
    assert text.count("60.0&nbsp;%") + text.count("60.0 %") >= 6
    folds = run.metrics["cross_validation"] | {"fold_accuracies": [0.5]}
    assert "<table" not in FILL["folds"](changed(run, cross_validation=folds))
    assert FILL["folds"](changed(run, cross_validation=None)) == ""


@pytest.mark.parametrize(("n_test", "is_said"), [(199, True), (200, False)])
def test_chance_is_called_by_its_name(run, n_test, is_said):
    text = FILL["trust"](changed(run, n_test=n_test))
    assert ("much of a calibration error is chance" in text) == is_said


def test_without_calibration_there_is_no_word_of_chance(run):
    text = FILL["trust"](changed(run, expected_calibration_error=None, n_test=9))
    assert "chance" not in text
