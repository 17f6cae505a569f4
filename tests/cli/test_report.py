"""report, as one types it."""

import json
import shutil

import pytest


@pytest.fixture
def run_dir(bars_run, tmp_path):
    """A run whose pages are gone."""
    place = tmp_path / "run"
    shutil.copytree(bars_run.path, place)
    (place / "report.html").unlink()
    (place / "MODEL_CARD.md").unlink()
    return place


def test_both_pages_are_made_and_the_report_is_named(invoke, run_dir):
    done = invoke("report", run_dir)
    assert (done.exit_code, done.stdout) == (0, f"{run_dir / 'report.html'}\n")
    assert done.stderr == f"card      {run_dir / 'MODEL_CARD.md'}\n"
    assert (run_dir / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert (run_dir / "MODEL_CARD.md").read_text().startswith("# Model card: ")


def test_the_model_is_not_needed(invoke, run_dir):
    shutil.rmtree(run_dir / "model")
    assert invoke("report", run_dir, "-q").exit_code == 0


def test_json(invoke, run_dir):
    told = json.loads(invoke("report", run_dir, "--json").stdout)
    assert told == {
        "report": str(run_dir / "report.html"),
        "model_card": str(run_dir / "MODEL_CARD.md"),
    }


def test_what_is_no_run_is_exit_3(invoke, run_dir, tmp_path):
    (run_dir / "metrics.json").write_text("{")
    done = invoke("report", run_dir)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "metrics.json: expected JSON" in done.stderr
    assert invoke("report", tmp_path / "absent").exit_code == 3
    (tmp_path / "file").write_text("")
    assert invoke("report", tmp_path / "file").exit_code == 3
