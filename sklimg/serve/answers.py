"""What a service answers about itself and its model, and its pages for people.

Floor 7: the extra serve.
"""

import json
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from sklimg.serve.counters import COUNTERS_TYPE, Counters
from sklimg.serve.docspage import docs_page
from sklimg.serve.live import Live
from sklimg.serve.pages import PAGE_FILES, page_file, start_page
from sklimg.serve.problems import Problem

__all__ = ["Answers", "json_answer"]

_SOON = {"Retry-After": "2"}


class Answers:
    """The answers of one service; each public method that takes a request is a page.

    Parameters
    ----------
    live : Live
    is_local : bool
        Whether only this machine can ask. Elsewhere the first page, which is shown to
        anybody, says nothing of the model.

    Attributes
    ----------
    counters : Counters
    is_draining : function
        Tells whether the service is about to end.
    openapi : function
        Returns the description of the service.
    """

    def __init__(self, live: Live, is_local: bool):
        self._live, self._is_local = live, is_local
        self.counters = Counters(lambda: live.now.predictor.waiting)
        self.is_draining: Callable[[], bool] = lambda: False
        self.openapi: Callable[[], dict[str, Any]] = dict

    async def open(self) -> None:
        """Read now what is read once: nothing has to be opened for a request."""
        await run_in_threadpool(self._start, "")
        for name in PAGE_FILES:
            page_file(name)
        docs_page(self.openapi())

    async def health(self, request: Request) -> Response:
        """Answered also while the service is not ready; the status tells."""
        now = self._live.now
        told = {"status": self._state(), "model": now.model.id}
        return json_answer(told | {"waiting": now.predictor.waiting})

    async def live(self, request: Request) -> Response:
        """Answered as long as the service need not be started anew."""
        if self._state() == "failed":
            raise Problem(503, "failed", "the service cannot answer; start it anew", _SOON)
        return await self.health(request)

    async def ready(self, request: Request) -> Response:
        """Answered as long as questions may be sent."""
        if self._state() != "ok":
            raise Problem(503, self._state(), "the service takes no more questions", _SOON)
        return await self.health(request)

    async def classes(self, request: Request) -> Response:
        """The classes in natural order, with the images that each was learned from."""
        model = self._live.now.model
        told = [{"label": label, "images": model.counts[label]} for label in model.classes]
        return json_answer({"model": model.id, "classes": told})

    async def about(self, request: Request) -> Response:
        """The model: what it takes, when it is too unsure, and how good it was when tested."""
        return json_answer(self._live.now.facts)

    async def metrics(self, request: Request) -> Response:
        """Requests, times and images since the start, in Prometheus's text format."""
        return Response(self.counters.text(), media_type=COUNTERS_TYPE)

    async def start(self, request: Request) -> Response:
        """What is served here, ways to ask it, to teach it, and to look at what it knows."""
        return HTMLResponse(self._start(str(request.base_url)))

    async def page_file(self, request: Request, name: str) -> Response:
        """A style or a script of the first page."""
        found = page_file(name)
        if found is None:
            raise Problem(404, "not_found", f"{name[:80]}: the page has no such file")
        return Response(found.content, media_type=found.media_type)

    async def docs(self, request: Request) -> Response:
        """What openapi.json says, to read."""
        return HTMLResponse(docs_page(self.openapi()))

    async def icon(self, request: Request) -> Response:
        """No icon, which browsers ask for beside an answer in JSON."""
        return Response(status_code=204)

    def _start(self, base: str) -> str:
        now = self._live.now
        if not self._is_local:
            return start_page(None, (), base)
        return start_page(now.facts, now.model.classes, base)

    def _state(self) -> str:
        if not self._live.now.predictor.is_alive:
            return "failed"
        return "draining" if self.is_draining() else "ok"


def json_answer(
    told: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return an answer in JSON, its letters escaped so that any label can be told."""
    return Response(json.dumps(told), status, headers, "application/json")
