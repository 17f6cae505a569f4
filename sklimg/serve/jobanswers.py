"""What a service answers to who wants a newer model.

Floor 7: the extra serve.
"""

from fastapi import Request, Response

from sklimg.serve.answers import json_answer
from sklimg.serve.dataanswers import json_object, kept_by
from sklimg.serve.jobs import Jobs
from sklimg.serve.problems import Problem

__all__ = ["JobAnswers"]


class JobAnswers:
    """The answers about jobs; each public method that takes a request is a page.

    Parameters
    ----------
    jobs : Jobs or None
    """

    def __init__(self, jobs: Jobs | None):
        self._jobs = jobs

    async def retrain(self, request: Request) -> Response:
        """Train a newer model on what was uploaded, too; it answers only if it is no worse."""
        jobs = kept_by(self._jobs)
        asked = await json_object(request, {"from_scratch": bool}, needed=False)
        told = await jobs.start(asked.get("from_scratch", False))
        return json_answer(told, 202, {"Location": f"/jobs/{told['id']}"})

    async def jobs(self, request: Request) -> Response:
        """The last jobs, the newest first."""
        return json_answer({"jobs": [] if self._jobs is None else await self._jobs.all()})

    async def job(self, request: Request, id: str) -> Response:
        """A job: how far it is, what it told, what the gate said."""
        told = None if self._jobs is None else await self._jobs.told(id)
        if told is None:
            raise _no_job(id)
        return json_answer(told)

    async def cancel(self, request: Request, id: str) -> Response:
        """End a job that runs; the model that answers stays."""
        told = None if self._jobs is None else await self._jobs.cancel(id)
        if told is None:
            raise _no_job(id)
        return json_answer(told)


def _no_job(id: str) -> Problem:
    return Problem(404, "not_found", f"{id[:80]}: no job of this id; GET /jobs lists them")
