"""A search that is killed, or whose workers are, loses no finished fit."""

import signal
import subprocess
import time

import pytest

from sklimg.table import write_table
from tests.builders import bars, run_sklimg
from tests.kills import SKLIMG
from tests.searches import GRID, kill_and_resume, outcome, records, rob


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A working folder with a table t.csv and the undisturbed run whole."""
    folder = tmp_path_factory.mktemp("search")
    write_table(bars({"2": 150, "10": 150, "a": 150}, side=28), folder / "t.csv")
    assert run_sklimg("fit", "t.csv", *GRID, "-o", "whole", cwd=folder).returncode == 0
    return folder


def test_kills_cost_no_finished_fit(here):
    kills, lost = kill_and_resume("t.csv", "killed", here, [2.5, 3.2, 4.0])
    assert kills > 0
    assert lost == 0
    assert outcome(here / "killed") == outcome(here / "whole")


@pytest.mark.long
def test_a_dead_worker_costs_no_fit(here):
    kills, code, said = rob("t.csv", "robbed", here, "loky", 0.2, most=2)
    assert code == 0, said
    assert kills > 0, said
    assert outcome(here / "robbed") == outcome(here / "whole")


def test_ctrl_c_leaves_the_table_so_far_and_a_run_to_go_on_with(here):
    command = [SKLIMG, "fit", "t.csv", *GRID, "-o", "stopped", "--jobs", "2"]
    with subprocess.Popen(command, cwd=here, stderr=subprocess.PIPE, text=True) as fit:
        while len(records(here / "stopped")) < 3:
            time.sleep(0.02)
            assert fit.poll() is None, fit.stderr.read()
        fit.send_signal(signal.SIGINT)
        said = fit.stderr.read()
        assert fit.wait() == 130
    assert "Traceback" not in said
    assert "go on with: sklimg fit --resume stopped" in said
    rows = (here / "stopped" / "trials.csv").read_text().splitlines()
    assert len(rows) == 17
    assert any("not tried" in row for row in rows)
    before = records(here / "stopped")
    done = run_sklimg("fit", "--resume", "stopped", cwd=here)
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
