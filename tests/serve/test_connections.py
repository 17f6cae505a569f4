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
    """A service that waits for half a second where others wait for ten."""
    monkeypatch.setattr(server, "_TICKS", 1)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(connections, "FETCH_SECONDS", 0.5)
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
    assert 0.4 < time.monotonic() - start < 10


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
            time.sleep(0.25)
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
    ask = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    status = int(served.raw(ask + lines + b"\r\n\r\n0\r\n\r\n").split(b" ")[1])
    assert 400 <= status < 500 or status == 501


def test_requests_may_follow_without_waiting(served):
    answers = served.raw(HEAD * 20 + HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert answers.count(b"HTTP/1.1 200 OK") == 21


def test_an_upgrade_is_not_made(served):
    ask = HEAD.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    with opened(served) as sock:
        sock.sendall(ask)
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 OK")


def chunked(n, size):
    piece = b"%x\r\n%s\r\n" % (size, b"a" * size)
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return (
        head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + piece * n + b"0\r\n\r\n"
    )


@pytest.mark.parametrize(("n", "size", "code"), [(100, 1, b"json"), (2000, 600, b"json")])
def test_bodies_may_come_in_chunks(served, n, size, code):
    answer = served.raw(chunked(n, size))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code": "%s"' % code in answer


def test_a_body_in_very_many_bits_is_refused_at_once(served):
    """Put together, 100,000 of them would hold up everybody for seconds."""
    with opened(served) as sock:
        data = chunked(100_000, 1)
        sock.sendall(data[:100_000])
        answer = received(sock)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"code": "http"' in answer


def test_bits_of_a_body_that_is_refused_already_are_not_read_on(served):
    ask = (
        chunked(100_000, 1)
        .replace(b"application/json", b"text/plain")
        .replace(b"Connection: close\r\n", b"")
    )
    with opened(served) as sock:
        sock.sendall(ask[:300])
        answer = sock.recv(4096)
        while b"}" not in answer:
            answer += sock.recv(4096)
        assert answer.startswith(b"HTTP/1.1 415")
        with suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(ask[300:100_000])
        assert received(sock) == b""  # its end


def test_who_says_no_more_is_answered(served):
    """As `nc -N` does: it asks, and closes its half."""
    with opened(served) as sock:
        sock.sendall(HEAD)
        sock.shutdown(socket.SHUT_WR)
        assert b"200 OK" in received(sock)
    with opened(served) as sock:
        sock.sendall(HEAD * 3)
        sock.shutdown(socket.SHUT_WR)
        assert received(sock).count(b"200 OK") == 3
    body = b'{"vectors": [[' + b",".join([b"7"] * 64) + b"]]}"
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with opened(served) as sock:
        sock.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sock.shutdown(socket.SHUT_WR)
        assert b"200 OK" in received(sock)
    with opened(served) as sock:
        sock.sendall(head + b"Content-Length: 99\r\n\r\n" + body[:5])
        sock.shutdown(socket.SHUT_WR)
        assert received(sock) == b""


def test_answers_do_not_wait_for_each_other(served):
    with opened(served) as sock:
        sock.sendall(HEAD)
        one_answer(sock)
        (connection,) = served.server.server_state.connections
        own = connection.transport.get_extra_info("socket")
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_refused_body_that_is_long_is_told_so(served):
    """Also where the client sends all of it before it listens."""
    assert served.json(b" " * 60_000_000).status == 413


def test_a_client_that_waits_for_a_word_is_not_kept_when_it_is_refused(served):
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
    with opened(served) as sock:
        sock.sendall(head + b"Content-Length: 99999999999\r\n\r\n")
        answer = received(sock)  # to its end, which comes at once
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer
