"""A model in one file answers as the one in its folder."""

import shutil
import zipfile
from pathlib import Path

import pytest

from sklimg.model import load


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_zip_is_a_model(invoke, bars_run, bars_table, here):
    done = invoke("export", "-m", bars_run.path, "-o", "m.zip")
    assert (done.exit_code, done.stdout) == (0, "m.zip\n")
    assert done.stderr == "exported  the model (4 files), MODEL_CARD.md and report.html\n"
    vector = ",".join(map(str, bars_table.pixels[25]))
    done = invoke("predict", "-m", "m.zip", stdin=vector)
    assert (done.exit_code, done.stdout) == (0, "10\n")
    assert load("m.zip").id == bars_run.model.id
    names = zipfile.ZipFile("m.zip").namelist()
    assert sorted(names) == sorted(
        [
            "model/" + name
            for name in ("model.npz", "manifest.json", "pipeline.joblib", "SHA256SUMS")
        ]
        + ["MODEL_CARD.md", "report.html"]
    )


def test_the_same_model_is_the_same_file(invoke, bars_run, here):
    for name in ("one.zip", "two.zip"):
        assert invoke("export", "-m", bars_run.path, "-o", name).exit_code == 0
    assert Path("one.zip").read_bytes() == Path("two.zip").read_bytes()
    assert invoke("export", "-m", "one.zip", "-o", "again.zip").exit_code == 0
    assert Path("again.zip").read_bytes() == Path("one.zip").read_bytes()


def test_a_model_that_stands_alone_has_no_pages(invoke, bars_run, here):
    shutil.copytree(bars_run.path / "model", here / "alone")
    done = invoke("export", "-m", "alone", "-o", "m.zip")
    assert done.exit_code == 0
    assert done.stderr == ("exported  the model (4 files); no card and no report stand beside it\n")


def test_a_damaged_model_is_not_handed_on(invoke, bars_run, here):
    shutil.copytree(bars_run.path, here / "run")
    file = here / "run" / "model" / "pipeline.joblib"
    file.write_bytes(file.read_bytes()[:-1])
    done = invoke("export", "-m", "run", "-o", "m.zip")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "pipeline.joblib: damaged" in done.stderr
    assert not (here / "m.zip").exists()


def test_another_ending_is_refused(invoke, bars_run, here):
    done = invoke("export", "-m", bars_run.path, "-o", "m.tar")
    assert (done.exit_code, done.stderr) == (2, "error: m.tar: expected a name ending in .zip\n")
