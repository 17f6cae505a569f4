"""Workers do tasks, and lose none when one of them dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sklimg import workers
from sklimg.errors import OutputError
from sklimg.workers import Workers
from tests.searches import workers_of


def double(value):
    return 2 * value, os.getpid()


def die_once(value, marker):
    """Kill the worker that does the first task which gets here."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return value
    os.kill(os.getpid(), signal.SIGKILL)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def kind_of(array):
    is_mapped = isinstance(array, np.memmap)
    array[0] = 7  # for itself alone
    return is_mapped


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once(jobs):
    done = dict(Workers(jobs).run(double, [(value,) for value in range(9)]))
    assert {i: twice for i, (twice, _) in done.items()} == {i: 2 * i for i in range(9)}
    elsewhere = {pid for _, pid in done.values()} - {os.getpid()}
    assert bool(elsewhere) == (jobs > 1)


def test_a_death_costs_no_more_than_what_was_being_done(tmp_path):
    said = []
    robbed = Workers(2, lambda *words: said.append(words))
    tasks = [(value, str(tmp_path / "marker")) for value in range(12)]
    assert sorted(robbed.run(die_once, tasks)) == [(i, i) for i in range(12)]
    assert robbed.deaths == 1
    assert said == [
        ("warning", "a worker process died (1 so far); what was being done is done again")
    ]


def test_deaths_without_end_are_one_error(monkeypatch):
    monkeypatch.setattr(workers, "MOST_DEATHS", 4)
    said = []
    dying = Workers(2, lambda *words: said.append(words))
    with pytest.raises(OutputError, match="4 died one after another .* --jobs 1"):
        list(dying.run(die, [(), ()]))
    assert len(said) == 2  # at 1 and 2; of 4, the error tells


def test_large_arrays_are_mapped_and_stay_as_they_are():
    array = np.zeros(2**18, np.float64)
    assert [mapped for _, mapped in Workers(2).run(kind_of, [(array,)] * 3)] == [True] * 3
    assert not array.any()


def test_who_stops_asking_ends_what_is_being_done():
    results = Workers(2).run(time.sleep, [(0,), (600,), (600,)])
    assert next(results)[0] == 0
    start = time.monotonic()
    results.close()
    assert time.monotonic() - start < 60


def test_workers_go_when_their_master_is_killed(tmp_path):
    """Also the one that has no task."""
    code = (
        "from sklimg.workers import Workers\n"
        "from tests.test_workers import leave_pid\n"
        f"list(Workers(2).run(leave_pid, [({str(tmp_path)!r},)]))\n"
    )
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root) as master:
        while not list(tmp_path.iterdir()) or len(workers_of(master.pid, "LokyProcess")) < 2:
            time.sleep(0.05)
            assert master.poll() is None
        pids = workers_of(master.pid, "LokyProcess")
        master.kill()
    for _ in range(600):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return
        time.sleep(0.1)
    pytest.fail("workers live on without their master")


def leave_pid(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)
