"""A connection that ends when its client keeps it waiting, or busy with nothing.

uvicorn waits for ever for the head of a request, and for a client that does not fetch its
answer. Here all connections are looked at once a second. And a body in a million pieces
would hold up everybody while it is put together.

Floor 7: the extra serve; uvicorn's protocol, by the attributes that its own server uses.
"""

import resource
from functools import cache
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_SECONDS", "Connection"]

HEAD_SECONDS = 10.0  # for the head of a request
FETCH_SECONDS = 20.0  # for an answer to be fetched
_MOST_IGNORED = 200_000_000  # bytes of a body whose answer was given already
_CHUNKS, _CHUNK_BYTES = 100, 512  # so many of any size; more must be larger on average
_MOST_CONNECTIONS = 1000  # before the one that has been idle for longest makes room
_SPARE_FILES = 100  # that are no connections


class _Framing(h11.Connection):
    """Takes HTTP apart, but no body of very many very small chunks."""

    _n_chunks = _n_bytes = 0

    def next_event(self) -> Any:
        """Return what came next.

        Raises
        ------
        h11.RemoteProtocolError
            If it is no HTTP, or one chunk too many.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._n_chunks = self._n_bytes = 0
        elif isinstance(event, h11.Data):
            self._n_chunks += event.chunk_start
            self._n_bytes += len(event.data)
            if self._n_chunks > _CHUNKS + self._n_bytes / _CHUNK_BYTES:
                raise h11.RemoteProtocolError("very many very small chunks")
        return event


class Connection(H11Protocol):
    """One client's connection."""

    def __init__(self, config: Any, *args: Any, **kwargs: Any):
        super().__init__(config, *args, **kwargs)
        self.conn = _Framing(h11.SERVER, config.h11_max_incomplete_event_size)

    def connection_made(self, transport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._state: tuple[str, int] | None = None
        self._since = self._idle_since = self.loop.time()
        self._n_answered = self._n_ignored = 0
        self._has_ended = False
        if len(self.connections) > min(_MOST_CONNECTIONS, _n_files() - _SPARE_FILES):
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take bytes; of a body that nobody wants any more, not for ever."""
        if self.cycle is not None and self.cycle.response_complete:
            self._n_ignored += len(data)
            if self._n_ignored > _MOST_IGNORED:
                self.transport.abort()
                return
        super().data_received(data)

    def eof_received(self) -> bool:
        """Keep the connection of who has asked and says no more, until it is answered."""
        self._has_ended = True
        return self._waits_for() == "service" and not self.cycle.more_body

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._n_answered += 1
        self._n_ignored = 0
        self._idle_since = self.loop.time()
        super().on_response_complete()
        if self._has_ended and self._waits_for() == "head":  # and nothing followed that waits
            self.transport.close()

    def look(self) -> None:
        """End the connection if it was found waiting for the same for too long."""
        now = self.loop.time()
        state = (self._waits_for(), self._n_answered)
        if state != self._state:
            self._state, self._since = state, now
        most = {"head": HEAD_SECONDS, "fetch": FETCH_SECONDS}.get(state[0])
        if most is not None and now - self._since > most:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no HTTP, and end the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):  # no answer is under way
            guard, client = self.config.app, self.client
            self.transport.write(guard.answer_to_damage(client[0] if client else ""))
        self.transport.close()

    def _make_room(self) -> None:
        """End the connection that has waited for a request for longest."""
        idle = [one for one in self.connections if one is not self and one._waits_for() == "head"]
        if idle:
            min(idle, key=lambda one: one._idle_since).transport.abort()

    def _waits_for(self) -> str:
        """Return what is awaited: the head of a request, the service, that an answer is fetched."""
        if self.transport.is_closing() or self.flow.write_paused:
            return "fetch"
        is_answered = self.cycle is None or self.cycle.response_complete
        return "head" if is_answered else "service"


@cache
def _n_files() -> int:
    """Return how many files this process may have open."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST_CONNECTIONS + _SPARE_FILES if most == resource.RLIM_INFINITY else most
