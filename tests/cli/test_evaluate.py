"""evaluate, as one types it."""

import json

import pytest

from sklimg.table import write_table
from tests.builders import bars


@pytest.fixture
def new(tmp_path):
    """A table of new bars, one of them with a wrong label."""
    table = bars({"2": 10, "10": 10, "a": 10}, seed=4)
    table.labels[0] = "a"
    write_table(table, tmp_path / "new.csv")
    return tmp_path / "new.csv"


def test_the_accuracy_stands_with_its_interval(invoke, bars_run, new):
    done = invoke("evaluate", new, "-m", bars_run.path)
    assert done.exit_code == 0
    assert done.stdout.startswith("accuracy 0.967 [0.833, 0.994] on 30 images; most frequent class")
    assert "  a " in done.stderr


def test_json(invoke, bars_run, new):
    metrics = json.loads(invoke("evaluate", new, "-m", bars_run.path, "--json").stdout)
    assert metrics["accuracy"] == pytest.approx(29 / 30)
    assert {"accuracy", "accuracy_interval", "n_test", "n_test_images", "balanced_accuracy",
            "macro_f1", "log_loss", "top_k", "baselines", "per_class"} <= set(metrics)  # fmt: skip


def test_a_gate_that_fails_is_exit_7(invoke, bars_run, new):
    assert invoke("evaluate", new, "-m", bars_run.path, "--min-accuracy", "0.9").exit_code == 0
    done = invoke("evaluate", new, "-m", bars_run.path, "--min-accuracy", "0.99")
    assert done.exit_code == 7
    assert "expected an accuracy of 0.99, got 0.9667" in done.stderr


def test_missing_data_is_exit_3(invoke, bars_run, tmp_path):
    assert invoke("evaluate", tmp_path / "absent", "-m", bars_run.path).exit_code == 3
