"""Searches that are disturbed: killed, robbed of workers, resumed."""

import csv
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from tests.kills import SKLIMG

GRID = ["--grid", "--param", "learning_rate=constant", "--folds", "0"]
GRID += ["--param", "max_iter=40,80"]


def outcome(run):
    """Return what two equal runs have in common: scores, weights, and trials but for times."""
    with Path(run, "trials.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    kept = [i for i, name in enumerate(rows[0]) if not name.endswith("_seconds")]
    trials = [[row[i] for i in kept] for row in rows]
    files = [Path(run, name).read_bytes() for name in ("metrics.json", "model/SHA256SUMS")]
    return trials, *files


def records(run):
    """Return the records of finished fits, by their files."""
    return {path: path.read_bytes() for path in Path(run, "journal").glob("*/*/*.json")}


def kill_and_resume(data, run, cwd, waits, words=GRID, jobs="-1"):
    """Start a search, kill and resume it after each of some waits, and let it end.

    A wait is a function of the process and the run. Returns how many kills fell, and how
    many finished fits were gone or made again.
    """
    n_kills = n_lost = 0
    run, before = Path(cwd, run), {}
    for wait in [*waits, None]:
        is_begun = (run / "config.json").exists()
        rest = ["--resume", run.name] if is_begun else [data, *words, "-o", run.name]
        command = [SKLIMG, "fit", "--jobs", jobs, *map(str, rest)]
        with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as fit:  # fmt: skip
            if wait is not None:
                wait(fit, run)
                fit.send_signal(signal.SIGKILL)
            said = fit.stderr.read().decode()
            code = fit.wait()
        assert code in (0, -signal.SIGKILL), said
        n_kills += code != 0
        now = records(run)
        n_lost += sum(now.get(path) != content for path, content in before.items())
        before = now
        if code == 0:
            break
    return n_kills, n_lost


def seconds(number):
    """Return a wait for some seconds."""
    return lambda fit, run: time.sleep(number)


def fits(number, more=0.0):
    """Return a wait until so many fits are recorded, and for some seconds more."""

    def wait(fit, run):
        while len(records(run)) < number and fit.poll() is None:
            time.sleep(0.01)
        time.sleep(more)

    return wait


def rob(data, run, cwd, backend, every, most=1000):
    """Run a search and kill one of its workers every few seconds; return kills, code and stderr."""
    command = [SKLIMG, "fit", str(data), *GRID, "--backend", backend, "-o", run]
    n_kills, said = 0, []
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as fit:  # fmt: skip
        reader = threading.Thread(target=lambda: said.extend(fit.stderr))
        reader.start()
        while fit.poll() is None:
            time.sleep(every)
            workers = workers_of(fit.pid, "LokyProcess" if backend == "loky" else "spawn_main")
            is_wanted = n_kills < most and records(Path(cwd, run))
            if workers and is_wanted and fit.poll() is None:
                os.kill(workers[n_kills % len(workers)], signal.SIGKILL)
                n_kills += 1
        reader.join()
    return n_kills, fit.returncode, "".join(said)


def workers_of(pid, word):
    """Return the processes below one whose command holds a word."""
    listing = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    family = {pid}
    for _ in range(6):
        family |= {int(child) for child, parent, _ in rows if int(parent) in family}
    return [int(child) for child, _, words in rows if int(child) in family and word in words]
