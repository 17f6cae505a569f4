"""The shapes of what is uploaded and retrained, as the OpenAPI page tells them.

Floor 7: the extra serve; descriptions, no work.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sklimg.serve.learned import MOST_SHOWN
from sklimg.serve.schemas import TestFacts

__all__ = [
    "DataSummary",
    "Decided",
    "Job",
    "JobList",
    "Listed",
    "ModelList",
    "PicturePage",
    "RolledBack",
    "Uploaded",
    "decide_body",
    "retrain_body",
    "upload_body",
]


class KeptPicture(BaseModel):
    """A picture that is on the disk."""

    id: str = Field(description="SHA-256 of its bytes.")
    name: str = Field(description="As you called it.")
    label: str
    status: str = Field(description="new; known with this label; or in conflict with another.")


class Rejected(BaseModel):
    """A file that was not kept."""

    name: str
    code: str = Field(description="A stable word for the reason.")
    detail: str


class Uploaded(BaseModel):
    """What an upload came to; as many files as it brought."""

    pictures: list[KeptPicture]
    rejected: list[Rejected]


class ClassCount(BaseModel):
    """Uploaded pictures of one class."""

    label: str
    pictures: int
    new: int = Field(description="Added or relabelled since the model was trained.")


class Copies(BaseModel):
    """Uploaded pictures that show nothing new, by their pixels."""

    of_table: int = Field(description="That the model's table has with the same label.")
    among_uploads: int = Field(description="That another upload shows, too.")


class Conflict(BaseModel):
    """A picture under several labels; it is not trained on."""

    id: str
    name: str
    labels: list[str]
    with_uploads: list[str] = Field(description="Labels of other uploads with the same pixels.")
    with_table: str | None = Field(description="Its label in the model's table, if another.")


class DataSummary(BaseModel):
    """What was uploaded."""

    n_pictures: int
    n_new: int = Field(description="Added or relabelled since the model was trained.")
    classes: list[ClassCount]
    copies: Copies
    n_conflicts: int
    conflicts: list[Conflict] = Field(description="The first thousand.")
    table_is_damaged: bool = Field(description="Whether the model's own images are not known.")


class Listed(BaseModel):
    """Which pictures are to be shown."""

    model_config = ConfigDict(extra="forbid")
    source: Literal["uploads", "table"] = Field(
        "uploads", description="What was uploaded, or the first of each class in the model's table."
    )
    label: str = Field(None, description="Of this class alone.")
    in_doubt: bool = Field(False, description="Uploads in conflict alone.")
    start: int = Field(0, ge=0, le=2**31, description="How many to pass over.")
    most: int = Field(MOST_SHOWN, ge=1, le=MOST_SHOWN, description="How many to show.")


class ShownPicture(BaseModel):
    """A picture, to look at."""

    id: str | None = Field(description="None in the table.")
    name: str | None
    labels: list[str]
    with_uploads: list[str] = Field(description="Other labels of uploads with the same pixels.")
    with_table: str | None = Field(description="Its label in the model's table, if another.")
    copy_of: list[str] = Field(description="table and upload: what has the same pixels.")
    in_doubt: bool = Field(description="Whether it waits for a decision, and is not learned.")
    is_new: bool = Field(description="Whether it came or changed since the model was trained.")
    picture: str | None = Field(
        description="A data address, at most 96 pixels a side; None if it can be read no more."
    )


class PicturePage(BaseModel):
    """Some pictures of many, the newest uploads first."""

    n_pictures: int = Field(description="All that match.")
    pictures: list[ShownPicture]


class Decided(BaseModel):
    """A picture that has one label."""

    id: str
    label: str


class JobProgress(BaseModel):
    """How far a job is."""

    stage: str = Field(description="What it told last.")
    epoch: int = Field(description="Epochs that the newer model was trained for.")
    n_epochs: int | None = Field(description="Of how many.")


class Verdict(BaseModel):
    """What the gate found, by images that neither model was trained on."""

    passed: bool
    words: str
    where: str = Field(description="Which images.")
    known: dict[str, Any] | None = Field(description="Accuracy of both on those it had.")
    new: dict[str, Any] | None = Field(description="On those that were added.")
    all: dict[str, Any] | None = Field(description="On both together.")
    reasons: list[str] = Field(description="Why it was refused.")


class JobOutline(BaseModel):
    """A job, in short."""

    id: str
    status: str = Field(
        description="running; done: its model answers; refused by the gate; failed; cancelled; "
        "interrupted by the end of the service."
    )
    begun_at: str | None
    ended_at: str | None
    parent: str = Field(description="The id of the model that it goes on from.")
    from_scratch: bool
    progress: JobProgress
    verdict: Verdict | None
    error: str | None
    model: str | None = Field(description="The id of the newer model, if it answers.")
    test: TestFacts | None


class Job(JobOutline):
    """A job, whole."""

    curves: dict[str, list[float | None]] = Field(description="By epoch.")
    log: list[str]


class JobList(BaseModel):
    """The last jobs, the newest first."""

    jobs: list[JobOutline]


class ModelOutline(BaseModel):
    """A model of the service."""

    id: str
    made_at: str | None
    parent: str | None = Field(description="The id of the model that it goes on from.")
    test: TestFacts | None
    has_report: bool
    is_current: bool = Field(description="Whether it answers.")
    is_previous: bool = Field(description="Whether a rollback returns to it.")


class ModelList(BaseModel):
    """The models that came from the same first one, the newest first."""

    models: list[ModelOutline]


class RolledBack(BaseModel):
    """The model that answers now."""

    model: str


def upload_body() -> dict[str, Any]:
    """Return what `POST /upload-data` takes."""
    file = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "properties": {
            "images": {"type": "array", "items": file, "description": "Image files."},
            "label": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 1000},
                "description": "One for all images, or one for each.",
            },
            "archive": {**file, "description": "A zip file, a folder a class."},
        },
    }
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def decide_body() -> dict[str, Any]:
    """Return what `PUT /data/{id}` takes."""
    label = {"type": "string", "minLength": 1, "maxLength": 1000}
    return _json_body("label", label, required=True)


def retrain_body() -> dict[str, Any]:
    """Return what `POST /retrain` takes."""
    anew = {"type": "boolean", "description": "Whether all is fitted anew."}
    return _json_body("from_scratch", anew, required=False)


def _json_body(key: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    told = {"type": "object", "properties": {key: schema}, "additionalProperties": False}
    if required:
        told["required"] = [key]
    return {"required": required, "content": {"application/json": {"schema": told}}}
