"""What stands before the application: limits of a request, and what is told of it.

Bodies are bounded while they come, before anybody parses them: each by its size and its
time, all together by the memory that they take.

Floor 7: ASGI.
"""

import asyncio
import re
import secrets
import traceback
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response

from sklimg.serve.access import Access
from sklimg.serve.counters import Counters
from sklimg.serve.logs import Log
from sklimg.serve.pages import is_form_of_browser, refusal_page
from sklimg.serve.problems import Problem

__all__ = ["BODY_SECONDS", "MOST_BODY", "Guard"]

MOST_BODY = 10_000_000  # bytes
BODY_SECONDS = 30.0
_MOST_UPLOAD = 512_000_000  # bytes, to what writes a body to the disk as it comes
_UPLOAD_SECONDS = 3600.0  # for all of it, each piece within BODY_SECONDS
_UPLOADS = frozenset({("POST", "/upload-data")})
_MOST_BODIES = 100_000_000  # bytes, of all requests together
_SMALL_BODY = 2**16  # bytes
_GONE = 499  # a client that left; nobody is told
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with none, our own form has no Origin
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"x-frame-options", b"DENY"),
]
_ENDING = Problem(503, "draining", "the service ends; ask again", {"Retry-After": "2"})


class Guard:
    """Lets through requests that may be answered; counts and logs all.

    Parameters
    ----------
    app : ASGI application
    access : Access
    counters : Counters
    log : Log

    Attributes
    ----------
    is_draining : bool
        Whether every connection ends with its next answer.
    """

    def __init__(self, app: Any, access: Access, counters: Counters, log: Log):
        self._app, self._access = app, access
        self._counters, self._log = counters, log
        self._n_held = 0  # bytes of bodies
        self.is_draining = False

    async def __call__(self, scope, receive, send) -> None:
        """Answer one request, whatever becomes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(self, scope, receive, send)
        start = perf_counter()
        try:
            self._access.check(scope)
            exchange.check_length()
            is_head = scope["method"] == "HEAD"  # is a GET whose body is not sent
            await self._app(
                {**scope, "method": "GET"} if is_head else scope, exchange.receive, exchange.send
            )
        except Problem as problem:
            await _answer(problem, scope)(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _GONE
        except asyncio.CancelledError:  # the service ends, and waits no longer
            if exchange.status is None:
                await _ENDING.response()(scope, exchange.receive, exchange.send)
        except Exception as err:  # a bug, of which the client was told no more than that
            self._log.tell(
                "error", "error", id=exchange.id, trace="".join(traceback.format_exception(err))
            )
        finally:
            self._n_held -= exchange.n_held
            self._tell(exchange, perf_counter() - start)

    def answer_to_damage(self, client: str) -> bytes:
        """Return the whole answer to bytes of a client that are no HTTP; told in the log, too."""
        problem = Problem(400, "http", "expected HTTP/1.1, got something else, damaged or in bits")
        answer, name = problem.response(), secrets.token_hex(8)
        headers = [*answer.raw_headers, *_HEADERS, (b"x-request-id", name.encode())]
        lines = [b"HTTP/1.1 400 Bad Request", b"connection: close"]
        lines += [key + b": " + value for key, value in headers]
        self._counters.count("", "", 400, 0.0)
        self._log.tell("request", id=name, client=client, method="", path="", status=400)
        return b"\r\n".join([*lines, b"", bytes(answer.body)])

    def hold(self, n_bytes: int, n_of_body: int) -> None:
        """Reckon with more bytes of a body; raise if there are too many of all.

        A small body is always taken in: large ones of others do not keep it out.
        """
        self._n_held += n_bytes
        if self._n_held > _MOST_BODIES and n_of_body > _SMALL_BODY:
            raise Problem(503, "busy", "the service is busy; ask again", {"Retry-After": "2"})

    def _tell(self, exchange: "_Exchange", seconds: float) -> None:
        scope, status = exchange.scope, exchange.status or _GONE
        self._counters.count(scope["method"], scope["path"], status, seconds)
        self._log.tell(
            "request",
            id=exchange.id,
            client=(scope.get("client") or ("",))[0],
            method=scope["method"][:20],
            path=scope.get("raw_path", b"")[:200],
            status=status,
            bytes=exchange.n_bytes,
            request_seconds=round(seconds, 5),
        )


class _Exchange:
    """One request and its answer, as they pass."""

    def __init__(self, guard: Guard, scope, receive, send):
        self.guard, self.scope = guard, scope
        self._receive, self._send = receive, send
        self.n_bytes = self.n_held = 0
        self.status: int | None = None
        self._is_upload = (scope["method"], scope["path"]) in _UPLOADS
        self._most = _MOST_UPLOAD if self._is_upload else MOST_BODY
        seconds = _UPLOAD_SECONDS if self._is_upload else BODY_SECONDS
        self._end = asyncio.get_running_loop().time() + seconds
        # a client that sends its body when it is told to, and has not been told
        self._is_waited_for = any(key == b"expect" for key, _ in scope["headers"])
        given = next((value for key, value in scope["headers"] if key == b"x-request-id"), b"")
        self.id = given.decode() if _ID.fullmatch(given) else secrets.token_hex(8)

    def check_length(self) -> None:
        """Raise if a body is too long by what its head says, or packed."""
        for name, value in self.scope["headers"]:
            if name == b"content-length" and int(value) > self._most:
                raise _too_large(self._most)
            if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
                raise Problem(
                    415,
                    "content_encoding",
                    "Content-Encoding: expected none; send the body as it is",
                    {"Accept-Encoding": "identity"},
                )

    async def receive(self) -> dict[str, Any]:
        """Return the next piece of the body, within its bounds."""
        try:
            async with asyncio.timeout_at(self._until() if self.status is None else None):
                message = await self._receive()
        except TimeoutError as err:
            raise Problem(
                408,
                "slow",
                f"body: expected all of it within {BODY_SECONDS:.0f} s; send it faster, or less",
                {"Connection": "close"},
            ) from err
        self._is_waited_for = False
        n = len(message.get("body", b""))
        self.n_bytes += n
        if not self._is_upload:
            self.n_held += n
            self.guard.hold(n, self.n_bytes)
        if self.n_bytes > self._most:
            raise _too_large(self._most)
        return message

    def _until(self) -> float:
        """Return when the next piece has to be there."""
        soon = asyncio.get_running_loop().time() + BODY_SECONDS
        return min(self._end, soon) if self._is_upload else self._end

    async def send(self, message: dict[str, Any]) -> None:
        """Send a part of the answer, with the headers that all have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *_HEADERS, (b"x-request-id", self.id.encode())]
            is_last = self.guard.is_draining or self._is_waited_for
            if is_last and not any(key.lower() == b"connection" for key, _ in headers):
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        elif self.scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)


def _answer(problem: Problem, scope: Mapping[str, Any]) -> Response:
    """Return a refusal, as a page for a browser that has sent the form without a script."""
    if not is_form_of_browser(scope):
        return problem.response()
    return HTMLResponse(refusal_page(problem.detail), problem.status, problem.headers)


def _too_large(most: int) -> Problem:
    return Problem(
        413,
        "too_large",
        f"body: expected at most {most // 10**6} MB, got more; send fewer or smaller images",
    )
