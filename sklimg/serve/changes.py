"""The pages of what a service keeps and learns: uploads, jobs, models.

Floor 7: the extra serve.
"""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from sklimg.serve.dataanswers import DataAnswers
from sklimg.serve.dataschemas import (
    DataSummary,
    Decided,
    Job,
    JobList,
    ModelList,
    PicturePage,
    RolledBack,
    Uploaded,
    decide_body,
    retrain_body,
    upload_body,
)
from sklimg.serve.jobanswers import JobAnswers
from sklimg.serve.modelanswers import ModelAnswers
from sklimg.serve.schemas import problems

__all__ = ["add_changes"]


def add_changes(app: FastAPI, data: DataAnswers, jobs: JobAnswers, models: ModelAnswers) -> None:
    """Let an application answer the paths of uploads, jobs and models."""
    _add_data(app, data)
    _add_jobs(app, jobs)
    _add_models(app, models)


def _add_data(app: FastAPI, data: DataAnswers) -> None:
    app.post(
        "/upload-data",
        summary="Labelled pictures to learn from.",
        response_description="What became of each file.",
        response_model=Uploaded,
        responses=problems(408, 409, 422, 507),
        openapi_extra={"requestBody": upload_body()},
    )(data.upload)
    app.get(
        "/data",
        summary="What was uploaded.",
        response_description="Counts, copies, conflicts.",
        response_model=DataSummary,
        responses=problems(409, 507),
    )(data.summary)
    app.get(
        "/pictures",
        summary="Pictures to look at.",
        response_description="As many as were asked for.",
        response_model=PicturePage,
        responses=problems(409, 422, 507),
    )(data.pictures)
    app.put(
        "/data/{id}",
        summary="Which label a picture has.",
        response_description="It has this label alone.",
        response_model=Decided,
        responses=problems(404, 408, 409, 422, 507),
        openapi_extra={"requestBody": decide_body()},
    )(data.decide)
    app.delete(
        "/data/{id}",
        status_code=204,
        summary="Forget a picture.",
        response_description="It is gone.",
        responses=problems(404, 409, 422, 507),
    )(data.remove)


def _add_jobs(app: FastAPI, jobs: JobAnswers) -> None:
    app.post(
        "/retrain",
        status_code=202,
        summary="Train a newer model.",
        response_description="The job that has begun.",
        response_model=Job,
        responses=problems(408, 409, 422, 507),
        openapi_extra={"requestBody": retrain_body()},
    )(jobs.retrain)
    app.get(
        "/jobs",
        summary="What was trained.",
        response_description="The last hundred jobs.",
        response_model=JobList,
        responses=problems(507),
    )(jobs.jobs)
    app.get(
        "/jobs/{id}",
        summary="How a job is.",
        response_description="The job.",
        response_model=Job,
        responses=problems(404, 422, 507),
    )(jobs.job)
    app.delete(
        "/jobs/{id}",
        summary="End a job.",
        response_description="The job, as it ended.",
        response_model=Job,
        responses=problems(404, 409, 422, 507),
    )(jobs.cancel)


def _add_models(app: FastAPI, models: ModelAnswers) -> None:
    app.get(
        "/models",
        summary="The models there are.",
        response_description="How each of them was found.",
        response_model=ModelList,
        responses=problems(507),
    )(models.models)
    app.get(
        "/models/{id}/report",
        summary="How good a model is, in full.",
        response_description="The report of its run.",
        response_class=HTMLResponse,
        responses=problems(404, 409, 422, 507),
    )(models.report)
    app.post(
        "/model/rollback",
        summary="Return to the model before.",
        response_description="The model that answers now.",
        response_model=RolledBack,
        responses=problems(409, 507),
    )(models.roll_back)
