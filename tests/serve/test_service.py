"""What is served: a model that is whole, and what is known of it."""

import json
import shutil
import subprocess
import sys

import pytest

from sklimg.errors import DataError, ModelError
from sklimg.serve.service import load_service


@pytest.fixture
def run(bars_run, tmp_path):
    return shutil.copytree(bars_run.path, tmp_path / "run")


def test_a_run_tells_how_good_it_is(run):
    metrics = json.loads((run / "metrics.json").read_text())
    for path in (run, run / "model"):
        model, test = load_service(path)
        assert model.classes == ("2", "10", "a")
        assert test == {key: metrics[key] for key in ("accuracy", "accuracy_interval", "n_test")}


def test_a_model_alone_tells_nothing(run, tmp_path):
    shutil.move(run / "model", tmp_path / "alone")
    assert load_service(tmp_path / "alone")[1] is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"accuracy": "x", "accuracy_interval": [0, 1], "n_test": 3}',
        '{"accuracy": 0.5, "accuracy_interval": [0], "n_test": 3}',
        '{"accuracy": 0.5, "accuracy_interval": [0.6, 1], "n_test": 3}',
        '{"accuracy": NaN, "accuracy_interval": [0, 1], "n_test": 3}',
        '{"accuracy": 0.5, "accuracy_interval": [0, 1], "n_test": null}',
    ],
    ids=lambda text: repr(text[:30]),
)
def test_damaged_figures_are_not_told(run, text):
    (run / "metrics.json").write_text(text)
    with pytest.raises(DataError, match=r"metrics\.json: "):
        load_service(run)


def test_all_right_is_no_damage(run):
    """The last bits of 1 and of the end of its interval may differ."""
    text = '{"accuracy": 1.0, "accuracy_interval": [0.7, 0.9999999999999999], "n_test": 9}'
    (run / "metrics.json").write_text(text)
    assert load_service(run)[1]["accuracy"] == 1


def test_a_damaged_model_is_refused(run):
    file = run / "model" / "model.npz"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        load_service(run)


def test_nothing_heavy_is_imported(run):
    code = (
        "import sys\n"
        "from sklimg.serve.service import load_service, serve_model\n"
        "load_service(sys.argv[1])\n"
        "print(sorted({'sklearn', 'scipy', 'pandas', 'matplotlib', 'joblib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, run], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
