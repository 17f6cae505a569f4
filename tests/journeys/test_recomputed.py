"""What a run says of itself is what its predictions say."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sklimg.table import Table
from sklimg.training import fit
from tests.builders import bars
from tests.recomputed import compared

SCRIPT = Path(__file__).parents[1] / "recomputed.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Bars under much noise, in groups of copies of several sizes, some of an unknown class."""
    table = bars({"2": 60, "10": 40, "é": 50})
    rng = np.random.default_rng(0)
    hidden = np.clip(table.pixels + rng.normal(0, 150, table.pixels.shape), 0, 255)
    writers = np.array([f"w{n}" for n in rng.integers(0, 60, len(table))], object)
    train = Table(hidden.astype(np.uint8), table.labels, columns={"group": writers})
    test = train.take(np.arange(0, 150, 3))
    test.labels[:4] = "never seen"
    out = tmp_path_factory.mktemp("recomputed") / "run"
    fit(train.take(np.arange(1, 150, 3)), test=test, params={"max_iter": 9}, folds=0, out=out)
    return out


def test_metrics_are_those_of_the_predictions(run):
    metrics = json.loads((run / "metrics.json").read_text())
    assert 0.4 < metrics["accuracy"] < 0.95  # there is something to count
    assert metrics["n_test"] < metrics["n_test_images"]
    assert compared(run) == []


def test_one_prediction_less_is_seen(run, tmp_path):
    """The script can fail."""
    lines = (run / "predictions.csv").read_text().splitlines(keepends=True)
    (tmp_path / "predictions.csv").write_text("".join(lines[:-1]))
    (tmp_path / "metrics.json").write_bytes((run / "metrics.json").read_bytes())
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1
    assert "n_test_images: 50 told, 49 found" in done.stderr
    done = subprocess.run([sys.executable, SCRIPT, run], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
