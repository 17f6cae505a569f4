"""Kill a command: at some moment, or at each of its calls that change a disk."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SKLIMG = str(Path(sys.executable).with_name("sklimg"))
CALLS = ("mkdir", "write", "pwrite64", "flock", "fsync", "rename", "unlink", "unlinkat", "rmdir")


def killed(words, after, cwd):
    """Start a command, kill it after some seconds, and say whether it was still running."""
    with subprocess.Popen([SKLIMG, *words], cwd=cwd, stderr=subprocess.DEVNULL) as run:
        time.sleep(after)
        run.send_signal(signal.SIGKILL)
        return run.wait() == -signal.SIGKILL


def each_kill(words, cwd, calls=CALLS):
    """Kill a command before its first call that changes a disk, then its second, and so on.

    Yields the call after each kill; after the last call of a kind, the command runs
    undisturbed and "none" is yielded.
    """
    if not shutil.which("strace"):
        pytest.skip("strace is not installed: a kill at every call cannot be made")
    for call in calls:
        for number in range(1, 1000):
            inject = f"inject={call}:signal=KILL:when={number}"
            trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
            run = subprocess.run([*trace, SKLIMG, *words], cwd=cwd, capture_output=True, text=True)
            if run.returncode == 0:
                yield "none"
                break
            if run.returncode not in (-signal.SIGKILL, 128 + signal.SIGKILL):
                pytest.skip(f"strace cannot trace here: {run.stderr[-200:]}")
            yield f"{call} {number}"


def children_of(pid):
    """Return the numbers of the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(number) for task in tasks for number in task.read_text().split()]
