"""Where clients come in: sockets that are bound, watched, and left without losing anyone.

Floor 7: sockets; prints nothing.
"""

import asyncio
import ctypes
import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from sklimg.errors import OutputError, UsageError
from sklimg.serve.access import LOOPBACK_NAMES, Access

__all__ = ["Listener"]

_BACKLOG = 1024  # connections
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f]*:[0-9a-f:.]+")
_AT_ONCE = 64  # connections taken before others are looked after
_PAUSE = 0.5  # seconds, when no more can be taken


class Listener:
    """Sockets on all addresses of a host.

    Parameters
    ----------
    host : str
        A name or an address of this machine.
    port : int
        0 for any that is free.

    Attributes
    ----------
    addresses : list of str
    port : int
    is_local : bool
        Whether only this machine can reach it.

    Raises
    ------
    UsageError
        If there is no such host.
    OutputError
        If the port is in use or not allowed.
    """

    def __init__(self, host: str, port: int):
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as err:
            raise UsageError(f"--host: {host!r} is no name or address of this machine") from err
        self._host, self.port = host, port
        self._sockets: list[socket.socket] = []
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                self._listen(family, address)
        except OSError as err:
            self.close()
            raise OutputError(
                f"{host}, port {self.port}: cannot be listened on: {err.strerror}; choose another "
                "--port or --host"
            ) from err
        self.addresses = [sock.getsockname()[0] for sock in self._sockets]
        self.is_local = all(
            ip_address(name.partition("%")[0]).is_loopback for name in self.addresses
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, factory: Callable[[], asyncio.Protocol]) -> None:
        """Take connections from now on; *factory* makes the protocol of each."""
        self._loop, self._factory = asyncio.get_running_loop(), factory
        self._tasks: set[asyncio.Task] = set()
        for sock in self._sockets:
            self._loop.add_reader(sock, self._take, sock)

    async def leave(self) -> None:
        """Take who is waiting at the door already, then close it."""
        for sock in self._sockets:
            self._loop.remove_reader(sock)
            for handle in _last_ones(sock):
                self._serve(socket.socket(fileno=handle))
        self._sockets = []
        if self._tasks:
            await asyncio.wait(self._tasks)

    def access(self, token: str, names: Iterable[str] = ()) -> Access:
        """Return who may ask of whom this lets in.

        Parameters
        ----------
        token : str
        names : iterable of str
            By which it is reached through a proxy, and so perhaps from everywhere.

        Raises
        ------
        UsageError
            If a name is none.
        """
        told = [name.lower().rstrip(".") for name in names]
        for name in told:
            if not _NAME.fullmatch(name):
                raise UsageError(
                    f"--allow-host: expected a name such as pictures.example.org, got {name!r}; "
                    "leave out scheme and port"
                )
        is_local = self.is_local and not told
        own = [self._host.lower(), *self.addresses]
        if not is_local:
            own += [socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"]
        return Access(token, is_local, LOOPBACK_NAMES.union(told, own))

    def url(self) -> str:
        """Return where it can be reached from this machine."""
        name = self.addresses[0]
        if ip_address(name.partition("%")[0]).is_unspecified:
            name = socket.gethostname()
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    def close(self) -> None:
        """Close the sockets, if they still are open."""
        for sock in self._sockets:
            sock.close()
        self._sockets = []

    def _listen(self, family: int, address: tuple) -> None:
        # named as TCP, without which asyncio would let answers wait for each other (Nagle)
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._sockets.append(sock)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address[0], self.port, *address[2:]))
        sock.listen(_BACKLOG)
        self.port = sock.getsockname()[1]

    def _take(self, sock: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no more files can be opened: who waits, waits a little longer
                self._loop.remove_reader(sock)
                self._loop.call_later(_PAUSE, self._watch_again, sock)
                return
            self._serve(connection)

    def _watch_again(self, sock: socket.socket) -> None:
        if sock in self._sockets:
            self._loop.add_reader(sock, self._take, sock)

    def _serve(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._factory, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _last_ones(sock: socket.socket) -> list[int]:
    """Return the handles of all who wait at a socket, and close it.

    The system resets those who come between the last look and the end, so nothing may
    stand between them: another thread could take Python's lock there for milliseconds.
    `ctypes.PyDLL` keeps the lock.
    """
    system, door, handles = ctypes.PyDLL(None), sock.detach(), []
    while (handle := system.accept(door, None, None)) >= 0:
        handles.append(handle)
    system.close(door)
    return handles
