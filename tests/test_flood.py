"""The flood test: tools/flood.py and the users of tools/locustfile.py."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from tests.builders import noise, write_images
from tests.figures import texts_cut_off, texts_of
from tests.kills import children_of

TOOLS = Path(__file__).parents[1] / "tools"
SHORT = ("--users", "4", "--seconds", "1", "--warm-up", "0")
RIGHT = {
    "label": "7",
    "probability": 0.9,
    "rejected": False,
    "top": [{"label": "7", "probability": 0.9}],
}


def processes_of(place):
    """Return the numbers of the processes that were started with a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if os.fsencode(place) in path.read_bytes():
                found.append(int(path.parent.name))
    return sorted(found)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder that a flood works in; nothing is left in it, and no process."""
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert processes_of(folder) == []
    assert list(folder.iterdir()) == []


@pytest.fixture
def tools(monkeypatch):
    """The modules of tools, by name."""
    monkeypatch.syspath_prepend(TOOLS)
    return __import__


@pytest.fixture
def flood(tools, place):
    """Run the program in this process: flood("-m", run, ...) gives click's result."""

    def run(*words):
        return CliRunner().invoke(tools("flood").flood, [str(word) for word in words])

    return run


@pytest.fixture
def dead_url():
    """Where nobody answers."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # taken, but not listened on
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@contextmanager
def answering(*answers):
    """Answer with a status and a body, one after the other; yield the URL and headers seen."""
    seen, number = [], count()

    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1  # head and body at once: TCP holds small second pieces back

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers)))
            status, body = answers[next(number) % len(answers)]
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def locust(*words, cwd, **told):
    """Run the plain file for a second with Locust itself; return what it says and its record."""
    command = [sys.executable, "-m", "locust", "-f", TOOLS / "locustfile.py", "--headless"]
    command += ["-u", "2", "-r", "2", "-t", "1s", "--stop-timeout", "9"]
    command += ["--only-summary", "--record", "record.json"]
    done = subprocess.run(
        [*map(str, command), *map(str, words)],
        cwd=cwd,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
    )
    record = Path(cwd, "record.json")
    return done, json.loads(record.read_text()) if record.exists() else None


@pytest.fixture
def run_dir(bars_run):
    """A run to serve."""
    return bars_run.path


def test_a_flood_is_a_table_and_a_folder(run_dir, flood, tmp_path):
    photos = write_images(tmp_path / "photos", {f"{i}.png": p for i, p in enumerate(noise(5))})
    (photos / ".DS_Store").write_bytes(b"left behind")
    words = ["--images", photos, "--per-request", "3", "-o", tmp_path / "out"]
    gates = ["--max-p99", "60000", "--max-failures", "0"]
    done = flood("-m", run_dir, "--replicas", "1,2", *SHORT, *words, *gates)
    assert done.exit_code == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.split() == [
        *("replicas", "users", "requests", "requests/s"),
        *("p50", "ms", "p95", "ms", "p99", "ms", "failures", "client"),
    ]
    assert [line.split()[:2] for line in lines] == [["1", "4"], ["2", "4"]]
    assert "images    5, as given" in done.stderr
    assert done.stderr.count("started   http://127.0.0.1:") == 2
    with (tmp_path / "out" / "flood.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row, line in zip(rows, lines, strict=True):
        requests, right_a_second, p50, p95, p99, failures, client = map(float, line.split()[2:])
        assert (requests, failures) == (float(row["requests"]), 0)
        assert requests > 0
        assert right_a_second == pytest.approx(float(row["requests_per_second"]), abs=0.06)
        waits = [1000 * float(row[f"{name}_seconds"]) for name in ("p50", "p95", "p99")]
        assert [p50, p95, p99] == pytest.approx(waits, abs=0.06)
        assert 0 < waits[0] <= waits[1] <= waits[2]
        assert client == pytest.approx(float(row["client_share"]), abs=0.006)
        assert 0 < client < 1.5
    with Image.open(tmp_path / "out" / "flood.png") as picture:
        assert picture.width > 1000
    ran_on = (tmp_path / "out" / "machine.txt").read_text().strip()
    assert f"machine   {ran_on}" in done.stderr
    assert "cores, Python" in ran_on
    assert "locust" in ran_on


def test_a_gate_that_is_crossed_is_told_with_its_line(flood, tmp_path):
    with answering((200, {"predictions": [RIGHT]})) as (url, _):
        done = flood("--url", url, *SHORT, "--max-p99", "0.01", "-o", tmp_path / "out")
    assert done.exit_code == 7
    assert done.stderr.splitlines()[-1].startswith(
        "error: 1 replica, 4 users: expected a p99 of at most 0.01 ms, got "
    )
    assert (tmp_path / "out" / "flood.csv").exists()


def test_failures_are_counted_and_have_a_gate(flood, dead_url):
    done = flood("--url", dead_url, *SHORT, "--max-failures", "0.25", "--max-p99", "9")
    assert done.exit_code == 7
    n = int(done.stdout.splitlines()[1].split()[2])
    assert n > 0
    assert done.stdout.splitlines()[1].split()[3:8] == ["0.0", "-", "-", "-", str(n)]
    assert f"1 replica, 4 users: no answer: ConnectionRefusedError ({n}x)" in done.stderr
    error = done.stderr.splitlines()[-1]
    assert error.startswith("error: 1 replica, 4 users: expected at most 25.00% failures, ")
    assert f"got {n} of {n}, {n - n / 4:g} more" in error


def test_nothing_but_failures_is_no_pass(flood, dead_url):
    done = flood("--url", dead_url, *SHORT, "--max-p99", "9")
    assert done.exit_code == 6
    assert "4 users: expected right answers, got " in done.stderr.splitlines()[-1]


def test_ctrl_c_ends_all_that_was_started(run_dir, place):
    command = [sys.executable, TOOLS / "flood.py", "-m", run_dir, "--replicas", "2"]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while len(processes_of(place)) < 3:  # two services and Locust
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        assert children_of(process.pid) == processes_of(place)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (130, "error: interrupted")


def test_a_service_that_ends_is_an_error(run_dir, flood, tools, place, monkeypatch):
    def kill_one(*_, **__):
        pid = processes_of(place)[0]
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return {"processor_share": 0.1, "requests": [(0, 0.1, "")]}

    monkeypatch.setattr(tools("flood"), "ask", kill_one)
    done = flood("-m", run_dir, "--replicas", "1", *SHORT)
    assert done.exit_code == 6
    assert "error: sklimg serve: expected it to run on, it ended with -9" in done.stderr


def test_a_model_that_is_refused_is_told_as_the_service_tells_it(flood, tmp_path):
    done = flood("-m", tmp_path / "nowhere", *SHORT)
    assert done.exit_code == 5
    assert done.stderr.splitlines()[-1].startswith(f"error: {tmp_path / 'nowhere'}: ")


def test_without_locust_it_says_how_to_get_it(flood, run_dir, monkeypatch):
    monkeypatch.setitem(sys.modules, "locust", None)
    done = flood("-m", run_dir, *SHORT)
    assert done.exit_code == 6
    assert "pip install 'sklimg[load]'" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere", r"nowhere: no such file or folder"),
        ("empty", r"empty: expected images, found none; name a folder"),
        ("mixed", r"mixed/b.txt"),
        ("mixed/b.txt", r"mixed/b.txt"),
        ("linked", r"linked: b.png: expected an image, got "),
    ],
)
def test_what_is_no_sample_is_refused_before_anything_starts(flood, tmp_path, name, told):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").write_bytes(b"left behind")
    write_images(tmp_path / "mixed", {"a.png": noise(1)[0]})
    (tmp_path / "mixed" / "b.txt").write_text("no image")
    write_images(tmp_path / "linked", {"a.png": noise(1)[0]})
    (tmp_path / "linked" / "b.png").symlink_to(tmp_path / "mixed" / "a.png")
    done = flood("-m", "nowhere", "--images", tmp_path / name, *SHORT)
    assert (done.exit_code, done.stdout) == (3, "")
    assert told in done.stderr
    done, record = locust("--images", tmp_path / name, cwd=tmp_path)
    assert (done.returncode, record) == (3, None)
    assert f"error: {tmp_path}/" in done.stderr
    assert told in done.stderr


def test_a_locust_that_fails_is_an_error(flood, tools, tmp_path, monkeypatch, dead_url):
    (tmp_path / "broken.py").write_text("import sys\nsys.exit('it broke')\n")
    monkeypatch.setattr(tools("flood"), "LOCUSTFILE", tmp_path / "broken.py")
    done = flood("--url", dead_url, *SHORT)
    assert done.exit_code == 6
    assert "error: locust: expected a record of all requests, got exit code 1: " in done.stderr


def test_no_request_at_all_is_an_error(flood, tools, monkeypatch, dead_url):
    nothing = {"processor_share": 0.0, "requests": []}
    monkeypatch.setattr(tools("flood"), "ask", lambda *_, **__: nothing)
    done = flood("--url", dead_url, *SHORT, "--max-p99", "9", "--max-failures", "0")
    assert done.exit_code == 6
    assert "expected requests in 1 s, there was none" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--url", "http://a", "-m", "run"), "--url: expected it without -m and --replicas"),
        (("--url", "http://a", "--replicas", "2"), "--url: expected it without"),
        (("--url", "http://a,http://b"), "expected a URL such as"),
        (("--url", "a:8000"), "expected a URL such as"),
        (("--users", "2"), "--users: expected at least 3, one for each replica, got 2"),
        (("--users", "0"), "expected numbers from 1 to 99999"),
        (("--replicas", "1,"), "expected numbers from 1 to 99999"),
        (("--max-failures", "1.5"), "expected a number such as 5 or a share"),
        (("--max-failures", "-1"), "expected a number such as 5 or a share"),
    ],
)
def test_what_cannot_be_meant_is_refused(flood, words, told):
    done = flood(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_folder_with_files_is_not_written_to(flood, tmp_path):
    (tmp_path / "kept").write_text("mine")
    assert flood("-m", "run", "-o", tmp_path).exit_code == 2


def test_the_plain_file_reads_every_answer(tmp_path):
    shapeless = "no prediction as the docs tell it"
    bad = [{**RIGHT, "probability": p} for p in (2.0, None)] + [{**RIGHT, "top": []}, "7", {}]
    cases = [
        ("", 200, {"predictions": [RIGHT, RIGHT]}),
        ("status 503, busy", 503, {"code": "busy"}),
        ("status 500, and no JSON", 500, b"oh"),
        ("status 200, and no JSON", 200, b""),
        ("status 201, None", 201, {"predictions": [RIGHT, RIGHT]}),
        ("expected a prediction for each of 2 images", 200, {"predictions": [RIGHT]}),
        ("expected a prediction for each of 2 images", 200, []),
        *((shapeless, 200, {"predictions": [RIGHT, told]}) for told in bad),
    ]
    with answering(*((status, body) for _, status, body in cases)) as (url, seen):
        words = ["--host", url, "--per-request", "2", "-u", "1", "-t", "2s"]
        done, record = locust(*words, cwd=tmp_path, SKLIMG_TOKEN="a-token")
    faults = [fault for *_, fault in record["requests"]]
    assert faults[: len(cases)] == [fault for fault, *_ in cases]
    assert done.returncode == 1, done.stderr
    assert {path for path, _ in seen} == {"/predict"}
    assert {headers["Authorization"] for _, headers in seen} == {"Bearer a-token"}


def test_users_are_dealt_to_several_hosts_and_one_that_hangs_is_a_failure(tmp_path):
    with answering((200, {"predictions": [RIGHT]})) as (url, seen), socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hosts = f"{url},http://127.0.0.1:{silent.getsockname()[1]}"
        done, record = locust("--host", hosts, "--stop-timeout", "1", cwd=tmp_path)
    assert done.stderr.count("Traceback") == 0
    faults = [fault for *_, fault in record["requests"]]
    assert len(seen) == faults.count("") > 0
    assert [fault for fault in faults if fault] == ["no answer"]
    assert "Authorization" not in seen[0][1]


def test_only_what_began_after_the_warm_up_counts(tools):
    requests = [(0.5, 9.0, ""), (1.0, 0.1, ""), (1.5, 0.3, ""), (2.0, 0.01, "bad"), (3.0, 9.0, "")]
    record = {"processor_share": 0.25, "requests": requests}
    line = tools("floodlines").measure(record, 2, 3, 1, 2)
    assert (line.replicas, line.users, line.requests, line.failures) == (2, 3, 3, 1)
    assert line.requests_per_second == 1.0
    assert line.p50_seconds == pytest.approx(0.2)
    assert line.p99_seconds == pytest.approx(0.298)
    assert (line.client_share, line.faults) == (0.25, {"bad": 1})


def test_a_rate_reckons_with_the_last_answer(tools):
    record = {"processor_share": 0.25, "requests": [(0.0, 10.0, "")] * 5}
    assert tools("floodlines").measure(record, 1, 5, 0, 2).requests_per_second == 0.5


def test_gates_hold_at_their_limits(tools):
    floodlines = tools("floodlines")
    line = floodlines.Line(1, 2, 200, 9.0, 0.1, 0.2, 0.25, 4, 0.1)
    assert floodlines.crossings(line) == []
    assert floodlines.crossings(line, 250.0, 4) == []
    assert floodlines.crossings(line, max_failures=0.02) == []
    assert floodlines.crossings(line, 249.5, 3) == [
        "1 replica, 2 users: expected a p99 of at most 249.5 ms, got 250.0 ms, 0.5 ms more",
        "1 replica, 2 users: expected at most 3 failures, got 4 of 200, 1 more",
    ]
    assert floodlines.crossings(line, max_failures=0.01) == [
        "1 replica, 2 users: expected at most 1.00% failures, 2, got 4 of 200, 2 more"
    ]
    assert len(floodlines.crossings(line, float("nan"))) == 1


@pytest.mark.parametrize("n_replicas", [1, 3, 7])
def test_the_plot_tells_all(tools, n_replicas):
    line = tools("floodlines").Line
    lines = [
        line(replicas, users, 9, 100.0 * replicas, wait, wait, wait, 0, 0.1)
        for replicas in range(1, n_replicas + 1)
        for users, wait in ((10, 0.1), (100, None))
    ]
    figure = tools("floodplot").flood_figure(lines, "a processor, 2 cores, " + "word 1.0, " * 20)
    assert texts_cut_off(figure) == []
    texts = texts_of(figure)
    assert {"1 replica", "p50", "p99", "users", "10", "100"} <= set(texts)
    rates, waits = figure.axes
    assert len(rates.lines) == n_replicas
    assert len(waits.lines) == 2 * n_replicas
    assert list(rates.lines[0].get_ydata()) == [100, 100]
    assert waits.lines[0].get_ydata()[0] == pytest.approx(100)


def test_the_plot_of_nothing_but_failures(tools):
    line = tools("floodlines").Line(1, 5, 9, 0.0, None, None, None, 9, 0.1)
    assert texts_cut_off(tools("floodplot").flood_figure([line], "a processor")) == []
