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
from contextlib import contextmanager, nullcontext, suppress
from email.parser import BytesParser
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
def recorded(tools, monkeypatch):
    """Let a flood find requests in the record instead of asking: recorded(*requests)."""

    def record(*requests, asked_seconds=1.0):
        told = {"processor_share": 0.1, "asked_seconds": asked_seconds, "requests": requests}
        monkeypatch.setattr(tools("flood"), "ask", lambda *_, **__: told)

    return record


@pytest.fixture
def dead_url():
    """Where nobody answers."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # taken, but not listened on
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@pytest.fixture
def silent_url():
    """Where everybody is heard and nobody is answered."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


class Crowd:
    """Who stands before services: none is answered until so many stand there at once."""

    def __init__(self, expected):
        self.expected, self.standing, self.most = expected, 0, 0
        self.change = threading.Condition()

    def __enter__(self):
        with self.change:
            self.standing += 1
            self.most = max(self.most, self.standing)
            self.change.notify_all()
            self.change.wait_for(lambda: self.most >= self.expected, timeout=2)

    def __exit__(self, *_):
        with self.change:
            self.standing -= 1


NOBODY = nullcontext()


@contextmanager
def answering(*answers, crowd=NOBODY):
    """Answer with a status, a body and a head, in turn; yield the URL and what was seen."""
    seen, number = [], count()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body at once: TCP holds small second pieces back

        def do_POST(self):
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers), sent))
            status, body, *head = answers[next(number) % len(answers)]
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            with crowd:
                self.send_response(status)
            for name, value in head:
                self.send_header(name, value)
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


def locust(*words, cwd, before="", after="", **told):
    """Run the plain file for a second with Locust itself; return what it says and its record.

    What is done before and after in the same module is Python.
    """
    file = TOOLS / "locustfile.py"
    if before or after:
        lines = (f"import sys; sys.path.insert(0, {str(TOOLS)!r})", before)
        file = Path(cwd, "more.py")
        file.write_text("\n".join([*lines, "from locustfile import *", after]))
    command = [sys.executable, "-m", "locust", "-f", file, "--headless"]
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


def test_a_gate_that_is_crossed_is_told_with_its_line(flood, recorded, tmp_path):
    recorded((0.0, 1.0, "", "http://a"))
    done = flood("--url", "http://a", *SHORT, "--max-p99", "0.01", "-o", tmp_path / "out")
    assert done.exit_code == 7
    assert done.stderr.splitlines()[-1].startswith(
        "error: 1 replica, 4 users: expected a p99 of at most 0.01 ms, got 1000.0 ms, "
    )
    assert (tmp_path / "out" / "flood.csv").exists()


def test_failures_are_counted_and_have_a_gate(flood, recorded):
    recorded(*[(0.0, 1.0, "no answer: ConnectionRefusedError", "http://a")] * 10)
    done = flood("--url", "http://a", *SHORT, "--max-failures", "0.25", "--max-p99", "9")
    assert done.exit_code == 7
    assert done.stdout.splitlines()[1].split()[2:8] == ["10", "0.0", "-", "-", "-", "10"]
    assert "1 replica, 4 users: no answer: ConnectionRefusedError (10x)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "error: 1 replica, 4 users: expected at most 25.00% failures, 2.5, got 10 of 10, 7.5 more"
    )


def test_a_service_without_a_right_answer_is_no_pass(flood, recorded):
    recorded((0.0, 1.0, "", "http://a"), (0.0, 1.0, "bad", "http://b"))
    done = flood("--url", "http://a", "--url", "http://b", *SHORT, "--max-p99", "1000")
    assert done.exit_code == 6
    assert done.stderr.splitlines()[-1] == (
        "error: 2 replicas, 4 users: expected right answers of each service, got 1 failure and "
        "nothing to time from http://b; see what failed above"
    )


@pytest.mark.parametrize(("number", "n_services"), [(signal.SIGINT, 0), (signal.SIGHUP, 1)])
def test_an_interrupt_ends_all_that_was_started(run_dir, dead_url, place, number, n_services):
    asked = ["-m", run_dir, "--replicas", n_services] if n_services else ["--url", dead_url]
    command = [sys.executable, TOOLS / "flood.py", *asked]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        started = []
        while len(started) < n_services + 1 or started != processes_of(place):  # Locust, too
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
            started = children_of(process.pid)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (130, "error: interrupted")


def test_a_hangup_does_not_reach_what_nohup_shields():
    command = "import floodservices, signal; floodservices.stop_on_hangup(); "
    command += "print(signal.getsignal(signal.SIGHUP).name)"
    told = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TOOLS), str(TOOLS.parent)])}
    done = subprocess.run(
        ["nohup", sys.executable, "-c", command], env=told, capture_output=True, text=True
    )
    assert done.stdout == "SIG_IGN\n"


def test_a_service_that_ends_is_an_error_and_what_came_before_is_kept(
    run_dir, flood, tools, place, monkeypatch, tmp_path
):
    def ask(urls, users, *_, **__):
        if users == 5:
            pid = processes_of(place)[0]
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        requests = [(0, 1.0, "", url) for url in urls]
        return {"processor_share": 0.1, "asked_seconds": 1.0, "requests": requests}

    monkeypatch.setattr(tools("flood"), "ask", ask)
    words = [*SHORT, "--users", "4,5", "-o", tmp_path / "out"]
    done = flood("-m", run_dir, "--replicas", "1", *words)
    assert done.exit_code == 6
    error = done.stderr.splitlines()[-1]
    assert error.startswith("error: sklimg serve: expected it to run on, it ended with -9: it said")
    assert "token" not in done.stderr
    with (tmp_path / "out" / "flood.csv").open() as file:
        assert [row["users"] for row in csv.DictReader(file)] == ["4"]


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


def test_what_is_no_sample_ends_locust(tmp_path):
    done, record = locust("--images", tmp_path / "nowhere", cwd=tmp_path)
    assert (done.returncode, record) == (3, None)
    assert f"error: {tmp_path}/nowhere: no such file or folder" in done.stderr


def test_a_locust_that_fails_is_an_error(flood, tools, tmp_path, monkeypatch, dead_url):
    (tmp_path / "broken.py").write_text("import sys\nsys.exit('it broke')\n")
    monkeypatch.setattr(tools("flood"), "LOCUSTFILE", tmp_path / "broken.py")
    done = flood("--url", dead_url, *SHORT)
    assert done.exit_code == 6
    assert "error: locust: expected a record of all requests, got exit code 1: " in done.stderr


def test_no_request_at_all_is_an_error(flood, recorded):
    recorded()
    done = flood("--url", "http://a", *SHORT, "--max-p99", "9", "--max-failures", "0")
    assert done.exit_code == 6
    assert "expected requests in 1 s, there was none" in done.stderr


@pytest.mark.parametrize(("asked", "ended"), [(1.5, 9.0), (9.0, 1.5)])
def test_users_who_do_not_ask_to_the_end_are_an_error(flood, recorded, asked, ended):
    recorded((0.9, ended - 0.9, "", "http://a"), asked_seconds=asked)
    words = ("--url", "http://a", "--users", "1", "--seconds", "1")
    done = flood(*words, "--warm-up", "1")
    assert done.exit_code == 6
    assert "1 user: expected to ask for 1 s, it ended after 0.5 s; try " in done.stderr
    assert flood(*words, "--warm-up", "0").exit_code == 0


def test_a_service_that_hangs_from_the_first_request_on_is_no_pass(
    flood, tools, monkeypatch, silent_url
):
    monkeypatch.setattr(tools("flood"), "LAST_ANSWERS", 1)
    with answering((200, {"predictions": [RIGHT]})) as (url, seen):
        done = flood("--url", url, "--url", silent_url, *SHORT, "--warm-up", "1")
    assert done.exit_code == 6
    assert seen
    assert done.stdout.splitlines()[1].split()[7] == "2"
    assert "2 replicas, 4 users: no answer (2x)" in done.stderr
    assert f"got 2 failures and nothing to time from {silent_url}; see " in done.stderr


def test_each_service_gets_the_images_the_token_and_so_many_users(flood, tmp_path, monkeypatch):
    monkeypatch.setenv("SKLIMG_TOKEN", "a-token")
    photos = write_images(tmp_path / "photos", {f"{i}.png": p for i, p in enumerate(noise(5))})
    crowd, right = Crowd(expected=4), (200, {"predictions": [RIGHT] * 3})
    with answering(right, crowd=crowd) as (a, seen_a), answering(right, crowd=crowd) as (b, seen_b):
        words = ("--url", a, "--url", b, "--images", photos, "--per-request", "3")
        done = flood(*words, *SHORT, "--max-failures", "0")
    assert done.exit_code == 0, done.stderr
    assert crowd.most == 4
    sent = []
    for seen in (seen_a, seen_b):
        assert seen
        for path, head, body in seen:
            assert (path, head["Authorization"]) == ("/predict", "Bearer a-token")
            form = b"Content-Type: " + head["Content-Type"].encode() + b"\r\n\r\n" + body
            parts = BytesParser().parsebytes(form).get_payload()
            assert [part.get_param("name", header="content-disposition") for part in parts] == (
                ["images"] * 3
            )
            sent += [part.get_payload(decode=True) for part in parts]
    assert set(sent) == {file.read_bytes() for file in photos.iterdir()}


def test_a_token_that_cannot_be_sent_is_refused(flood, dead_url, monkeypatch):
    monkeypatch.setenv("SKLIMG_TOKEN", "a-token\n")
    done = flood("--url", dead_url, *SHORT)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "SKLIMG_TOKEN: expected printable ASCII without spaces, got 8 " in done.stderr
    assert "a-token" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--url", "http://a", "-m", "run"), "--url: expected it without -m and --replicas"),
        (("--url", "http://a", "--replicas", "2"), "--url: expected it without"),
        (("--url", "http://a,http://b"), "expected a URL such as"),
        (("--url", "a:8000"), "expected a URL such as"),
        (("--url", "http://a:99999"), "expected a URL such as"),
        (("--url", "http://a:b"), "expected a URL such as"),
        (("--url", "http://:80"), "expected a URL such as"),
        (("--url", "http://a", "--url", "http://A:80/"), "got http://A:80 twice; name it once"),
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
    bad = [{**RIGHT, "probability": p} for p in (2.0, None)] + ["7", {}]
    bad += [{**RIGHT, "top": top} for top in ([], [None], [["label", "probability"]])]
    cases = [
        ("", 200, {"predictions": [RIGHT, RIGHT]}),
        ("status 503, busy", 503, {"code": "busy"}),
        ("status 500, and no JSON", 500, b"oh"),
        ("status 200, and no JSON", 200, b""),
        ("status 201, None", 201, {"predictions": [RIGHT, RIGHT]}),
        ("status 302, None", 302, {}, ("Location", "/elsewhere")),
        ("status 200, and no JSON: RecursionError", 200, b"[" * 200_000),
        ("status 200, and no JSON: zlib.error", 200, b"plain", ("Content-Encoding", "gzip")),
        (f"status 400, {'x' * 188}", 400, {"code": "x" * 1000}),
        ("expected a prediction for each of 2 images", 200, {"predictions": [RIGHT]}),
        ("expected a prediction for each of 2 images", 200, []),
        *((shapeless, 200, {"predictions": [RIGHT, told]}) for told in bad),
    ]
    with answering(*(answer for _, *answer in cases)) as (url, seen):
        words = ["--host", url, "--per-request", "2", "-u", "1", "-t", "2s"]
        done, record = locust(*words, cwd=tmp_path, SKLIMG_TOKEN="a-token")
    faults = [fault for _, _, fault, _ in record["requests"]]
    assert faults[: len(cases)] == [fault for fault, *_ in cases]
    assert done.returncode == 1, done.stderr
    assert {path for path, *_ in seen} == {"/predict"}
    assert {headers["Authorization"] for _, headers, _ in seen} == {"Bearer a-token"}


def test_what_is_prepared_takes_no_time_of_the_users_and_what_cannot_be_sent_is_told(
    tmp_path, dead_url
):
    slow = (
        "import floodimages, gevent.monkey as patches; real = floodimages.sample_images\n"
        "sleep = patches.get_original('time', 'sleep')\n"
        "floodimages.sample_images = lambda sources: sleep(0.9) or real(sources)\n"
    )
    words = ("--host", dead_url, "-u", "1")
    done, record = locust(*words, cwd=tmp_path, before=slow, SKLIMG_TOKEN="secret\u20ac")
    assert 0.95 < record["asked_seconds"] < 5
    assert 0.9 < record["requests"][-1][0] < 5
    faults = {fault for _, _, fault, _ in record["requests"]}
    assert faults == {"no answer: ValueError"}
    assert done.returncode == 1
    assert "no answer: ValueError" in done.stderr  # Locust has it in its own table
    assert "secret" not in done.stderr


def test_users_are_dealt_to_several_hosts_and_one_that_hangs_is_a_failure(
    tmp_path, silent_url, dead_url
):
    with answering((200, {"predictions": [RIGHT]})) as (url, seen):
        hosts = f"{url},{silent_url},{dead_url}"
        done, record = locust(
            "--host", hosts, "-u", "3", "-r", "3", "--stop-timeout", "1", cwd=tmp_path
        )
    assert done.stderr.count("Traceback") == 0
    told = [(fault, host) for _, _, fault, host in record["requests"]]
    assert len(seen) >= told.count(("", url)) > 0
    refused = ("no answer: ConnectionRefusedError", dead_url)
    assert told.count(("no answer", silent_url)) == 1
    assert set(told) == {("", url), ("no answer", silent_url), refused}
    assert "Authorization" not in seen[0][1]


def test_a_request_that_the_stop_ends_as_it_begins_is_no_failure(tmp_path, silent_url):
    ends_all = (
        "@events.test_stopping.add_listener\n"
        "def end_all(environment, **_):\n"
        "    environment.runner.user_greenlets.kill(block=True)\n"
    )
    done, record = locust("--host", silent_url, cwd=tmp_path, after=ends_all)
    assert (done.returncode, record["requests"]) == (0, [])


def test_what_ended_within_the_warm_up_does_not_count(tools):
    told = [(0.1, 0.8, "bad", "a"), (0.5, 1.5, "", "a"), (0.9, 9.0, "worse", "b")]
    told += [(1.0, 0.1, "", "a"), (1.5, 0.3, "", "a"), (2.0, 0.01, "bad", "b"), (3.0, 9.0, "", "b")]
    record = {"processor_share": 0.25, "requests": told}
    line = tools("floodlines").measure(record, ["a", "b", "c"], 3, 1, 2)
    assert (line.replicas, line.users, line.requests, line.failures) == (3, 3, 5, 2)
    assert line.requests_per_second == pytest.approx(3 / 8.9)
    assert line.p50_seconds == pytest.approx(0.3)
    assert line.p99_seconds == pytest.approx(1.476)
    assert (line.client_share, line.faults) == (0.25, {"worse": 1, "bad": 1})
    assert line.unanswering == ("b", "c")


def test_a_rate_reckons_with_the_last_answer(tools):
    record = {"processor_share": 0.25, "requests": [(0.0, 10.0, "", "a")] * 5}
    assert tools("floodlines").measure(record, ["a"], 5, 0, 2).requests_per_second == 0.5


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
        line(replicas, users, 10, 100.0 * replicas, wait, 2 * wait, 3 * wait, failures, 0.1)
        for replicas in range(1, n_replicas + 1)
        for users, wait, failures in ((10, 0.1, 1), (100, float("nan"), 10))
    ]
    figure = tools("floodplot").flood_figure(lines, "a processor, 2 cores, " + "word 1.0, " * 20)
    assert texts_cut_off(figure) == []
    texts = texts_of(figure)
    assert {"1 replica", "p50", "p95", "p99", "users", "10", "100"} <= set(texts)
    assert "% of the requests that failed" in texts
    rates, waits, failures = figure.axes
    assert [len(axes.lines) for axes in figure.axes] == [n_replicas, 3 * n_replicas, n_replicas]
    assert list(rates.lines[0].get_ydata()) == [100, 100]
    assert [each.get_ydata()[0] for each in waits.lines[:3]] == pytest.approx([100, 200, 300])
    assert len({each.get_linestyle() for each in waits.lines}) == 3
    assert list(failures.lines[0].get_ydata()) == [10, 100]


def test_the_plot_of_nothing_but_failures(tools):
    line = tools("floodlines").Line(1, 5, 9, 0.0, None, None, None, 9, 0.1)
    assert texts_cut_off(tools("floodplot").flood_figure([line], "a processor")) == []
