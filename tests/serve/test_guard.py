"""Bodies are bounded while they come; every request is counted and told of."""

import json
import socket
import threading
import time

import pytest

from sklimg.serve import guard as guard_module
from tests.serving import received, serving


def head(path="/predict", *lines):
    kind = "Content-Type: application/json"
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", kind, *lines, "", ""]).encode()


def status(data):
    return int(data.split(b" ", 2)[1])


def test_a_body_that_says_it_is_too_long_is_not_waited_for(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as sock:
        sock.sendall(head("/predict", "Content-Length: 10000000000"))
        assert status(sock.recv(4096)) == 413


def test_a_body_without_end_is_cut(served):
    """A chunked body of 10 GB: the answer comes after 10 MB, the end not much later."""
    sent, chunk = 0, b"100000\r\n" + bytes(2**20) + b"\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as sock:
        sock.sendall(head("/predict", "Transfer-Encoding: chunked"))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < 10**10:
                sock.sendall(chunk)
                sent += 2**20
    assert guard_module.MOST_BODY < sent < 500_000_000
    assert 413 in told_statuses(served)


def told_statuses(served):
    """Return the statuses that the log tells, when it is written."""
    time.sleep(0.5)
    return [line["status"] for line in served.lines() if line["event"] == "request"]


def test_the_answer_to_a_body_that_is_too_long_arrives(served):
    """Also where the client sends all of it before it reads."""
    answer = served.json(b" " * (guard_module.MOST_BODY + 1))
    assert (answer.status, answer.json["code"]) == (413, "too_large")
    answer = served.json(b" " * guard_module.MOST_BODY)
    assert answer.status == 400  # read, and no JSON


def test_a_slow_body_is_ended(bars_run, monkeypatch):
    monkeypatch.setattr(guard_module, "BODY_SECONDS", 0.5)
    with (
        serving(bars_run.model) as served,
        socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock,
    ):
        sock.sendall(head("/predict", "Content-Length: 100") + b"{")
        data = received(sock)  # to its end
    assert status(data) == 408
    assert b'"slow"' in data


def test_bodies_share_a_bound(bars_run, monkeypatch):
    monkeypatch.setattr(guard_module, "_MOST_BODIES", 1000)
    monkeypatch.setattr(guard_module, "_SMALL_BODY", 250)
    with serving(bars_run.model) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
            slow.sendall(head("/predict", "Content-Length: 900") + b" " * 800)
            time.sleep(0.3)
            answer = served.json(b" " * 300)
            assert (answer.status, answer.json["code"]) == (503, "busy")
            assert answer.headers["retry-after"] == "2"
            assert served.json(b" " * 250).status == 400  # a small one is read all the same
            slow.sendall(b" " * 100)
            assert status(slow.recv(4096)) == 400
        assert served.json(b" " * 999).status == 400  # what they took is free again


def test_who_leaves_in_the_middle_is_no_error(served):
    before = len(served.lines())
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        sock.sendall(head("/predict", "Content-Length: 100") + b"{")
    for _ in range(50):
        time.sleep(0.1)
        if len(served.lines()) > before:
            break
    assert [line["status"] for line in served.lines()[before:]] == [499]
    assert served.ask("GET", "/health").status == 200


def test_a_client_may_wait_for_a_word_before_its_body(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        sock.sendall(head("/predict", "Content-Length: 2", "Expect: 100-continue"))
        assert sock.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"{}")
        assert status(sock.recv(4096)) == 422
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        sock.sendall(head("/predict", "Content-Length: 99999999999", "Expect: 100-continue"))
        assert status(sock.recv(4096)) == 413  # without a word


def test_requests_are_told_by_their_ids(served):
    answer = served.ask("GET", "/health", headers={"X-Request-ID": "abc-1.2_3"})
    assert answer.headers["x-request-id"] == "abc-1.2_3"
    for odd in ("a b", "x" * 65, "<b>", ""):
        told = served.ask("GET", "/health", headers={"X-Request-ID": odd}).headers["x-request-id"]
        assert told != odd
        assert len(told) == 16
    served.ask("POST", "/predict?secret=1", b"{}", {"X-Request-ID": "last", "Content-Type": "a/b"})
    for _ in range(50):
        time.sleep(0.1)
        if lines := [line for line in served.lines() if line.get("id") == "last"]:
            break
    (line,) = lines
    assert {key: line[key] for key in ("event", "method", "path", "status", "client")} == {
        "event": "request",
        "method": "POST",
        "path": "/predict",
        "status": 422,
        "client": "127.0.0.1",
    }
    assert "secret" not in json.dumps(line)


def test_nothing_of_a_client_breaks_a_line_of_the_log(bars_run):
    with serving(bars_run.model) as served:
        for target in ("/%0a%00x", "/\x7f", '/"\\', "/é"):
            ask = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            served.raw(ask.encode())
    texts = served.log.getvalue()
    assert "\x7f" not in texts
    assert all(json.loads(line) for line in texts.splitlines())


def test_counters(bars_run):
    with serving(bars_run.model) as served:
        served.vectors([[0] * 64] * 3)
        served.ask("GET", "/nothing")
        served.ask("BREW", "/health")
        told = served.ask("GET", "/metrics")
        assert told.headers["content-type"].startswith("text/plain")
        text = told.body.decode()
    assert 'sklimg_requests_total{method="POST",path="/predict",status="200"} 1.0' in text
    assert 'sklimg_requests_total{method="GET",path="other",status="404"} 1.0' in text
    assert 'sklimg_requests_total{method="other",path="/health",status="401"} 1.0' in text
    assert "sklimg_images_total 3.0" in text
    assert "sklimg_waiting_images 0.0" in text
    assert 'sklimg_request_seconds_count{path="/predict"} 1.0' in text


def test_many_at_once_are_all_answered(served, bars_table):
    rows, wrong = bars_table.pixels, []

    def ask(k):
        for i in range(k, len(rows), 8):
            told = served.vectors([rows[i].tolist()]).json["predictions"][0]["label"]
            if told != bars_table.labels[i]:
                wrong.append(i)

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) <= 2  # what the model itself does not know
