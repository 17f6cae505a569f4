"""Killed at any moment, a command leaves the old thing or the new one."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.builders import noise, run_sklimg, write_images

SKLIMG = str(Path(sys.executable).with_name("sklimg"))


def killed(words, after, cwd):
    """Start a command, kill it after some seconds, and say whether it was still running."""
    with subprocess.Popen([SKLIMG, *words], cwd=cwd, stderr=subprocess.DEVNULL) as run:
        time.sleep(after)
        run.send_signal(signal.SIGKILL)
        return run.wait() == -signal.SIGKILL


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
    for share in np.linspace(0.3, 1, 6):
        n_killed += killed([*words, "--size", "64"], share * whole_seconds, here)
        assert (here / "t.csv").read_bytes() in (old, new)
    assert n_killed > 0
    run_sklimg(*words, "--size", "64", cwd=here)
    assert (here / "t.csv").read_bytes() == new


def test_a_folder_of_tiles_is_absent_or_whole(here):
    words = ["split-images", "sheet.png", "--rows", "30", "--cols", "30", "-o"]
    start = time.perf_counter()
    run_sklimg(*words, "whole", cwd=here)
    whole_seconds = time.perf_counter() - start
    for i, share in enumerate(np.linspace(0.3, 1, 6)):
        killed([*words, f"tiles{i}"], share * whole_seconds, here)
        out = here / f"tiles{i}"
        assert not out.exists() or len(list(out.iterdir())) == 903
    assert len(list((here / "whole").iterdir())) == 903


def test_ctrl_c_is_130_and_leaves_nothing(here):
    words = [SKLIMG, "fit", "photos", "--param", "max_iter=5000", "--param", "tol=0", "-o", "run"]
    with subprocess.Popen(words, cwd=here, stderr=subprocess.PIPE, text=True) as run:
        while "split" not in run.stderr.readline():
            assert run.poll() is None
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
    assert run.returncode == 130
    assert rest.endswith("error: interrupted\n")
    assert not (here / "run").exists()
    assert not list(here.glob(".*"))
