"""A run folder is read back, or it is said which file is of no use."""

import json

import numpy as np
import pytest

from sklimg.errors import DataError, TableError
from sklimg.runfiles import read_run
from tests.reports import EVIL, write_run_files


@pytest.fixture
def run_dir(tmp_path):
    return write_run_files(tmp_path / "run")


def test_what_was_written_is_read(run_dir):
    run = read_run(run_dir)
    assert run.classes == ["2", "10", EVIL]
    assert run.counts.sum() == 15
    assert np.trace(run.counts) == (run.labels == run.predicted).sum()
    assert sum(n for *_, n in run.mistakes) == 15 - np.trace(run.counts)
    assert [n for *_, n in run.mistakes] == sorted((n for *_, n in run.mistakes), reverse=True)
    assert len(run.pictures) == 15
    assert run.pictures[4].shape == (12, 12)
    assert len(run.plots) == 13
    assert read_run(run_dir, "runs/mine").name == "runs/mine"


def test_what_not_every_run_has_may_be_missing(run_dir):
    for name in ("environment.json", "trials.csv", "history.csv", "features.csv", "rejects.csv"):
        (run_dir / name).unlink()
    (run_dir / "pictures.npz").unlink()
    for path in (run_dir / "plots").iterdir():
        path.unlink()
    (run_dir / "plots").rmdir()
    run = read_run(run_dir)
    assert (run.environment, run.trials, run.pictures, run.plots) == ({}, {}, {}, {})


def test_a_class_that_was_not_trained_stands_last(run_dir):
    text = (run_dir / "predictions.csv").read_text()
    (run_dir / "predictions.csv").write_text(text.replace(",10,", ",new,"))
    assert read_run(run_dir).classes == ["2", "10", EVIL, "new"]


@pytest.mark.parametrize(
    "name", ["metrics.json", "data.json", "config.json", "splits.csv", "predictions.csv"]
)
def test_an_essential_file_that_is_missing_is_named(run_dir, name):
    (run_dir / name).unlink()
    with pytest.raises(DataError, match=rf"{name}: no such file, .*; name a run") as caught:
        read_run(run_dir)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"{}", b"\xff\xfe", b'{"accuracy": 1}']
)
def test_json_that_is_damaged_is_named(run_dir, content):
    (run_dir / "metrics.json").write_bytes(content)
    with pytest.raises(DataError, match=r"metrics\.json: expected .*the run is damaged"):
        read_run(run_dir)


@pytest.mark.parametrize("name", ["splits.csv", "predictions.csv"])
def test_a_table_that_was_cut_is_named(run_dir, name):
    lines = (run_dir / name).read_text().splitlines(keepends=True)
    (run_dir / name).write_text("".join(lines[:-1]))
    with pytest.raises(DataError, match=rf"{name}: expected \d+ rows, got \d+; the run is damaged"):
        read_run(run_dir)
    (run_dir / name).write_text("label\n")
    with pytest.raises(TableError, match=rf"{name}, line 1: expected the columns row,"):
        read_run(run_dir)


def test_a_table_without_numbers_is_named(run_dir):
    text = (run_dir / "predictions.csv").read_text()
    (run_dir / "predictions.csv").write_text(text.replace("\n0,", "\nx,"))
    with pytest.raises(DataError, match=r"predictions\.csv: expected numbers, got"):
        read_run(run_dir)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"text"])
def test_pictures_that_are_damaged_are_named_with_a_way_out(run_dir, content):
    (run_dir / "pictures.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"pictures\.npz: expected .*; remove it to do without"):
        read_run(run_dir)


def test_pictures_are_never_unpickled(run_dir):
    rows = np.array([{"a": 1}], object)
    np.savez(run_dir / "pictures.npz", rows=rows, pixels=np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(DataError, match="allow_pickle=False"):
        read_run(run_dir)
    np.savez(run_dir / "pictures.npz", rows=np.arange(2), pixels=np.zeros((1, 2, 2)))
    with pytest.raises(DataError, match=r"got float64 of shape \(1, 2, 2\) for rows of shape"):
        read_run(run_dir)


def test_a_plot_that_is_none_is_named(run_dir):
    (run_dir / "plots" / "loss.png").write_bytes(b"GIF89a")
    with pytest.raises(DataError, match=r"loss\.png: expected a PNG file"):
        read_run(run_dir)


def test_what_is_no_folder_is_said(tmp_path):
    with pytest.raises(DataError, match="expected a run folder, got none"):
        read_run(tmp_path / "absent")


def test_metrics_need_their_kinds(run_dir):
    metrics = json.loads((run_dir / "metrics.json").read_text())
    (run_dir / "metrics.json").write_text(json.dumps(metrics | {"accuracy": None}))
    with pytest.raises(DataError, match="expected 'accuracy'"):
        read_run(run_dir)
