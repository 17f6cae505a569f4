"""The command serve: from its start to its end."""

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from sklimg.images import encode_image
from tests.kills import SKLIMG
from tests.serving import FORM, Served, command, form


@pytest.fixture
def run(bars_run, tmp_path):
    return shutil.copytree(bars_run.path, tmp_path / "run")


def log(cwd):
    return (Path(cwd) / "log").read_text().splitlines()


def test_from_start_to_end(run, tmp_path):
    with command(run, cwd=tmp_path) as (process, served):
        assert served.vectors([[0] * 64]).status == 200
        assert served.ask("GET", "/model").json["test"]["n_test"] > 0
        assert served.ask("DELETE", "/model").status == 401
        token = (tmp_path / "artifacts" / "serve" / "token").read_text().strip()
        bearer = {"Authorization": f"Bearer {token}"}
        assert served.ask("DELETE", "/model", headers=bearer).status == 405
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    lines = log(tmp_path)
    assert lines[0].startswith("model     ")
    assert "3 classes, 8x8 grey" in lines[0]
    assert lines[1] == (
        f"token     {token}, kept in artifacts/serve/token; needed by whoever changes something"
    )
    assert lines[2].startswith("note      no retraining here: ")  # of a table in Python
    told = [json.loads(line) for line in lines[3:]]
    assert [(t["method"], t["path"], t["status"]) for t in told] == [
        ("POST", "/predict", 200),
        ("GET", "/model", 200),
        ("DELETE", "/model", 401),
        ("DELETE", "/model", 405),
    ]


def test_the_token_is_printed_once(run, tmp_path):
    for number in range(2):
        with command(run, "--data", "kept", cwd=tmp_path) as (process, _):
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        token = (tmp_path / "kept" / "token").read_text().strip()
        text = (tmp_path / "log").read_text()
        assert (token in text) is (number == 0)
        assert "kept/token" in text
    assert log(tmp_path)[-1] == "error: interrupted"


def test_quiet_tells_the_token_and_then_nothing(run, tmp_path):
    for number in range(2):
        with command(run, "-q", cwd=tmp_path) as (process, served):
            assert served.ask("GET", "/health").status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        lines = log(tmp_path)
        assert len(lines) == 1 - number
        assert all(line.startswith("token     ") for line in lines)


def test_a_name_that_is_none(run, tmp_path):
    code, text = ended(run, "--allow-host", "x.example:443", cwd=tmp_path)
    assert code == 2
    assert text.startswith("error: --allow-host: expected a name such as ")


def test_two_at_once_on_one_port(run, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    words = [SKLIMG, "serve", "-m", run, "--port", port]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(words, cwd=tmp_path, **pipes) for _ in range(2)]
    while all(process.poll() is None for process in both):
        time.sleep(0.05)
    first, second = sorted(both, key=lambda process: process.poll() is None)
    assert first.returncode == 6
    assert "cannot be listened on" in first.stderr.read()
    assert second.stdout.readline().endswith(f":{port}\n")
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0
    for process in both:
        process.communicate()


def test_who_reads_neither_the_address_nor_the_log_stops_nothing(run, tmp_path):
    """stdout is closed at once, stderr is a pipe that is full soon."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    words = [SKLIMG, "serve", "-m", run, "--port", str(port)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "pipesize": 4096}
    process = subprocess.Popen(words, cwd=tmp_path, **pipes)
    process.stdout.close()
    served = Served(port)
    for _ in range(200):
        try:
            served.ask("GET", "/health/live")
            break
        except OSError:
            time.sleep(0.1)
    for _ in range(200):  # lines of 150 bytes each
        assert served.ask("GET", "/health").status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stderr.close()


def test_photographs_that_wait_at_the_end_are_answered_or_refused(run, tmp_path):
    """None is answered with 500, and the service ends in time."""
    large = form(*[encode_image(np.zeros((6000, 6000), np.uint8))] * 20)
    statuses = []

    def ask(served):
        statuses.append(served.ask("POST", "/predict", large, FORM).status)

    with command(run, cwd=tmp_path) as (process, served):
        threads = [threading.Thread(target=ask, args=(served,), daemon=True) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
        for thread in threads:
            thread.join(10)
    assert len(statuses) == 6
    assert set(statuses) <= {200, 503}


def test_where_others_can_ask(run, tmp_path):
    with command(run, "--allow-host", "service.example", cwd=tmp_path) as (_, served):
        assert served.ask("GET", "/health").status == 401
        token = (tmp_path / "artifacts" / "serve" / "token").read_text().strip()
        bearer = {"Authorization": f"Bearer {token}"}
        assert served.ask("GET", "/health", headers=bearer).status == 200
        host = {**bearer, "Host": "service.example"}
        assert served.ask("GET", "/health", headers=host).status == 200
    lines = log(tmp_path)
    assert "needed by whoever asks anything" in lines[1]
    assert lines[2].startswith("warning: what is sent can be read on the way")


@pytest.mark.parametrize("is_named_by_a_variable", [False, True])
def test_services_that_are_given_one_token(run, tmp_path, monkeypatch, is_named_by_a_variable):
    (tmp_path / "shared").write_text("0123456789abcdef")
    (tmp_path / "shared").chmod(0o640)
    words = ["--token-file", "shared"]
    if is_named_by_a_variable:
        monkeypatch.setenv("SKLIMG_TOKEN_FILE", "shared")
        words = []
    bearer = {"Authorization": "Bearer 0123456789abcdef"}
    for name in ("a", "b"):
        with command(run, "--data", name, *words, cwd=tmp_path) as (_, served):
            assert served.ask("GET", "/model", headers=bearer).status == 200
            wrong = {"Authorization": "Bearer 0123456789abcdeg"}
            assert served.ask("GET", "/model", headers=wrong).status == 401
        assert log(tmp_path)[1] == "token     in shared; needed by whoever changes something"
        assert not (tmp_path / name / "token").exists()
    assert "0123456789abcdef" not in (tmp_path / "log").read_text()


def test_a_model_that_is_damaged_later_is_not_read_again(run, tmp_path):
    with command(run, cwd=tmp_path) as (_, served):
        before = served.vectors([[9] * 64]).json
        for path in (run / "model").iterdir():
            path.write_bytes(b"damage")
        assert served.vectors([[9] * 64]).json == before
        shutil.rmtree(run)
        assert served.vectors([[9] * 64]).json == before


def ended(run, *words, cwd):
    done = subprocess.run(
        [SKLIMG, "serve", "-m", run, "--port", "0", *words],
        cwd=cwd, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


def test_a_damaged_model_is_refused(run, tmp_path):
    file = run / "model" / "model.npz"
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    code, text = ended(run, cwd=tmp_path)
    assert code == 5
    assert "model.npz: damaged" in text
    assert not (tmp_path / "artifacts").exists()


def test_a_model_without_arrays_is_refused(run, tmp_path):
    from tests.forged import changed

    changed(run, steps=None, no_arrays="a step of yours")
    code, text = ended(run, cwd=tmp_path)
    assert code == 5
    assert "no arrays stand for it: a step of yours" in text


def test_a_port_in_use(run, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, text = ended(run, "--port", str(port), cwd=tmp_path)
    assert code == 6
    assert text.startswith(f"error: 127.0.0.1, port {port}: cannot be listened on: ")


def test_a_host_that_is_not_here(run, tmp_path):
    code, text = ended(run, "--host", "no.such.host.invalid", cwd=tmp_path)
    assert code == 2
    assert text.startswith("error: --host: 'no.such.host.invalid' is no name or address")


def test_a_token_that_others_can_read(run, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "token").write_text("0123456789abcdef")
    (tmp_path / "kept" / "token").chmod(0o644)
    code, text = ended(run, "--data", "kept", cwd=tmp_path)
    assert code == 6
    assert "run: chmod 600 kept/token" in text


@pytest.mark.parametrize("words", [["--port", "65536"], ["--port", "x"], ["--data", ""], ["x"]])
def test_wrong_usage(invoke, words):
    assert invoke("serve", *words).exit_code == 2


def test_without_its_extra(invoke, run, monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.startswith("sklimg.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    done = invoke("serve", "-m", run)
    assert done.exit_code == 6
    assert "pip install 'sklimg[serve]'" in done.stderr


def one_request(port, k, answers, stop):
    """Ask again and again on connections of one or many requests, and note what comes."""
    body = b'{"vectors": [[' + b",".join([b"%d" % (k % 256)] * 64) + b"]]}"
    head = (
        f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    is_kept = k % 2 == 0
    sock = None
    while not stop.is_set():
        if sock is None:
            try:
                sock = socket.create_connection(("127.0.0.1", port), 30)
            except ConnectionRefusedError:
                return  # the door is closed: nothing was accepted
        try:
            sock.sendall(head + body)
            data = b""
            while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < _length(data):
                piece = sock.recv(65536)
                if not piece:
                    raise ConnectionResetError("cut off")
                data += piece
            answers.append(int(data.split(b" ")[1]))
        except OSError as err:
            answers.append(f"{type(err).__name__}: {err}")
            data = b"connection: close"
        if not is_kept or b"connection: close" in data:
            sock.close()
            sock = None


def _length(data):
    for line in data.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def stopped_under_load(run, cwd, seconds, n_clients=16):
    """Stop a service under load; return its exit code and what its clients were answered."""
    answers, stop = [], threading.Event()
    with command(run, "-q", cwd=cwd) as (process, served):
        threads = [
            threading.Thread(target=one_request, args=(served.port, k, answers, stop), daemon=True)
            for k in range(n_clients)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        stop.set()
        for thread in threads:
            thread.join(60)
    return code, answers


def test_no_accepted_request_is_cut_off(run, tmp_path):
    for seconds in (0.3, 0.5):
        code, answers = stopped_under_load(run, tmp_path, seconds)
        assert code == 0
        assert len(answers) > 20
        assert set(answers) == {200}


@pytest.mark.long
def test_twenty_stops_under_load(run, tmp_path, case, record_property, seed):
    import random

    rng, n = random.Random(seed), 0
    for number in range(20):
        code, answers = stopped_under_load(run, tmp_path, rng.uniform(0.2, 1.5))
        n += len(answers)
        wrong = sorted({str(a) for a in answers} - {"200"})
        case(code == 0 and not wrong and answers, f"{number}: exit {code}, {wrong}")
    record_property("note", f"{n} answers")
