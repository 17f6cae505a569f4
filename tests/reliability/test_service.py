"""A service that is killed: what it acknowledged is there, and the old model or the new one."""

import os
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest

from tests.kills import SKLIMG, children_of
from tests.serve.test_jobs import pictures
from tests.serving import Served, command
from tests.uploads import bring, check_kept

CALLS = "trace=openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"


@pytest.fixture(scope="module")
def run(run_with_table):
    return run_with_table


def test_acknowledged_uploads_survive_kills(run, tmp_path):
    acknowledged = bring(run, tmp_path, 60, 2, np.random.default_rng(0))
    check_kept(tmp_path, acknowledged, 60)


def test_a_retrain_that_dies_with_the_service_leaves_the_old_model(run, tmp_path):
    with command(run, "--data", "kept", cwd=tmp_path) as (_, served):
        first = served.ask("GET", "/model").json["id"]
        assert served.upload(*pictures()).status == 200
    with command(run, "--data", "kept", cwd=tmp_path) as (process, served):
        job = served.retrain().json["id"]
        time.sleep(1)
        process.kill()
        process.wait()
    with command(run, "--data", "kept", cwd=tmp_path) as (_, served):
        assert served.ask("GET", f"/jobs/{job}").json["status"] == "interrupted"
        assert served.ask("GET", "/model").json["id"] == first
        assert [p.name for p in (tmp_path / "kept" / "runs").iterdir()] == [first]
        assert served.ended(served.retrain().json["id"])["status"] == "done"


def test_nothing_is_written_outside_of_the_folder(run, tmp_path):
    """By the service and by what it starts, whatever uploads are called."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed: what is written cannot be seen")
    trace, here = tmp_path / "trace", tmp_path / "here"
    here.mkdir()
    words = [SKLIMG, "serve", "-m", str(run), "--port", "0", "--data", "kept", "-q"]
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(trace), "-e", CALLS, *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(strace, cwd=here, **pipes) as process:
        line = process.stdout.readline()
        if not line:
            pytest.skip("strace cannot trace here")
        token = (here / "kept" / "token").read_text().strip()
        served = Served(int(line.rsplit(":", 1)[1]), token=token)
        files, labels = pictures()
        names = [b"../../evil.png", b"/tmp/evil.png", b"..\\evil", b"a\0b"] * len(files)
        assert served.upload(files, ["../x", *labels[1:]], names[: len(files)]).status == 200
        assert served.ended(served.retrain().json["id"])["status"] in ("done", "refused")
        for child in children_of(process.pid):
            os.kill(child, signal.SIGTERM)
        assert process.wait(30) == 0
    outside = []
    for line in trace.read_text(errors="replace").splitlines():
        is_written = re.search(
            r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC| (mkdir|rename|link|symlink)", line
        )
        if is_written and not re.search(r" = -1 E", line):
            paths = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
            outside += [path for path in paths[-1:] if not _is_inside(path, here)]
    assert outside == []
    assert sorted(path.name for path in here.iterdir()) == ["kept"]


def _is_inside(path, here):
    is_device = path.startswith(("/dev/", "/proc/", "/sys/"))
    return is_device or (here / path).resolve().is_relative_to(here / "kept")


def test_two_services_do_not_share_a_folder(run, tmp_path):
    with command(run, "--data", "kept", cwd=tmp_path) as (process, _):
        words = [SKLIMG, "serve", "-m", str(run), "--port", "0", "--data", "kept"]
        second = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert second.returncode == 6
        assert "a service uses it" in second.stderr
        assert second.stderr.count("\n") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
