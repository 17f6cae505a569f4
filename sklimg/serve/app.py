"""The application: which pages there are, and what stands before them.

Floor 7: the extra serve.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

import sklimg
from sklimg.errors import SklimgError
from sklimg.model import Model
from sklimg.serve.access import Access
from sklimg.serve.answers import Answers
from sklimg.serve.changes import add_changes
from sklimg.serve.counters import COUNTERS_TYPE
from sklimg.serve.dataanswers import DataAnswers
from sklimg.serve.guard import Guard
from sklimg.serve.jobanswers import JobAnswers
from sklimg.serve.jobs import Jobs
from sklimg.serve.keeper import Keeper
from sklimg.serve.live import Live
from sklimg.serve.logs import Log
from sklimg.serve.modelanswers import ModelAnswers
from sklimg.serve.pages import PAGE_TYPES
from sklimg.serve.predictanswers import PredictAnswers
from sklimg.serve.problems import Problem, as_problem
from sklimg.serve.schemas import (
    Classes,
    Health,
    ModelFacts,
    Predictions,
    described,
    predict_body,
    problems,
)

__all__ = ["create_app"]


def create_app(
    model: Model,
    access: Access,
    log: Log,
    test: dict[str, Any] | None = None,
    keeper: Keeper | None = None,
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
    keeper : Keeper, optional
        Without one, nothing is uploaded and nothing trained.

    Returns
    -------
    app : FastAPI
        The pages.
    guard : Guard
        What stands before them; this is what is to be served.
    """
    live = Live(model, test)
    jobs = None if keeper is None else Jobs(keeper, live, log)
    answers = Answers(live, access.is_local)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await answers.open()
        yield
        if jobs is not None:
            await jobs.close()
        await live.close()

    app = FastAPI(
        title="sklimg",
        summary="What pictures show, by one model.",
        version=sklimg.__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    for kind in (Problem, SklimgError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, as_problem)
    _add_predict(app, PredictAnswers(live, answers.counters), model.spec.n_pixels)
    _add_pages(app, answers)
    app.state.jobs = jobs
    models = ModelAnswers(keeper, jobs, live)
    add_changes(app, DataAnswers(keeper), JobAnswers(jobs), models)
    guard = Guard(app, access, answers.counters, log)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(app, access.is_local)
        return app.openapi_schema

    app.openapi = answers.openapi = openapi
    answers.is_draining = lambda: guard.is_draining
    answers.counters.tell_apart(route.path for route in app.routes)
    return app, guard


def _add_predict(app: FastAPI, answers: PredictAnswers, n_pixels: int) -> None:
    """Let an application say what images show."""
    app.post(
        "/predict",
        summary="What images or vectors show.",
        response_description="What each image shows, in the order of the request.",
        response_model=Predictions,
        responses=_with_page(problems(408, 422)),
        openapi_extra={"requestBody": predict_body(n_pixels)},
    )(answers.predict)


def _with_page(told: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Return how a route describes its answers, each of which may be a page as well."""
    told = {status: dict(answer) for status, answer in told.items()}
    told.setdefault(200, {"content": {}})
    for status in (200, 400, 415, 422, 503):
        told[status]["content"] = told[status]["content"] | {"text/html": {}}
    return told


def _add_pages(app: FastAPI, answers: Answers) -> None:
    """Let an application tell of itself, and show its pages."""
    app.get(
        "/metrics",
        summary="What was counted.",
        response_class=Response,
        responses={
            **problems(),
            200: {"description": "For Prometheus.", "content": {COUNTERS_TYPE: {}}},
        },
    )(answers.metrics)
    for path, page, summary, description, shape in (
        ("/health", answers.health, "How the service is.", "How it is, well or not.", Health),
        ("/health/live", answers.live, "Whether it runs.", "It runs.", Health),
        ("/health/ready", answers.ready, "Whether to ask it.", "It may be asked.", Health),
        ("/classes", answers.classes, "What it tells apart.", "The classes.", Classes),
        ("/model", answers.about, "What answers.", "The model.", ModelFacts),
    ):
        app.get(
            path,
            summary=summary,
            response_description=description,
            response_model=shape,
            responses=problems(),
        )(page)
    for path, page, summary in (
        ("/", answers.start, "A page to begin with."),
        ("/docs", answers.docs, "What can be asked, as a page."),
    ):
        app.get(
            path,
            summary=summary,
            response_description="The page.",
            response_class=HTMLResponse,
            responses=problems(),
        )(page)
    app.get(
        "/page/{name}",
        summary="A file of the page.",
        response_class=Response,
        responses={
            **problems(404, 422),
            200: {"description": "The file.", "content": {kind: {} for kind in PAGE_TYPES}},
        },
    )(answers.page_file)
    app.get("/favicon.ico", status_code=204, include_in_schema=False)(answers.icon)
