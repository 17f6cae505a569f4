"""A model file is data: damage is refused, and whatever stands in it, nothing of it is run."""

import os
import pickle
import shutil
import subprocess
import sys

import joblib
import numpy as np
import pytest

from sklimg.errors import ModelError
from sklimg.model import load, load_pipeline
from sklimg.modelfiles import sums_of
from sklimg.table import write_table
from tests.builders import bars
from tests.pickled import traps

RETRAIN = ([], ["--from-scratch"])
pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def table(bars_table, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "t.csv"
    write_table(bars_table, path)
    write_table(bars({"2": 5, "10": 5, "a": 5}, seed=1), path.with_name("more.csv"))
    return path


@pytest.fixture
def run(bars_run, tmp_path):
    return shutil.copytree(bars_run.path, tmp_path / "run")


def commands(run, table, out):
    """Every command that is given a model or a run."""
    more, newer = table.with_name("more.csv"), out.with_name("newer")
    return [
        ["predict", "-m", run, table],
        ["predict", "-m", run, table, "--trust"],
        ["evaluate", "-m", run, table],
        ["info", run],
        ["info", run / "model"],
        ["report", run],
        ["compare", run, run],
        ["export", "-m", run, "-o", out],
        *(["retrain", run, more, *words, "--recorded", table, "-o", newer] for words in RETRAIN),
    ]


def put(run, name, content, is_forged):
    """Put a file into a run, and set the sums of its model right if it is forged."""
    (run / name).write_bytes(content)
    model = run / "model"
    if is_forged:
        names = ["model.npz", "manifest.json", "pipeline.joblib"]
        sums = sums_of({name: (model / name).read_bytes() for name in names})
        (model / "SHA256SUMS").write_bytes(sums)


@pytest.mark.parametrize("kind", ["pickle", "joblib", "npy", "npz"])
def test_a_trap_does_what_it_is_feared_for(tmp_path, kind):
    """Were one of them opened, it would be seen."""
    content = traps(tmp_path / "marker")[kind]
    (tmp_path / "file").write_bytes(content)
    if kind == "pickle":
        pickle.loads(content)
    elif kind == "joblib":
        joblib.load(tmp_path / "file")
    elif kind == "npy":
        np.load(tmp_path / "file", allow_pickle=True)
    else:
        np.load(tmp_path / "file", allow_pickle=True)["seen"]
    assert (tmp_path / "marker").exists()


def opened(invoke, bars_run, table, tmp_path, name, kind, is_forged):
    """Return how commands fare with a trap in one place: what was wrong, or an empty text."""
    marker, run = tmp_path / "marker", tmp_path / "run"
    shutil.copytree(bars_run.path, run)
    put(run, name, traps(marker)[kind], is_forged)
    wrong = ""
    for words in commands(run, table, tmp_path / "m.zip"):
        done = invoke(*words)
        shutil.rmtree(tmp_path / "newer", ignore_errors=True)
        if marker.exists() or done.exit_code not in (0, 2, 3, 5):
            wrong = f"{name}, {kind}, {words[0]}: {done.exit_code}, {done.stderr}"
            break
    shutil.rmtree(run)
    return wrong


def places(bars_run):
    """Return the names of all files of a run."""
    files = sorted(path for path in bars_run.path.rglob("*") if path.is_file())
    names = [str(path.relative_to(bars_run.path)) for path in files]
    assert {"model/pipeline.joblib", "model/model.npz", "pictures.npz", "metrics.json"} <= set(
        names
    )
    return names


def test_a_trap_in_any_place_is_never_opened(invoke, bars_run, table, tmp_path):
    kinds = ["pickle", "joblib", "npy", "npz"]
    for number, name in enumerate(places(bars_run)):
        told = bars_run, table, tmp_path, name, kinds[number % 4]
        assert opened(invoke, *told, is_forged=number % 3 > 0) == ""


@pytest.mark.long
def test_traps_of_all_kinds_in_every_place_are_never_opened(
    invoke, bars_run, table, tmp_path, case
):
    for name in places(bars_run):
        for kind in traps(tmp_path / "marker"):
            for is_forged in (False, True):
                wrong = opened(invoke, bars_run, table, tmp_path, name, kind, is_forged)
                case(not wrong, wrong)


def test_a_trap_in_place_of_the_pipeline_is_opened_by_trust_alone(run, tmp_path):
    put(run, "model/pipeline.joblib", traps(tmp_path / "marker")["joblib"], is_forged=True)
    assert load(run).classes == ("2", "10", "a")  # the arrays answer
    assert not (tmp_path / "marker").exists()
    with pytest.raises(ModelError, match="disagree"):
        load_pipeline(run, trust=True)
    assert (tmp_path / "marker").exists()  # which is what trust means


def damaged(run, rng, n_flips, n_cuts):
    """Yield a file of a model and what damage makes of it, each file in its turn."""
    files = sorted(path for path in (run / "model").iterdir() if path.is_file())
    for number in range(n_flips + n_cuts):
        path = files[number % len(files)]
        whole = path.read_bytes()
        if number < n_flips:
            data = bytearray(whole)
            data[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        else:
            data = whole[: rng.integers(len(whole))]
        yield path, whole, bytes(data)


def refused(run, path, data):
    """Tell whether a model with a damaged file is refused."""
    whole = path.read_bytes()
    path.write_bytes(data)
    try:
        load(run)
    except ModelError:
        return True
    finally:
        path.write_bytes(whole)
    return False


def test_damage_is_refused_wherever_it_is(run):
    for path, _, data in damaged(run, np.random.default_rng(0), 120, 40):
        assert refused(run, path, data), path.name
    assert load(run).classes == ("2", "10", "a")


@pytest.mark.long
def test_flips_and_cuts_of_every_file_are_refused(run, seed, case):
    """2,000 bits and 500 ends; of 50, the command ends with 5 and one line."""
    rng = np.random.default_rng(seed)
    for number, (path, whole, data) in enumerate(damaged(run, rng, 2000, 500)):
        case(refused(run, path, data), f"{path.name}, {number}")
        if number % 50 == 0:
            path.write_bytes(data)
            words = [sys.executable, "-m", "sklimg", "predict", "-m", run]
            done = subprocess.run(words, input="1", capture_output=True, text=True)
            path.write_bytes(whole)
            is_one_line = done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
            case(done.returncode == 5 and not done.stdout and is_one_line, f"{path.name}: command")


@pytest.mark.parametrize(
    "name", ["metrics.json", "config.json", "data.json", "pictures.npz", "plots/confusion.png"]
)
def test_what_a_run_should_not_hold_is_told(invoke, run, table, name):
    file = run / name
    for kind in ("nested", "folder"):
        file.unlink()
        if kind == "folder":
            file.mkdir()
        else:
            file.write_text("[" * 100_000)
        for words in (["report", run], ["info", run], ["evaluate", "-m", run, table]):
            done = invoke(*words)
            assert done.exit_code in (0, 3), (words, done.stderr)
            assert "bug" not in done.stderr


@pytest.mark.parametrize(
    ("name", "command"),
    [("metrics.json", "report"), ("pictures.npz", "report"), ("data.json", "evaluate")],
)
def test_a_pipe_in_a_run_is_not_waited_for(run, table, name, command):
    (run / name).unlink()
    os.mkfifo(run / name)
    words = [command, run] if command == "report" else [command, "-m", run, table]
    done = subprocess.run(
        [sys.executable, "-m", "sklimg", *words], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
