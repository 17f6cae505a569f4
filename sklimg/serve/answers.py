"""What each page of a service answers.

Floor 7: the extra serve.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from sklimg.errors import ImageError
from sklimg.names import SEES_BLACK, SPEC_UNKNOWN
from sklimg.serve.bodies import NamedImage, media_type, parse_images, parse_vectors
from sklimg.serve.counters import COUNTERS_TYPE, Counters
from sklimg.serve.live import Answering, Live
from sklimg.serve.pages import docs_page, start_page
from sklimg.serve.predictor import Busy
from sklimg.serve.problems import Problem
from sklimg.serve.schemas import Asked

__all__ = ["Answers", "json_answer"]

_SMALL_BYTES = 2**16  # of a body that is parsed without a thread; a millisecond
_TYPES = ("multipart/form-data", "application/json")
_MOST_WARNINGS = 10
_MOST_TOLD = 20_000  # classes of all images of an answer; a tenth of a second
_N_PARSERS = 2  # large bodies that are parsed at once
_SOON = {"Retry-After": "2"}


class Answers:
    """The answers of one service; each public method that takes a request is a page.

    Parameters
    ----------
    live : Live

    Attributes
    ----------
    counters : Counters
    is_draining : function
        Tells whether the service is about to end.
    openapi : function
        Returns the description of the service.
    """

    def __init__(self, live: Live):
        self._live = live
        self._parsers = asyncio.Semaphore(_N_PARSERS)
        self.counters = Counters(lambda: live.now.predictor.waiting)
        self.is_draining: Callable[[], bool] = lambda: False
        self.openapi: Callable[[], dict[str, Any]] = dict

    async def open(self) -> None:
        """Read now what is read once: nothing has to be opened for a request."""
        now = self._live.now
        await run_in_threadpool(start_page, now.facts, now.model.classes, "")
        docs_page(self.openapi())

    async def predict(self, request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """Images as the parts named images of a form, or vectors of pixels as JSON."""
        with self._live.use() as answering:
            return await self._predicted(request, asked, answering)

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
        """What is served here, a form to ask it, and how to ask from the shell."""
        base = str(request.base_url)
        now = self._live.now
        return HTMLResponse(start_page(now.facts, now.model.classes, base))

    async def docs(self, request: Request) -> Response:
        """What openapi.json says, to read."""
        return HTMLResponse(docs_page(self.openapi()))

    async def icon(self, request: Request) -> Response:
        """No icon, which browsers ask for beside an answer in JSON."""
        return Response(status_code=204)

    async def _predicted(self, request: Request, asked: Asked, answering: Answering) -> Response:
        """Answer a request by one model, whatever takes its place meanwhile."""
        model = answering.model
        content_type = request.headers.get("content-type", "")
        kind = media_type(content_type)
        if kind not in _TYPES:
            raise Problem(
                415,
                "content_type",
                f"Content-Type: expected {' or '.join(_TYPES)}, got {kind[:80] or 'none'}",
                {"Accept-Post": ", ".join(_TYPES)},
            )
        body = await request.body()
        images: Sequence[NamedImage] = ()
        if kind == "application/json":
            content: Any = await self._parsed(parse_vectors, body, model.spec.n_pixels)
            warnings = _warnings_of(content)
        else:
            images = await self._parsed(parse_images, body, content_type)
            content = [image.content for image in images]
            warnings = [] if model.spec_is_known else [f"images: {SPEC_UNKNOWN} {model.spec}"]
        n_told = len(content) * min(asked.top, len(model.classes))
        if n_told > _MOST_TOLD:
            raise Problem(
                422,
                "parameter",
                f"query: top: expected at most {_MOST_TOLD:,} classes of all images together, got "
                f"{n_told:,}; ask for fewer, or send fewer images",
            )
        try:
            shares = await answering.predictor.ask(content)
        except Busy as err:
            wait = {"Retry-After": str(err.seconds)}
            raise Problem(503, "busy", "too many images wait; ask again later", wait) from err
        _check_read(images, shares)
        threshold = asked.reject if asked.reject is not None else model.threshold or 0.0
        predictions = [_told(model.classes, each, asked.top, threshold) for each in shares]
        self.counters.images.inc(len(predictions))
        self.counters.rejected.inc(sum(told["rejected"] for told in predictions))
        told = {"model": model.id, "predictions": predictions}
        return json_answer(told | {"warnings": warnings} if warnings else told)

    async def _parsed(self, parse: Callable[..., Any], body: bytes, *args: Any) -> Any:
        """Parse a body; a large one in a thread, so that others are answered meanwhile."""
        if len(body) <= _SMALL_BYTES:
            return parse(body, *args)
        async with self._parsers:
            return await run_in_threadpool(parse, body, *args)

    def _state(self) -> str:
        if not self._live.now.predictor.is_alive:
            return "failed"
        return "draining" if self.is_draining() else "ok"


def json_answer(
    told: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return an answer in JSON, its letters escaped so that any label can be told."""
    return Response(json.dumps(told), status, headers, "application/json")


def _check_read(images: Sequence[NamedImage], shares: Sequence[np.ndarray | ImageError]) -> None:
    """Raise if an image could not be read; nothing is answered by halves."""
    errors = [
        {
            "index": i,
            "name": images[i].name,
            "code": err.code,
            "detail": str(err).replace("image:", f"images[{i}]:", 1),
        }
        for i, err in enumerate(shares)
        if isinstance(err, ImageError)
    ]
    if errors:
        text = f"{len(errors)} of {len(shares)} images cannot be read, none is answered: "
        detail = (text if len(shares) > 1 else "") + errors[0]["detail"]
        raise Problem(422, "image", detail, errors=errors)


def _told(classes: Sequence[str], shares: np.ndarray, top: int, threshold: float) -> dict[str, Any]:
    """Return the answer to one image."""
    order = (-shares).argsort(kind="stable")[:top]
    ranked = [{"label": classes[i], "probability": float(shares[i])} for i in order]
    return {**ranked[0], "rejected": ranked[0]["probability"] < threshold, "top": ranked}


def _warnings_of(vectors: np.ndarray) -> list[str]:
    """Return what is odd about vectors."""
    odd = np.flatnonzero(vectors.max(axis=1) == 1)[:_MOST_WARNINGS]
    return [f"vectors[{i}]: {SEES_BLACK}" for i in odd]
