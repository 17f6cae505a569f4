"""A Dask cluster on this machine: a scheduler and workers of their own, on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from sklimg import cluster
from sklimg.cluster import open_workers
from sklimg.errors import OutputError, UsageError
from sklimg.table import write_table
from tests.builders import bars, noise, run_sklimg, write_images

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[1]
GRID = ["--param", "alpha=0.001,0.01,0.1,1", "--param", "max_iter=5", "--folds", "0"]
DASK = ["--backend", "dask", "--address"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def silent(topic, text):
    """Tell nobody."""


@contextmanager
def started(*words, env=None):
    """Run a program of Dask in the background."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    process = subprocess.Popen([str(BIN / "dask"), *map(str, words)], env=environment,
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port):
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the scheduler does not come up")


@contextmanager
def running(tmp_path, n_workers=2, protocol="tcp", tls=(), env=None):
    """Yield the address, the scheduler and its workers."""
    port = free_port()
    address = f"{protocol}://127.0.0.1:{port}"
    place = ["--host", f"{protocol}://127.0.0.1"]
    with ExitStack() as stack:
        command = ("scheduler", *place, "--port", port, "--no-dashboard", "--no-show", *tls)
        scheduler = stack.enter_context(started(*command, env=env))
        wait_for(port)
        how = ["--nthreads", 1, "--no-dashboard", "--no-nanny", "--local-directory", tmp_path]
        workers = [stack.enter_context(started("worker", address, *place, *how, *tls, env=env))
                   for _ in range(n_workers)]  # fmt: skip
        yield address, scheduler, workers


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Two workers, and a folder with a table t.csv and photos."""
    folder = tmp_path_factory.mktemp("cluster")
    write_table(bars({"2": 20, "10": 20, "a": 20}), folder / "t.csv")
    pictures = {f"photos/{i % 3}/{i}.png": image for i, image in enumerate(noise(40))}
    write_images(folder, pictures)
    (folder / "photos" / "0" / "bad.png").write_text("no picture")
    with running(folder) as (address, *_):
        yield folder, address


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What comes of the search by one process here."""
    folder = tmp_path_factory.mktemp("alone")
    write_table(bars({"2": 20, "10": 20, "a": 20}), folder / "t.csv")
    words = ["fit", "t.csv", *GRID, "-o", "run", "--jobs", "1"]
    assert run_sklimg(*words, cwd=folder).returncode == 0
    return results(folder / "run")


def results(run):
    return [(run / name).read_bytes() for name in ("metrics.json", "model/SHA256SUMS")]


def test_a_search_on_a_cluster_is_the_search(here, alone):
    folder, address = here
    done = run_sklimg("fit", "t.csv", *GRID, "-o", "both", *DASK, address, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"cluster   {address}: 2 Dask workers" in done.stderr
    assert results(folder / "both") == alone


def test_a_table_made_on_a_cluster_is_the_table(here):
    folder, address = here
    words = ["make-csv", "photos", "--size", "8", "-o"]
    for name, where in (("a.csv", ["--jobs", "1"]), ("b.csv", [*DASK, address])):
        done = run_sklimg(*words, name, *where, cwd=folder)
        assert done.returncode == 4, done.stderr  # with one reject
    for part in ("", ".rejects.csv"):
        assert (folder / f"a.csv{part}").read_bytes() == (folder / f"b.csv{part}").read_bytes()


def pid_of(_):
    time.sleep(0.05)
    return os.getpid()


def test_work_is_done_by_all_workers_and_not_here(here):
    with open_workers("dask", -1, here[1], silent) as workers:
        shared = workers.share(np.zeros(1000))
        pids = [pid for _, pid in workers.run(pid_of, [(shared,)] * 12)]
    assert len(pids) == 12
    assert len(set(pids)) == 2
    assert os.getpid() not in pids


def fail(value):
    raise ZeroDivisionError(f"of {value}")


def test_an_error_of_a_task_is_raised(here):
    with open_workers("dask", -1, here[1], silent) as workers:
        with pytest.raises(ZeroDivisionError, match="of 3"):
            list(workers.run(fail, [(3,)]))
        assert dict(workers.run(pid_of, [(0,)]))  # it goes on


def test_other_versions_are_refused(here, monkeypatch):
    plain = cluster.version
    monkeypatch.setattr(cluster, "version", lambda n: "1.0" if n == "numpy" else plain(n))
    with (
        pytest.raises(OutputError, match=r"expected numpy 1\.0 as here, got "),
        open_workers("dask", -1, here[1], silent),
    ):
        pass


def test_a_worker_that_dies_costs_no_fit(tmp_path, alone):
    write_table(bars({"2": 20, "10": 20, "a": 20}), tmp_path / "t.csv")
    with running(tmp_path) as (address, _, workers):
        words = ["fit", "t.csv", *GRID, "-o", "run", *DASK, address]
        with subprocess.Popen([str(BIN / "sklimg"), *words], cwd=tmp_path,
                              stderr=subprocess.PIPE) as fit:  # fmt: skip
            while not list(tmp_path.glob("run/journal/search/*/*.json")):
                time.sleep(0.02)
                assert fit.poll() is None, fit.stderr.read()
            workers[0].kill()
            assert fit.wait() == 0, fit.stderr.read()
    assert results(tmp_path / "run") == alone


def test_when_the_scheduler_dies_the_journal_is_good(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_LOST_SECONDS", 0.5)
    with (
        running(tmp_path, 1) as (address, scheduler, _),
        open_workers("dask", -1, address, silent) as workers,
    ):
        done = workers.run(pid_of, [(i,) for i in range(400)])
        next(done)
        scheduler.kill()
        with pytest.raises(OutputError, match=r"the scheduler is gone; .* --resume"):
            list(done)


@pytest.mark.long
def test_a_search_whose_scheduler_dies_ends_with_its_code(tmp_path):
    write_table(bars({"2": 20, "10": 20, "a": 20}), tmp_path / "t.csv")
    with running(tmp_path) as (address, scheduler, _):
        words = ["fit", "t.csv", *GRID, "--param", "beta_1=0.7,0.8,0.9", "-o", "run"]
        with subprocess.Popen([str(BIN / "sklimg"), *words, *DASK, address], cwd=tmp_path,
                              stderr=subprocess.PIPE, text=True) as fit:  # fmt: skip
            while not list(tmp_path.glob("run/journal/search/*/*.json")):
                time.sleep(0.02)
                assert fit.poll() is None, fit.stderr.read()
            scheduler.kill()
            said = fit.stderr.read()
            assert fit.wait() == 6, said
    assert said.splitlines()[-1].startswith("error: cluster: ")
    assert "Traceback" not in said
    assert run_sklimg("fit", "--resume", "run", cwd=tmp_path).returncode == 0


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_kills_its_workers_ends_in_an_error(monkeypatch):
    monkeypatch.setattr(cluster, "MOST_DEATHS", 3)
    said = []
    with (
        open_workers("dask", 1, None, lambda *words: said.append(words)) as workers,
        pytest.raises(OutputError, match="workers died 3 times with nothing done between"),
    ):
        list(workers.run(die, [()]))
    assert len(said) == 2


def test_when_no_worker_is_left_it_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_IDLE_SECONDS", 1)
    with (
        running(tmp_path, 1) as (address, _, dask_workers),
        open_workers("dask", -1, address, silent) as workers,
    ):
        done = workers.run(pid_of, [(i,) for i in range(400)])
        next(done)
        dask_workers[0].kill()
        with pytest.raises(OutputError, match="no worker is left"):
            list(done)


def test_a_cluster_of_its_own_is_gone_afterwards():
    with open_workers("dask", 1, None, silent) as workers:
        assert workers.n == 1
        ((_, pid),) = workers.run(pid_of, [(0,)])
        assert pid != os.getpid()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("backend", "address", "part"),
    [
        ("dask", "tcp://10.0.0.1:8786", "expected tls:// for another host, got"),
        ("dask", "tcp://example.org:8786", "expected tls:// for another host, got"),
        ("dask", "10.0.0.1:8786", "expected tls://host:port, or tcp"),
        ("dask", "http://127.0.0.1:1", "expected tls://host:port, or tcp"),
        ("dask", "tls://host", "expected tls://host:port, or tcp"),
        ("dask", "tls://host:x", "expected tls://host:port, or tcp"),
        ("loky", "tls://host:1", "address: expected --backend dask with it"),
        ("spark", None, "backend: expected one of loky, dask, got 'spark'"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(backend, address, part):
    with pytest.raises(UsageError, match=part), open_workers(backend, 1, address, silent):
        pass


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_an_unreachable_address_is_told(protocol, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    address = f"{protocol}://127.0.0.1:{free_port()}"
    with (
        pytest.raises(OutputError, match=f"{address}: cannot be reached: .* running"),
        open_workers("dask", 1, address, silent),
    ):
        pass


@pytest.mark.long
def test_a_cluster_speaks_tls(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: there are no certificates")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command = [*make, "-keyout", key, "-out", certificate, *subject]
    subprocess.run(command, check=True, capture_output=True)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    env = {f"{tls}CA_FILE": str(certificate)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        env |= {f"{tls}{role}__KEY": str(key), f"{tls}{role}__CERT": str(certificate)}
    write_table(bars({"2": 10, "10": 10}), tmp_path / "t.csv")
    with running(tmp_path, 1, "tls", env=env) as (address, *_):
        words = [str(BIN / "sklimg"), "fit", "t.csv", *GRID, "-o", "run", *DASK, address]
        done = subprocess.run(words, cwd=tmp_path, env={**os.environ, **env}, capture_output=True)
        assert done.returncode == 0, done.stderr
        words[words.index("run")] = "other"
        refused = subprocess.run(words, cwd=tmp_path, capture_output=True)
        assert refused.returncode == 6
        assert b"DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in refused.stderr
