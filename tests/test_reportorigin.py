"""A report says how its run is made again, and what files it has."""

from dataclasses import replace

import pytest

from sklimg.reportorigin import files_html, reproduce_html
from sklimg.runfiles import read_run
from tests.reports import write_run_files


@pytest.fixture
def run(tmp_path):
    return read_run(write_run_files(tmp_path / "run", ("a", "b", "c")))


def test_the_command_and_what_went_into_it(run):
    text = reproduce_html(run)
    assert "--param alpha=0.1" in text
    assert "--seed 3" in text
    for part in ("ab" * 32, "chosen dropout", "Linux, 2 cores", "2.4.6"):
        assert part in text


def test_data_from_python_has_no_command(run):
    text = reproduce_html(replace(run, data=run.data | {"path": None}, environment={}))
    assert "<pre" not in text
    assert "no command makes the run again" in text
    assert "not recorded" in text


def test_a_clock_is_an_exception(run):
    text = reproduce_html(replace(run, config=run.config | {"max_time": 60.0}))
    assert "ends by the clock is the exception" in text
    assert "--max-time 60s" in text


def test_files_that_are_there_are_listed(run):
    text = files_html(run)
    assert "pictures.npz" in text
    (run.place / "pictures.npz").unlink()
    assert "pictures.npz" not in files_html(run)
    assert "model/" in text  # which is written last
