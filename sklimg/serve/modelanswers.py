"""What a service answers about its models: which there are, how each was found, the one before.

Floor 7: the extra serve.
"""

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from sklimg.pageparts import page_part, policy_digest
from sklimg.regular import read_regular
from sklimg.serve.answers import json_answer
from sklimg.serve.dataanswers import kept_by
from sklimg.serve.jobs import Jobs
from sklimg.serve.keeper import Keeper
from sklimg.serve.live import Live
from sklimg.serve.problems import Problem

__all__ = ["ModelAnswers"]

_REPORT = "report.html"
_MOST_REPORT = 2**27  # bytes
# Whoever made the run, its page asks nobody, runs no script but ours, and is none of this service.
_ALONE = (
    "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src '{digest}'"
)


class ModelAnswers:
    """The answers about models; each public method that takes a request is a page.

    Parameters
    ----------
    keeper : Keeper or None
    jobs : Jobs or None
    live : Live
    """

    def __init__(self, keeper: Keeper | None, jobs: Jobs | None, live: Live):
        self._keeper, self._jobs, self._live = keeper, jobs, live

    async def models(self, request: Request) -> Response:
        """The model that answers and all that came from the same first one, the newest first."""
        if self._keeper is None:
            facts = self._live.now.facts
            told = [{"id": facts["id"], "made_at": None, "parent": None, "test": facts["test"]}]
            told[0] |= {"has_report": False, "is_current": True, "is_previous": False}
        else:
            told = await run_in_threadpool(self._listed)
        return json_answer({"models": told})

    async def report(self, request: Request, id: str) -> Response:
        """The report of the run that a model comes from, a page that stands alone."""
        keeper = kept_by(self._keeper)
        page = await run_in_threadpool(_report, keeper, id)
        if page is None:
            text = f"{id[:80]}: no model of this id with a report; GET /models lists them"
            raise Problem(404, "not_found", text)
        policy = _ALONE.format(digest=policy_digest(page_part("report.js")))
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def roll_back(self, request: Request) -> Response:
        """Let the model answer that did before; the same again returns."""
        await kept_by(self._jobs).roll_back()
        return json_answer({"model": self._live.now.model.id})

    def _listed(self) -> list[dict]:
        lineage = self._keeper.lineage
        current, previous = lineage.current(), lineage.previous()
        return [
            {
                "id": kept.id,
                "made_at": made_at,
                "parent": parent,
                "test": kept.test,
                "has_report": kept.run is not None and (kept.run / _REPORT).is_file(),
                "is_current": current is not None and kept.id == current.id,
                "is_previous": previous is not None and kept.id == previous.id,
            }
            for kept, made_at, parent in lineage.models()
        ]


def _report(keeper: Keeper, id: str) -> bytes | None:
    """Return the report of a model; None if there is none."""
    for kept, _, _ in keeper.lineage.models():
        if kept.id == id and kept.run is not None:
            try:
                return read_regular(kept.run / _REPORT, _MOST_REPORT)
            except OSError:
                return None
    return None
