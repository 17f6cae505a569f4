"""A connection that ends when its client keeps it waiting.

uvicorn waits for ever for the head of a request, and for a client that does not fetch its
answer. Here all connections are looked at once a second.

Floor 7: the extra serve; uvicorn's protocol, by the attributes that its own server uses.
"""

import json
from http import HTTPStatus

from uvicorn.protocols.http.h11_impl import H11Protocol

from sklimg.serve.problems import PROBLEM_TYPE

__all__ = ["Connection"]

HEAD_SECONDS = 10.0  # for the head of a request
FETCH_SECONDS = 20.0  # for an answer to be fetched
_MOST_IGNORED = 20_000_000  # bytes of a body whose answer was given already
_MOST_CONNECTIONS = 1000  # before the one that has been idle for longest makes room


class Connection(H11Protocol):
    """One client's connection."""

    def connection_made(self, transport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._state: tuple[str, int] | None = None
        self._since = self._idle_since = self.loop.time()
        self._n_answered = self._n_ignored = 0
        if len(self.connections) > _MOST_CONNECTIONS:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take bytes; of a body that nobody wants any more, not for ever."""
        if self.cycle is not None and self.cycle.response_complete:
            self._n_ignored += len(data)
            if self._n_ignored > _MOST_IGNORED:
                self.transport.abort()
                return
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._n_answered += 1
        self._n_ignored = 0
        self._idle_since = self.loop.time()
        super().on_response_complete()

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
        told = {"type": "about:blank", "title": HTTPStatus(400).phrase, "status": 400}
        body = json.dumps({**told, "code": "http", "detail": "expected HTTP/1.1, got damage"})
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: {PROBLEM_TYPE}\r\n"
        head += f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write((head + body).encode())
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
