"""A table is written piece by piece and takes its place whole, after what describes it."""

import os
from pathlib import Path

import numpy as np
import pytest

from sklimg.errors import TableError
from sklimg.making import make_table
from sklimg.spec import ImageSpec
from sklimg.table import Table, write_table
from sklimg.tablewriter import table_writer
from tests.builders import contents


def test_an_npz_is_what_numpy_writes(tmp_path):
    table = Table(np.arange(8, dtype=np.uint8).reshape(2, 4), ["a", "b"])
    write_table(table, tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz") as arrays:
        np.savez_compressed(tmp_path / "u.npz", **arrays)
    assert (tmp_path / "t.npz").read_bytes() == (tmp_path / "u.npz").read_bytes()


def test_what_describes_a_table_is_in_place_before_it(photos, tmp_path, monkeypatch):
    """A kill between two renames leaves no table with words that are not its own."""
    order = []
    replace = type(tmp_path).replace
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda one, to: order.append(to.name) or replace(one, to)
    )
    make_table([photos], tmp_path / "t.csv", ImageSpec())
    assert order == ["t.csv.rejects.csv", "t.csv.json", "t.csv"]


def test_what_takes_its_place_is_on_the_disk_before(tmp_path, monkeypatch):
    """Each file is flushed before its rename, and the folder after it."""
    done, names, fsync, replace = [], {}, os.fsync, type(tmp_path).replace

    def flushed(handle):
        place = str(Path(f"/proc/self/fd/{handle}").readlink())
        done.append(("flush", place))
        return fsync(handle)

    def moved(one, to):
        names[str(to)] = str(one)
        done.append(("move", str(to)))
        return replace(one, to)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(type(tmp_path), "replace", moved)
    write_table(Table(np.zeros((1, 4), np.uint8), ["a"]), tmp_path / "t.csv")
    for name in ("t.csv", "t.csv.json"):
        at = done.index(("move", str(tmp_path / name)))
        assert ("flush", names[str(tmp_path / name)]) in done[:at]
        assert done[at + 1] == ("flush", str(tmp_path))


def test_what_the_last_check_raises_leaves_all_as_it_was(tmp_path):
    write_table(Table(np.zeros((1, 4), np.uint8), ["a"]), tmp_path / "t.csv")
    before = contents(tmp_path)

    def fail():
        raise TableError("not now")

    with (
        pytest.raises(TableError, match="not now"),
        table_writer(tmp_path / "t.csv", 4, None) as writer,
    ):
        writer.append(np.ones((1, 4), np.uint8), ["b"], [""], {})
        writer.rejects = [("x", "empty", "no bytes")]
        writer.last_check = fail
    assert contents(tmp_path) == before
