"""What a run, a model or data holds, told."""

import json
import shutil

import pytest

from sklimg.table import write_table
from tests.forged import changed


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines_of(done):
    assert done.exit_code == 0, done.stderr
    return {line[:9].strip(): line[10:] for line in done.stdout.splitlines()}


def test_a_run(invoke, bars_run):
    lines = lines_of(invoke("info", bars_run.path))
    assert lines["run"] == str(bars_run.path)
    assert lines["test"].startswith("accuracy 1.000 [")
    assert lines["model"].startswith(f"{bars_run.model.id}, 0.1 MB in 3 files, answers from arrays")
    assert lines["classes"] == "3, by training images: 2 16, 10 16, a 16"
    assert lines["image"] == "8x8 grey"
    told = json.loads(invoke("info", bars_run.path, "--json").stdout)
    assert (told["kind"], told["accuracy"]) == ("run", 1.0)
    assert told["model"]["versions"] == told["model"]["here"]
    assert told["settings"]["seed"] == 0


def test_a_model_alone_and_in_a_zip(invoke, bars_run, here):
    shutil.copytree(bars_run.path / "model", here / "m")
    invoke("export", "-m", "m", "-o", "m.zip")
    folder, zipped = (json.loads(invoke("info", name, "--json").stdout) for name in ("m", "m.zip"))
    assert folder.pop("path") == "m"
    assert zipped.pop("path") == "m.zip"
    assert folder == zipped
    assert folder["kind"] == "model"
    assert folder["classes"] == {"2": 16, "10": 16, "a": 16}


def test_versions_that_differ_are_said(invoke, bars_run, here):
    shutil.copytree(bars_run.path, here / "run")
    manifest = json.loads((here / "run" / "model" / "manifest.json").read_text())
    changed(here / "run", versions=manifest["versions"] | {"numpy": "1.0"})
    assert "other: numpy 1.0, here " in lines_of(invoke("info", "run/model"))["versions"]


def test_a_table_and_a_folder(invoke, bars_table, here, photos):
    write_table(bars_table, here / "t.csv")
    lines = lines_of(invoke("info", "t.csv"))
    assert lines == {"data": "t.csv: 60 images of 8x8 grey", "classes": "3: 2 20, 10 20, a 20"}
    told = json.loads(invoke("info", photos, "--json").stdout)
    assert (told["kind"], told["image"]) == ("data", None)
    assert told["n_files"] == sum(told["classes"].values()) > 0


@pytest.mark.parametrize(
    ("name", "code", "part"),
    [("absent", 3, "no such file or folder"), ("empty", 3, "expected a run, a model or images")],
)
def test_nothing_to_tell_of(invoke, here, name, code, part):
    (here / "empty").mkdir()
    done = invoke("info", name)
    assert (done.exit_code, done.stdout) == (code, "")
    assert part in done.stderr


def test_a_damaged_model_is_refused(invoke, bars_run, here):
    shutil.copytree(bars_run.path, here / "run")
    (here / "run" / "model" / "model.npz").write_bytes(b"")
    done = invoke("info", "run")
    assert (done.exit_code, done.stdout) == (5, "")
