"""Killed at any moment, a command leaves the old thing or the new one."""

import re
import signal
import subprocess
import time

import pytest

from sklimg.model import load
from tests.builders import noise, run_sklimg, write_images
from tests.kills import SKLIMG, each_kill, killed


@pytest.fixture
def here(tmp_path):
    """A working folder with 300 pictures in photos and a sheet."""
    pictures = {f"photos/{i % 3}/{i}.png": image for i, image in enumerate(noise(300))}
    write_images(tmp_path, pictures | {"sheet.png": noise(1, (400, 400))[0]})
    return tmp_path


def test_a_table_is_old_or_new(here):
    words = ["make-csv", "photos", "-o", "t.csv"]
    assert run_sklimg(*words, "--size", "4", cwd=here).returncode == 0
    old = (here / "t.csv").read_bytes()
    start = time.perf_counter()
    run_sklimg(*words, "--size", "64", "-o", "whole.csv", cwd=here)
    whole_seconds = time.perf_counter() - start
    new = (here / "whole.csv").read_bytes()
    n_killed = 0
    for share in (0.5, 0.75, 1):
        n_killed += killed([*words, "--size", "64"], share * whole_seconds, here)
        assert (here / "t.csv").read_bytes() in (old, new)
    assert n_killed > 0
    run_sklimg(*words, "--size", "64", cwd=here)
    assert (here / "t.csv").read_bytes() == new
    assert not list(here.glob(".*"))


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


def test_a_folder_of_tiles_is_absent_or_whole(here):
    words = ["split-images", "sheet.png", "--rows", "12", "--cols", "12", "-o"]
    start = time.perf_counter()
    run_sklimg(*words, "whole", cwd=here)
    whole_seconds = time.perf_counter() - start
    for share in (0.5, 0.75, 1):
        out = here / "tiles"
        killed([*words, "tiles"], share * whole_seconds, here)
        assert not out.exists() or len(list(out.iterdir())) == 147
        if out.exists():
            out.rename(here / f"tiles{share}")
    assert len(list((here / "whole").iterdir())) == 147
    assert run_sklimg(*words, "tiles", cwd=here).returncode == 0
    assert not list(here.glob(".*"))


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
