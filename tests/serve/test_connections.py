"""Connections that keep the service waiting are ended, and nobody else notices."""

import json
import socket
import time
from contextlib import suppress

import pytest

from sklimg.serve import connections, server
from tests.serving import received, serving

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def hasty(bars_run, monkeypatch):
    """A service that waits for a second where others wait for ten."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(connections, "FETCH_SECONDS", 1.0)
    with serving(bars_run.model) as served:
        yield served


def opened(served):
    return socket.create_connection(("127.0.0.1", served.port), timeout=15)


def one_answer(sock):
    """Return an answer of /health, to its last brace."""
    data = b""
    while not data.endswith(b"}"):
        data += sock.recv(4096)
    return data


@pytest.mark.parametrize("begun", [b"", b"G", HEAD[:-2], HEAD + HEAD[:20]])
def test_who_says_nothing_more_is_ended(hasty, begun):
    start = time.monotonic()
    with opened(hasty) as sock:
        sock.sendall(begun)
        answers = received(sock)
    assert answers.count(b"HTTP/1.1 200") == begun.count(HEAD)
    assert 0.9 < time.monotonic() - start < 10


def test_who_goes_on_slowly_is_ended(hasty):
    with opened(hasty) as sock:
        sock.sendall(HEAD[:-2])
        start = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - start < 10:
                sock.sendall(b"X-A: b\r\n")
                time.sleep(0.1)
    assert time.monotonic() - start < 8


def test_who_goes_on_slowly_with_a_second_request_is_ended(hasty):
    with opened(hasty) as sock:
        sock.sendall(HEAD)
        assert b"200 OK" in one_answer(sock)
        start = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - start < 10:
                sock.sendall(b"\r\n")
                time.sleep(0.1)
    assert time.monotonic() - start < 8


def test_who_asks_now_and_then_is_not_ended(hasty):
    with opened(hasty) as sock:
        for _ in range(5):
            time.sleep(0.5)
            sock.sendall(HEAD)
            assert b"200 OK" in one_answer(sock)


def test_who_does_not_fetch_answers_is_ended(hasty):
    """1,000 requests at once, whose answers fill all buffers."""
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with opened(hasty) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(1)
        try:
            for _ in range(1000):
                sock.sendall(ask)
        except TimeoutError:
            pass  # the service reads no more
        for _ in range(100):
            time.sleep(0.1)
            if not hasty.server.server_state.connections:
                break
        assert not hasty.server.server_state.connections
    assert hasty.ask("GET", "/health").status == 200


def test_the_one_that_is_idle_for_longest_makes_room(bars_run, monkeypatch):
    monkeypatch.setattr(connections, "_MOST_CONNECTIONS", 5)
    with serving(bars_run.model) as served:
        socks = []
        for _ in range(5):
            socks.append(opened(served))
            time.sleep(0.05)
        socks[0].sendall(HEAD)
        one_answer(socks[0])  # so that the second has waited for longest
        time.sleep(0.05)
        socks[2].sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.05)
        for _ in range(3):
            socks.append(opened(served))
            socks[-1].sendall(HEAD)
            assert b"200 OK" in one_answer(socks[-1])
        gone = []
        for number, sock in enumerate(socks):
            sock.settimeout(0.2)
            with suppress(TimeoutError):
                gone += [number] if not received(sock) else []
            sock.close()
    assert gone == [1, 3, 4]


def test_what_is_no_http_is_told_so(served):
    for data in (
        b"hello\r\n\r\n",
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\r\n\r\n",
    ):
        answer = served.raw(data)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"application/problem+json" in head
        assert json.loads(body)["code"] == "http"


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: -1",
        b"Content-Length: x",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"X: \0",
        b"X" * 20_000 + b": y",
        b"\r\n".join(b"X-%d: y" % i for i in range(3000)),
        b" X: y",
    ],
    ids=lambda lines: repr(lines[:30]),
)
def test_heads_that_mean_two_things_or_too_much(served, lines):
    ask = b"POST /predict HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n\r\n0\r\n\r\n"
    status = int(served.raw(ask, wait=20).split(b" ")[1])
    assert 400 <= status < 500 or status == 501


def test_requests_may_follow_without_waiting(served):
    answers = served.raw(HEAD * 20 + HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert answers.count(b"HTTP/1.1 200 OK") == 21


def test_an_upgrade_is_not_made(served):
    ask = HEAD.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    with opened(served) as sock:
        sock.sendall(ask)
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_looks_are_taken_once_a_second():
    assert server._TICKS == 10  # of a tenth of a second each
