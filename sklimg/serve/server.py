"""The server: what runs until it is told to stop, and then answers what it has accepted.

Floor 7: the extra serve.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial

import uvicorn

from sklimg.serve.connections import Connection
from sklimg.serve.guard import Guard
from sklimg.serve.listener import Listener

__all__ = ["Server"]

_IDLE_SECONDS = 8  # that a connection may wait for its next request; less than for a head
_LAST_SECONDS = 30  # for what is under way when it is told to stop
_LINGER_SECONDS = 1.0  # in which a request may still come on a connection that is open
_TICKS = 10  # of a tenth of a second between two looks at the connections
_MOST_HEAD = 16 * 1024  # bytes


class Server(uvicorn.Server):
    """Serves an application to whom its listener lets in.

    Parameters
    ----------
    guard : Guard
        With the application behind it.
    listener : Listener
    opened : function
        Called when clients can come.
    """

    def __init__(self, guard: Guard, listener: Listener, opened: Callable[[], None]):
        super().__init__(
            uvicorn.Config(
                guard,
                http=Connection,
                loop="asyncio",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_LAST_SECONDS,
                h11_max_incomplete_event_size=_MOST_HEAD,
            )
        )
        self._guard, self._listener, self._opened = guard, listener, opened

    def run(self, sockets: None = None) -> None:
        """Serve until SIGTERM or Ctrl-C; then finish what was accepted.

        uvicorn raises the signal again when it has ended: SIGTERM is no error of a service.
        """
        if threading.current_thread() is not threading.main_thread():
            super().run()  # which has no signals
            return
        before = signal.signal(signal.SIGTERM, self._stop)
        try:
            super().run()
        finally:
            signal.signal(signal.SIGTERM, before)

    async def startup(self, sockets: list | None = None) -> None:
        """Start the application, then let clients in."""
        await super().startup(sockets=[])
        self._listener.open(
            partial(
                Connection,
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
            )
        )
        self._opened()

    async def on_tick(self, counter: int) -> bool:
        """Look at the connections once a second."""
        if counter % _TICKS == 0:
            self._look()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list | None = None) -> None:
        """Close the door, let each connection have its answer, end."""
        self._guard.is_draining = True
        await self._listener.leave()
        end = asyncio.get_running_loop().time() + _LINGER_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        looking = asyncio.ensure_future(self._keep_looking())
        await super().shutdown()
        looking.cancel()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._look()

    def _look(self) -> None:
        """End the connections that wait for their clients for too long."""
        for connection in list(self.server_state.connections):
            connection.look()

    def _stop(self, *_: object) -> None:
        self.should_exit = True
