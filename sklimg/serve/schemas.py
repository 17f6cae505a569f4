"""The shapes of answers and requests, as the OpenAPI page tells them.

Floor 7: the extra serve; descriptions, no work.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from sklimg.serve.bodies import MOST_IMAGES, MOST_VECTORS
from sklimg.serve.problems import PROBLEM_TYPE

__all__ = [
    "Asked",
    "Classes",
    "Health",
    "ModelFacts",
    "Predictions",
    "TestFacts",
    "described",
    "predict_body",
    "problems",
]

_SHOWN = ("/", "/page/{name}")  # to anybody, wherever
_SCHEMAS = "#/components/schemas/"
_TOKEN = "token"
_PROBLEMS = {
    400: "The request is damaged: no host, no JSON, no form.",
    401: "The token is missing, and needed here; or it is wrong.",
    403: "The request comes from a page of another site.",
    404: "There is nothing of this id.",
    408: "The body took too long to come.",
    409: "Not now, or not here: a job runs, or there is nothing to go on with.",
    413: "The body is too large.",
    415: "The body is of another type than those listed, or packed.",
    421: "The service is not known by the host that the request names.",
    422: "The request is whole, but what it holds cannot be answered.",
    500: "Damage of what the service keeps, or a bug; the log tells more.",
    503: "Too much is waiting, or the service is about to end; ask again later.",
    507: "The disk is full, or does not let itself be written.",
}
_ALWAYS = (400, 401, 403, 413, 415, 421, 500, 503)  # whatever is asked for
_ID = {
    "description": "What the log calls this request; yours, if you sent one.",
    "schema": {"type": "string"},
}
_WAIT = {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}
_CHALLENGE = {"description": "How to show the token.", "schema": {"type": "string"}}


class Fault(BaseModel):
    """What is wrong of one part of a request."""

    model_config = ConfigDict(extra="allow")
    detail: str


class ProblemDetails(BaseModel):
    """Why a request was refused, as RFC 9457 tells it."""

    type: str = Field(description="Always about:blank; the code tells more.")
    title: str = Field(description="The words of the status.")
    status: int = Field(ge=400, le=599)
    code: str = Field(description="A stable word for the reason.")
    detail: str = Field(description="Where, what was expected, what came, what to do.")
    errors: list[Fault] | None = Field(None, description="Each part that is wrong, with its place.")


class Candidate(BaseModel):
    """A class, and how probable it is."""

    label: str
    probability: float = Field(ge=0, le=1)


class Prediction(BaseModel):
    """What one image shows."""

    label: str = Field(description="The most probable class.")
    probability: float = Field(ge=0, le=1, description="Calibrated on images held back.")
    rejected: bool = Field(description="Whether it is too unsure to be trusted.")
    top: list[Candidate] = Field(description="The most probable classes, the first one first.")
    pixels: str | None = Field(
        None, description="The pixels that the model saw, as a data address; if asked for."
    )


class Predictions(BaseModel):
    """The answers to a request, in its order."""

    model: str = Field(description="The id of the model that answered.")
    predictions: list[Prediction]
    warnings: list[str] | None = Field(
        None, description="What is odd about the request, if anything."
    )


class Health(BaseModel):
    """How the service is."""

    status: str = Field(description="ok; draining while it ends; failed if it cannot answer.")
    model: str = Field(description="The id of the model that answers.")
    waiting: int = Field(description="Images that wait for their answer.")


class ClassFacts(BaseModel):
    """One class of the model."""

    label: str
    images: int = Field(description="Images of it that the model was trained on.")


class Classes(BaseModel):
    """The classes of the model, in natural order."""

    model: str = Field(description="Its id.")
    classes: list[ClassFacts]


class TestFacts(BaseModel):
    """How good the model was on images that it had never seen."""

    accuracy: float = Field(ge=0, le=1)
    accuracy_interval: list[float] = Field(description="95 %, lowest and highest.")
    n_test: int = Field(description="Pictures; copies of one count once.")


class ModelFacts(BaseModel):
    """What is known of the model."""

    id: str = Field(description="Changes with any of its files.")
    words: str = Field(description="What it does and how good it is, for people.")
    n_classes: int
    n_pixels: int = Field(description="Numbers of a vector.")
    image: dict[str, Any] = Field(description="How images become pixels.")
    image_is_known: bool = Field(description="Whether that was recorded when it was trained.")
    threshold: float | None = Field(description="The probability below which answers are rejected.")
    error_rate: float = Field(description="The share of the other answers that may be wrong.")
    test: TestFacts | None = Field(description="None if the model came without its run.")


class Asked(BaseModel):
    """How answers are to be given."""

    model_config = ConfigDict(extra="forbid")
    top: int = Field(3, ge=1, description="Classes that are named.")
    reject: float = Field(  # where it is not given, what the model says
        None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="The probability below which an answer is rejected; that of the model if not "
        "given.",
    )
    pixels: bool = Field(False, description="Whether to show the pixels that the model saw.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how a route describes its refusals: *statuses*, and what all refuse."""
    told: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, *_ALWAYS}):
        headers: dict[str, Any] = {"X-Request-ID": _ID}
        if status == 401:
            headers["WWW-Authenticate"] = _CHALLENGE
        if status == 503:
            headers["Retry-After"] = _WAIT
        told[status] = {
            "description": _PROBLEMS[status],
            "headers": headers,
            "content": {PROBLEM_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{ProblemDetails.__name__}"}}},
        }
    return told


def predict_body(n_pixels: int) -> dict[str, Any]:
    """Return what `POST /predict` takes, of a model of as many pixels."""
    vector = {
        "type": "array",
        "minItems": n_pixels,
        "maxItems": n_pixels,
        "items": {"type": "integer", "minimum": 0, "maximum": 255},
        "description": "The pixels of one image, row by row.",
    }
    vectors = {"type": "array", "minItems": 1, "maxItems": MOST_VECTORS, "items": vector}
    images = {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_IMAGES,
        "items": {"type": "string", "format": "binary"},
        "description": "Image files: PNG, JPEG, GIF, BMP, WebP or TIFF.",
    }
    types = "image/png, image/jpeg, image/gif, image/bmp, image/webp, image/tiff"
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _object("images", images),
                "encoding": {"images": {"contentType": types}},
            },
            "application/json": {"schema": _object("vectors", vectors)},
        },
    }


def described(app: FastAPI, is_local: bool) -> dict[str, Any]:
    """Return the OpenAPI description of an application, with its refusals."""
    told = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    components = told.setdefault("components", {})
    faults = ProblemDetails.model_json_schema(ref_template=_SCHEMAS + "{model}")
    components["schemas"] |= {**faults.pop("$defs"), ProblemDetails.__name__: faults}
    components["securitySchemes"] = {_TOKEN: {"type": "http", "scheme": "bearer"}}
    told["security"] = [{_TOKEN: []}] if not is_local else [{}, {_TOKEN: []}]
    for path in _SHOWN:
        told["paths"][path]["get"]["security"] = [{}, {_TOKEN: []}]
    return told


def _object(key: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with one key."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: schema},
        "additionalProperties": False,
    }
