"""A search that is killed, or whose workers are, loses no finished fit."""

import signal
import subprocess
import time

import pytest

from sklimg.table import write_table
from tests.builders import bars, run_sklimg
from tests.kills import SKLIMG
from tests.searches import GRID, fits, kill_and_resume, outcome, records, rob

SMALL = ["--param", "learning_rate=constant", "--param", "hidden_layer_sizes=20,40"]
SMALL += ["--param", "max_iter=30,60", "--features", "pixels", "--folds", "0"]
N_FITS = 4 * 5  # candidates and folds


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A working folder with a table t.csv and the undisturbed run whole."""
    folder = tmp_path_factory.mktemp("search")
    write_table(bars({"2": 80, "10": 80, "a": 80}, side=12), folder / "t.csv")
    assert (
        run_sklimg("fit", "t.csv", *SMALL, "--jobs", "1", "-o", "whole", cwd=folder).returncode == 0
    )
    assert len(records(folder / "whole")) == N_FITS
    return folder


def begun_to_write(fit, run):
    """Wait until the first of many files stands beside the records."""
    while not (run / "environment.json").exists() and fit.poll() is None:
        time.sleep(0.001)
    assert not (run / "model").exists()  # it comes last


def test_kills_cost_no_finished_fit(here):
    """Among the first fits, among the last, and while the run is written."""
    waits = [fits(2), fits(13), begun_to_write]
    assert kill_and_resume("t.csv", "killed", here, waits, SMALL, jobs="1") == (3, 0)
    assert outcome(here / "killed") == outcome(here / "whole")


@pytest.mark.long
def test_a_dead_worker_costs_no_fit(here):
    assert run_sklimg("fit", "t.csv", *GRID, "-o", "plain", cwd=here).returncode == 0
    kills, code, said = rob("t.csv", "robbed", here, "loky", 0.2, most=2)
    assert code == 0, said
    assert kills > 0, said
    assert outcome(here / "robbed") == outcome(here / "plain")


def test_ctrl_c_leaves_the_table_so_far_and_a_run_to_go_on_with(here):
    command = [SKLIMG, "fit", "t.csv", *SMALL, "-o", "stopped", "--jobs", "2"]
    with subprocess.Popen(command, cwd=here, stderr=subprocess.PIPE, text=True) as fit:
        while len(records(here / "stopped")) < 2:
            time.sleep(0.02)
            assert fit.poll() is None, fit.stderr.read()
        fit.send_signal(signal.SIGINT)
        said = fit.stderr.read()
        assert fit.wait() == 130
    assert "Traceback" not in said
    assert "go on with: sklimg fit --resume stopped" in said
    rows = (here / "stopped" / "trials.csv").read_text().splitlines()
    assert len(rows) == 1 + 4
    assert any("not tried" in row for row in rows)
    before = records(here / "stopped")
    done = run_sklimg("fit", "--resume", "stopped", "--jobs", "1", cwd=here)
    assert done.returncode == 0, done.stderr
    after = records(here / "stopped")
    assert all(after[path] == content for path, content in before.items())
    assert outcome(here / "stopped") == outcome(here / "whole")


def test_a_finished_run_has_nothing_left_to_do(here):
    before = {path: path.stat().st_mtime_ns for path in (here / "whole").rglob("*")}
    done = run_sklimg("fit", "--resume", "whole", cwd=here)
    assert done.returncode == 0
    assert "is finished; nothing is left to do" in done.stderr
    assert done.stdout.startswith("test      accuracy ")
    assert {path: path.stat().st_mtime_ns for path in (here / "whole").rglob("*")} == before
