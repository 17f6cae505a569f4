"""Searches that are killed at random moments, or robbed of workers: the long form."""

import shutil
import time

import numpy as np
import pytest

from sklimg.table import write_table
from tests.builders import bars, run_sklimg
from tests.kills import each_kill
from tests.searches import GRID, kill_and_resume, outcome, records, rob, seconds

N_KILLS = 50


@pytest.fixture(scope="module")
def vectors(shared):
    return shared / "sheets" / "sheet_vectors.csv"


@pytest.fixture(scope="module")
def whole(vectors, tmp_path_factory):
    """The undisturbed run, and how long it took."""
    folder = tmp_path_factory.mktemp("whole")
    start = time.perf_counter()
    assert run_sklimg("fit", vectors, *GRID, "-o", "run", cwd=folder).returncode == 0
    return outcome(folder / "run"), time.perf_counter() - start


@pytest.mark.long
def test_kills_and_resumes_of_a_search(vectors, whole, tmp_path, seed, case):
    expected, whole_seconds = whole
    rng, n_killed, number = np.random.default_rng(seed), 0, 0
    while n_killed < N_KILLS:
        number += 1
        waits = [seconds(s) for s in rng.uniform(0.5, whole_seconds + 0.5, size=8)]
        kills, lost = kill_and_resume(vectors, f"run{number}", tmp_path, waits)
        n_killed += kills
        case(lost == 0, f"{lost} fits lost in run {number}")
        case(outcome(tmp_path / f"run{number}") == expected, f"run {number} differs")
        for _ in range(kills):
            case(True, "a kill")


@pytest.mark.long
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_a_worker_killed_every_3_seconds(vectors, whole, tmp_path, case, backend):
    kills, code, said = rob(vectors, "run", tmp_path, backend, 3)
    case(kills > 0, "no worker was killed")
    case(code == 0, said[-300:])
    case(outcome(tmp_path / "run") == whole[0], "the run differs")


@pytest.mark.long
def test_jobs_and_backends_change_nothing(vectors, whole, tmp_path, case):
    for number, words in enumerate((["--jobs", "1"], ["--jobs", "2"], ["--backend", "dask"])):
        name = f"run{number}"
        done = run_sklimg("fit", vectors, *GRID, *words, "-o", name, cwd=tmp_path)
        case(done.returncode == 0 and outcome(tmp_path / name) == whole[0], " ".join(words))


@pytest.mark.long
def test_a_kill_of_a_search_at_every_rename(tmp_path, case):
    """Records, settings, files of the run and its model: each comes by a rename."""
    write_table(bars({"2": 12, "10": 12}), tmp_path / "t.csv")
    quick = ["--param", "alpha=0.1,1", "--param", "max_iter=3", "--folds", "0", "--jobs", "1"]
    assert run_sklimg("fit", "t.csv", *quick, "-o", "whole", cwd=tmp_path).returncode == 0
    expected = outcome(tmp_path / "whole")
    for call in each_kill(["fit", "t.csv", *quick, "-o", "run"], tmp_path, ["rename"]):
        before = records(tmp_path / "run")
        if (tmp_path / "run").exists():
            done = run_sklimg("fit", "--resume", "run", cwd=tmp_path)
            case(done.returncode == 0, f"{call}: {done.stderr[-200:]}")
            after = records(tmp_path / "run")
            case(all(after.get(p) == c for p, c in before.items()), f"{call}: fits lost")
            case(outcome(tmp_path / "run") == expected, f"{call}: the run differs")
            shutil.rmtree(tmp_path / "run")
        case(not list(tmp_path.glob(".*")) or call != "none", f"{call}: something is left")
