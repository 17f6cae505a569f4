"""The application: which pages there are, and what they answer.

Floor 7: the extra serve.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

import sklimg
from sklimg.errors import ImageError
from sklimg.files import count
from sklimg.model import Model
from sklimg.serve.access import Access
from sklimg.serve.bodies import NamedImage, media_type, parse_images, parse_vectors
from sklimg.serve.counters import COUNTERS_TYPE, Counters
from sklimg.serve.guard import Guard
from sklimg.serve.logs import Log
from sklimg.serve.pages import docs_page, start_page
from sklimg.serve.predictor import Busy, Predictor
from sklimg.serve.problems import Problem, as_problem
from sklimg.serve.schemas import (
    Asked,
    Classes,
    Health,
    ModelFacts,
    Predictions,
    described,
    predict_body,
    problems,
)

__all__ = ["create_app"]

_AT_ONCE = 2**16  # bytes of a body that are parsed without a thread; a millisecond
_TYPES = ("multipart/form-data", "application/json")
_SOON = {"Retry-After": "2"}
_UNKNOWN = "how the training images became pixels was not recorded; pictures are taken as"


def create_app(
    model: Model, access: Access, log: Log, test: dict[str, Any] | None = None
) -> tuple[FastAPI, Guard]:
    """Make the application that answers for a model.

    Parameters
    ----------
    model : Model
    access : Access
        Who may ask.
    log : Log
    test : dict, optional
        ``accuracy``, ``accuracy_interval`` and ``n_test`` of the run it comes from.

    Returns
    -------
    app : FastAPI
        The pages.
    guard : Guard
        What stands before them; this is what is to be served.
    """
    predictor = Predictor(model)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(predictor.close)

    app = FastAPI(
        title="sklimg",
        summary="What pictures show, by one model.",
        version=sklimg.__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    for kind in (Problem, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, as_problem)
    facts = _facts(model, test)
    counters = Counters(lambda: predictor.waiting)
    guard = Guard(app, access, counters, log)

    def state() -> str:
        if not predictor.is_alive:
            return "failed"
        return "draining" if guard.is_draining else "ok"

    @app.post(
        "/predict",
        summary="What images or vectors show.",
        response_description="What each image shows, in the order of the request.",
        response_model=Predictions,
        responses=problems(408, 422),
        openapi_extra={"requestBody": predict_body(model.spec.n_pixels)},
    )
    async def predict(request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """Images as the parts named images of a form, or vectors of pixels as JSON."""
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
            content: Any = await _parsed(parse_vectors, body, model.spec.n_pixels)
            warnings = _warnings_of(content)
        else:
            images = await _parsed(parse_images, body, content_type)
            content = [image.content for image in images]
            warnings = [] if model.spec_is_known else [f"images: {_UNKNOWN} {model.spec}"]
        try:
            shares = await predictor.ask(content)
        except Busy as err:
            wait = {"Retry-After": str(err.seconds)}
            raise Problem(503, "busy", "too many images wait; ask again later", wait) from err
        _check_read(images, shares)
        threshold = asked.reject if asked.reject is not None else model.threshold or 0.0
        predictions = [_told(model.classes, each, asked.top, threshold) for each in shares]
        counters.images.inc(len(predictions))
        counters.rejected.inc(sum(told["rejected"] for told in predictions))
        told = {"model": model.id, "predictions": predictions}
        if warnings:
            told["warnings"] = warnings
        return _json(told)

    @app.get(
        "/health",
        summary="How the service is.",
        response_description="How it is, well or not.",
        response_model=Health,
        responses=problems(),
    )
    async def health() -> Response:
        """Answered also while the service is not ready; the status tells."""
        told = {"status": state(), "model": model.id, "waiting": predictor.waiting}
        return _json(told)

    @app.get(
        "/health/live",
        summary="Whether it runs.",
        response_description="It runs.",
        response_model=Health,
        responses=problems(),
    )
    async def live() -> Response:
        """Answered as long as the service need not be started anew."""
        if state() == "failed":
            raise Problem(503, "failed", "the service cannot answer; start it anew", _SOON)
        return await health()

    @app.get(
        "/health/ready",
        summary="Whether to ask it.",
        response_description="It may be asked.",
        response_model=Health,
        responses=problems(),
    )
    async def ready() -> Response:
        """Answered as long as questions may be sent."""
        if state() != "ok":
            raise Problem(503, state(), "the service takes no more questions", _SOON)
        return await health()

    @app.get(
        "/classes",
        summary="What it tells apart.",
        response_description="The classes.",
        response_model=Classes,
        responses=problems(),
    )
    async def classes() -> Response:
        """The classes in natural order, with the images that each was learned from."""
        told = [{"label": label, "images": model.counts[label]} for label in model.classes]
        return _json({"model": model.id, "classes": told})

    @app.get(
        "/model",
        summary="What answers.",
        response_description="The model.",
        response_model=ModelFacts,
        responses=problems(),
    )
    async def about() -> Response:
        """The model: what it takes, when it is too unsure, and how good it was when tested."""
        return _json(facts)

    @app.get(
        "/metrics",
        summary="What was counted.",
        response_class=Response,
        responses={
            **problems(),
            200: {"description": "For Prometheus.", "content": {COUNTERS_TYPE: {}}},
        },
    )
    async def metrics() -> Response:
        """Requests, times and images since the start, in Prometheus's text format."""
        return Response(counters.text(), media_type=COUNTERS_TYPE)

    @app.get(
        "/",
        summary="A page to begin with.",
        response_description="The page.",
        response_class=HTMLResponse,
        responses=problems(),
    )
    async def start(request: Request) -> Response:
        """What is served here, a form to ask it, and how to ask from the shell."""
        return HTMLResponse(start_page(facts, model.classes, str(request.base_url)))

    @app.get(
        "/docs",
        summary="What can be asked, as a page.",
        response_description="The page.",
        response_class=HTMLResponse,
        responses=problems(),
    )
    async def docs() -> Response:
        """What openapi.json says, to read."""
        return HTMLResponse(docs_page(app.openapi()))

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(app, access.is_local)
        return app.openapi_schema

    app.openapi = openapi
    counters.tell_apart(route.path for route in app.routes)
    return app, guard


def _json(told: dict[str, Any]) -> Response:
    """Return an answer in JSON, its letters escaped so that any label can be told."""
    return Response(json.dumps(told), media_type="application/json")


async def _parsed(parse: Any, body: bytes, *args: Any) -> Any:
    """Parse a body; a large one in a thread, so that others are answered meanwhile."""
    if len(body) <= _AT_ONCE:
        return parse(body, *args)
    return await run_in_threadpool(parse, body, *args)


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
        text = f"{len(errors)} of {count(len(shares), 'image')} cannot be read, none is answered"
        raise Problem(422, "image", f"{text}: {errors[0]['detail']}", errors=errors)


def _told(classes: Sequence[str], shares: np.ndarray, top: int, threshold: float) -> dict[str, Any]:
    """Return the answer to one image."""
    order = (-shares).argsort(kind="stable")[:top]
    ranked = [{"label": classes[i], "probability": float(shares[i])} for i in order]
    return {**ranked[0], "rejected": ranked[0]["probability"] < threshold, "top": ranked}


def _warnings_of(vectors: np.ndarray) -> list[str]:
    """Return what is odd about vectors."""
    odd = np.flatnonzero(vectors.max(axis=1) == 1)[:10]
    return [f"vectors[{i}]: no value is above 1; a model of 0-255 sees black" for i in odd]


def _facts(model: Model, test: dict[str, Any] | None) -> dict[str, Any]:
    """Return what `/model` tells."""
    return {
        "id": model.id,
        "n_classes": len(model.classes),
        "n_pixels": model.spec.n_pixels,
        "image": asdict(model.spec),
        "image_is_known": model.spec_is_known,
        "threshold": model.threshold,
        "error_rate": model.error_rate,
        "test": test,
    }
