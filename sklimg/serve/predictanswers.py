"""What a service answers to who shows it images or vectors.

Floor 7: the extra serve.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from sklimg.errors import ImageError
from sklimg.names import SEES_BLACK, SPEC_UNKNOWN
from sklimg.reportpictures import picture_uri
from sklimg.serve.answers import json_answer
from sklimg.serve.bodies import NamedImage, media_type, parse_images, parse_vectors
from sklimg.serve.counters import Counters
from sklimg.serve.live import Answering, Live
from sklimg.serve.pages import answer_page, is_form_of_browser, refusal_page
from sklimg.serve.predictor import Answer, Busy
from sklimg.serve.problems import Problem
from sklimg.serve.schemas import Asked

__all__ = ["PredictAnswers"]

_SMALL_BYTES = 2**16  # of a body that is parsed without a thread; a millisecond
_TYPES = ("multipart/form-data", "application/json")
_MOST_WARNINGS = 10
_MOST_TOLD = 20_000  # classes of all images of an answer; a tenth of a second
_N_PARSERS = 2  # large bodies that are parsed at once


class PredictAnswers:
    """The answers of the model that is live.

    Parameters
    ----------
    live : Live
    counters : Counters
    """

    def __init__(self, live: Live, counters: Counters):
        self._live, self._counters = live, counters
        self._parsers = asyncio.Semaphore(_N_PARSERS)

    async def predict(self, request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """Images as the parts named images of a form, or vectors of pixels as JSON.

        A browser that sends the form itself, without a script, is answered by a page.
        """
        with self._live.use() as answering:
            if not is_form_of_browser(request.scope):
                told, _ = await self._predicted(request, asked, asked.pixels, answering)
                return json_answer(told)
            try:
                told, names = await self._predicted(request, asked, True, answering)
            except Problem as err:
                return HTMLResponse(refusal_page(err.detail), err.status, err.headers)
            return HTMLResponse(answer_page(names, told["predictions"], answering.facts))

    async def _predicted(
        self, request: Request, asked: Asked, with_pixels: bool, answering: Answering
    ) -> tuple[dict[str, Any], list[str]]:
        """Return what one model says, whatever takes its place meanwhile; and names of images."""
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
            answers = await answering.predictor.ask(content)
        except Busy as err:
            wait = {"Retry-After": str(err.seconds)}
            raise Problem(503, "busy", "too many images wait; ask again later", wait) from err
        _check_read(images, answers)
        threshold = asked.reject if asked.reject is not None else model.threshold or 0.0
        predictions = [_told(model.classes, each.shares, asked.top, threshold) for each in answers]
        if with_pixels:
            seen = await run_in_threadpool(_seen, answers, model.spec.shape)
            predictions = [
                told | {"pixels": uri} for told, uri in zip(predictions, seen, strict=True)
            ]
        self._counters.images.inc(len(predictions))
        self._counters.rejected.inc(sum(told["rejected"] for told in predictions))
        told = {"model": model.id, "predictions": predictions}
        names = [image.name for image in images]
        return (told | {"warnings": warnings} if warnings else told), names

    async def _parsed(self, parse: Callable[..., Any], body: bytes, *args: Any) -> Any:
        """Parse a body; a large one in a thread, so that others are answered meanwhile."""
        if len(body) <= _SMALL_BYTES:
            return parse(body, *args)
        async with self._parsers:
            return await run_in_threadpool(parse, body, *args)


def _seen(answers: Sequence[Answer], shape: tuple[int, ...]) -> list[str]:
    """Return the pixels of images as addresses of pictures."""
    return [picture_uri(each.pixels.reshape(shape)) for each in answers]


def _check_read(images: Sequence[NamedImage], answers: Sequence[Answer | ImageError]) -> None:
    """Raise if an image could not be read; nothing is answered by halves."""
    errors = [
        {
            "index": i,
            "name": images[i].name,
            "code": err.code,
            "detail": str(err).replace("image:", f"images[{i}]:", 1),
        }
        for i, err in enumerate(answers)
        if isinstance(err, ImageError)
    ]
    if errors:
        text = f"{len(errors)} of {len(answers)} images cannot be read, none is answered: "
        detail = (text if len(answers) > 1 else "") + errors[0]["detail"]
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
