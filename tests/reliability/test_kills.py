"""Killed at any moment, a command leaves the old thing or the new one."""

import re
import shutil
import signal
import subprocess
import time

import pytest

from sklimg.model import load
from tests.builders import noise, run_sklimg, write_images
from tests.kills import SKLIMG, each_kill


@pytest.fixture
def here(tmp_path):
    """A working folder with 300 pictures in photos."""
    write_images(tmp_path, {f"photos/{i % 3}/{i}.png": image for i, image in enumerate(noise(300))})
    return tmp_path


def half_made(place, pattern):
    """Return whether a killed command has left a partial with something in it."""
    return any(path.stat().st_size for path in place.glob(pattern))


def test_a_table_is_old_or_new(tmp_path):
    """Killed before each write and each rename; at least once, half of it was written."""
    write_images(tmp_path, {f"photos/{i}.png": image for i, image in enumerate(noise(3))})
    words = ["make-csv", "photos", "--jobs", "1", "--size"]
    for size, name in (("4", "old.csv"), ("8", "new.csv")):
        assert run_sklimg(*words, size, "-o", name, cwd=tmp_path).returncode == 0
    old, new = ((tmp_path / name).read_bytes() for name in ("old.csv", "new.csv"))
    (tmp_path / "t.csv").write_bytes(old)
    was_half_made = False
    for _ in each_kill([*words, "8", "-o", "t.csv"], tmp_path, ["write", "rename"]):
        was_half_made |= half_made(tmp_path, f".t.csv.{16 * '?'}.partial")
        found = (tmp_path / "t.csv").read_bytes()
        assert found in (old, new)
        (tmp_path / "t.csv").write_bytes(old)
    assert was_half_made
    assert found == new  # undisturbed
    assert not list(tmp_path.glob(".*"))


def test_between_the_renames_a_table_is_absent_or_whole_and_well_described(tmp_path):
    """Where the table is new, so are the words beside it; nothing of the killed is left."""
    write_images(tmp_path, {f"photos/{i}.png": image for i, image in enumerate(noise(3))})
    words = ["make-csv", "photos", "--size", "4", "--jobs", "1", "-o"]
    assert run_sklimg(*words, "whole.csv", cwd=tmp_path).returncode == 0
    parts = ("", ".json", ".rejects.csv")
    whole = [(tmp_path / f"whole.csv{part}").read_bytes() for part in parts]
    calls = []
    for call in each_kill([*words, "t.csv"], tmp_path, ["rename"]):
        calls.append(call)
        files = [tmp_path / f"t.csv{part}" for part in parts]
        left = [file.read_bytes() if file.exists() else None for file in files]
        assert all(one in (None, new) for one, new in zip(left, whole, strict=True))
        assert left[0] is None or left == whole
        for file in files:
            file.unlink(missing_ok=True)
    assert calls == ["rename 1", "rename 2", "rename 3", "none"]
    assert left == whole
    assert not list(tmp_path.glob(".*"))


def test_a_folder_of_tiles_is_absent_or_whole(tmp_path):
    """Killed before each write and the rename; at least once, some tiles were written."""
    write_images(tmp_path, {"sheet.png": noise(1, (40, 40))[0]})
    words = ["split-images", "sheet.png", "--rows", "1", "--cols", "3", "-o"]
    assert run_sklimg(*words, "whole", cwd=tmp_path).returncode == 0
    whole = contents(tmp_path / "whole")
    assert len(whole) == 3 + 3  # with the tables of tiles, sheets and rejects
    was_half_made, tiles = False, tmp_path / "tiles"
    for _ in each_kill([*words, "tiles"], tmp_path, ["write", "rename"]):
        was_half_made |= half_made(tmp_path, ".tiles.*.partial/*")
        is_there = tiles.exists()
        if is_there:
            assert contents(tiles) == whole
            shutil.rmtree(tiles)
    assert was_half_made
    assert is_there  # undisturbed
    assert not list(tmp_path.glob(".*"))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def interrupted_fit(here, *options):
    """Return the process of a fit that got Ctrl-C in its epochs, and what it said then."""
    words = [SKLIMG, "fit", "photos", "--param", "max_iter=5000", "--param", "tol=0", "-o", "run"]
    words += ["--features", "pixels", *options]
    with subprocess.Popen(words, cwd=here, stderr=subprocess.PIPE, text=True) as run:
        while "split" not in run.stderr.readline():
            assert run.poll() is None
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
    assert run.returncode == 130
    assert not list(here.glob(".*"))
    return rest


def test_ctrl_c_is_130_and_leaves_nothing(here):
    assert interrupted_fit(here, "--model", "sklearn-mlp").endswith("error: interrupted\n")
    assert not (here / "run").exists()


def test_ctrl_c_in_the_epochs_of_our_mlp_is_130_and_leaves_a_run(here):
    said = interrupted_fit(here)
    assert re.search(r"warning   interrupted after \d+ epochs; the model has the weights", said)
    assert len(load(here / "run").classes) > 1
