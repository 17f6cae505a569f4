"""Where clients come in."""

import asyncio
import errno
import socket

import pytest

from sklimg.errors import OutputError, UsageError
from sklimg.serve.listener import Listener


@pytest.mark.parametrize(
    ("host", "is_local"),
    [("127.0.0.1", True), ("127.0.0.3", True), ("0.0.0.0", False), ("localhost", True)],
)
def test_who_can_reach_it(host, is_local):
    listener = Listener(host, 0)
    assert listener.is_local is is_local
    assert listener.port > 0
    listener.close()


def test_its_names_at_home():
    listener = Listener("127.0.0.3", 0)
    access = listener.access("t" * 20)
    assert access.is_local
    assert access.hosts == {"localhost", "127.0.0.1", "::1", "127.0.0.3"}
    assert listener.url() == f"http://127.0.0.3:{listener.port}"
    listener.close()


def test_a_name_from_elsewhere_opens_it_to_all():
    listener = Listener("127.0.0.1", 0)
    access = listener.access("t" * 20, ["Service.Example."])
    assert not access.is_local
    assert "service.example" in access.hosts
    listener.close()


@pytest.mark.parametrize("name", ["https://x.example", "x.example:443", "", "a b", "x..y"])
def test_a_name_that_is_none(name):
    listener = Listener("127.0.0.1", 0)
    with pytest.raises(UsageError, match="--allow-host: expected a name such as .*, got "):
        listener.access("t" * 20, [name])
    listener.close()


def test_its_url_where_others_reach_it():
    listener = Listener("0.0.0.0", 0)
    assert listener.url() == f"http://{socket.gethostname()}:{listener.port}"
    assert socket.gethostname().lower() in listener.access("t" * 20).hosts
    listener.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_address_of_six_has_brackets():
    try:
        listener = Listener("::1", 0)
    except (OutputError, UsageError):
        pytest.skip("no IPv6 loopback here")
    assert listener.is_local
    assert listener.url() == f"http://[::1]:{listener.port}"
    listener.close()


def test_one_address_that_others_reach_is_enough(monkeypatch):
    found = [
        (socket.AF_INET, 1, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET6, 1, 6, "", ("::", 0, 0, 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    try:
        listener = Listener("both", 0)
    except OutputError:
        pytest.skip("no IPv6 here")
    assert listener.addresses == ["127.0.0.1", "::"]
    assert not listener.is_local
    listener.close()


def test_a_port_in_use():
    first = Listener("127.0.0.1", 0)
    first._sockets[0].listen(1)
    with pytest.raises(OutputError, match=r"port \d+: cannot be listened on: .*; choose another"):
        Listener("127.0.0.1", first.port)
    first.close()


@pytest.mark.parametrize(
    "host", ["no.such.host.invalid", "203.0.113.7", "\0", "a" * 300, "256.256.256.256"]
)
def test_a_host_that_is_not_this_one(host):
    with pytest.raises((UsageError, OutputError), match="--host"):
        Listener(host, 0)


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    here = 0

    def connection_made(self, transport):
        self.transport = transport
        Echo.here += 1

    def connection_lost(self, err):
        Echo.here -= 1

    def data_received(self, data):
        self.transport.write(data)


async def all_gone(clients):
    """Close clients, and wait until the other side has seen it."""
    for client in clients:
        client.close()
    while Echo.here:
        await asyncio.sleep(0.01)


def test_who_waits_at_the_door_is_let_in_before_it_is_closed():
    """Connections that the loop has not looked at yet when it is told to leave."""

    async def leave():
        listener = Listener("127.0.0.1", 0)
        listener.open(Echo)
        clients = [socket.create_connection(("127.0.0.1", listener.port), 5) for _ in range(50)]
        for client in clients:
            client.sendall(b"hello")
        await listener.leave()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", listener.port), 5)
        answers = [await asyncio.to_thread(client.recv, 10) for client in clients]
        await all_gone(clients)
        return answers

    assert asyncio.run(leave()) == [b"hello"] * 50


def test_when_no_more_can_be_opened_who_waits_waits(monkeypatch):
    class Full:
        """A socket that cannot take anybody at first."""

        def __init__(self, sock):
            self.sock, self.n = sock, 0

        def __getattr__(self, name):
            return getattr(self.sock, name)

        def accept(self):
            self.n += 1
            if self.n == 1:
                raise OSError(errno.EMFILE, "too many open files")
            return self.sock.accept()

    async def wait():
        listener = Listener("127.0.0.1", 0)
        listener._sockets = [Full(listener._sockets[0])]
        listener.open(Echo)
        client = socket.create_connection(("127.0.0.1", listener.port), 5)
        client.sendall(b"hello")
        answer = await asyncio.to_thread(client.recv, 10)
        await listener.leave()
        await all_gone([client])
        return answer

    assert asyncio.run(wait()) == b"hello"
