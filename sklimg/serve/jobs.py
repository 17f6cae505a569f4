"""Retraining beside the answers: one job at a time, in another process.

A newer model that passed the gate is loaded and checked here, written down as the one that
answers, and takes the other's place between two requests.

Floor 7: the extra serve.
"""

import asyncio
import secrets
from math import isfinite
from pathlib import Path
from typing import Any

from fastapi.concurrency import run_in_threadpool

from sklimg.errors import SklimgError
from sklimg.files import one_line
from sklimg.model import load
from sklimg.serve.children import Child
from sklimg.serve.keeper import Keeper
from sklimg.serve.lineage import Kept
from sklimg.serve.live import Answering, Live
from sklimg.serve.logs import Log
from sklimg.serve.metrics import tested
from sklimg.serve.problems import Problem

__all__ = ["Jobs"]

_MOST_LINES = 500  # of a job's log; the first ones are kept
_CURVES = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")


class Jobs:
    """The jobs of a service.

    Parameters
    ----------
    keeper : Keeper
    live : Live
    log : Log

    Attributes
    ----------
    running : _Job or None
    """

    def __init__(self, keeper: Keeper, live: Live, log: Log):
        self._keeper, self._live, self._log = keeper, live, log
        self.running: _Job | None = None
        self._task: asyncio.Task | None = None
        self._one = asyncio.Lock()  # who begins a job, or changes the model

    async def start(self, from_scratch: bool) -> dict[str, Any]:
        """Begin to train a newer model; return the job.

        Raises
        ------
        Problem
            409 while one runs, or where the model cannot be gone on with; 422 if no
            picture is new.
        """
        async with self._one:
            self._check_idle()
            if self._keeper.why_not:
                raise Problem(
                    409,
                    "no_run",
                    f"no retraining here: {self._keeper.why_not}; serve a run folder whose data is "
                    "where it was",
                )
            job = await run_in_threadpool(self._begun, from_scratch)
            self.running = job
            self._task = asyncio.get_running_loop().create_task(self._work(job))
            self._log.tell("job", id=job.id, status="running")
            return job.told("running")

    async def told(self, id: str) -> dict[str, Any] | None:
        """Return what is known of a job; None if there is none of this id."""
        running = self.running
        if running is not None and running.id == id:
            return running.told("running")
        return await run_in_threadpool(self._keeper.lineage.job, id)

    async def all(self) -> list[dict[str, Any]]:
        """Return the last jobs, the newest first, without their logs and curves."""
        running = self.running
        jobs = await run_in_threadpool(self._keeper.lineage.jobs)
        if running is not None:
            jobs = [running.told("running") if job["id"] == running.id else job for job in jobs]
        return [{k: v for k, v in job.items() if k not in ("log", "curves")} for job in jobs]

    async def cancel(self, id: str) -> dict[str, Any] | None:
        """End a job that runs; return it when it has ended. None if there is none of this id.

        Raises
        ------
        Problem
            409 if it has ended already.
        """
        running, task = self.running, self._task
        if running is None or running.id != id:
            if (told := await self.told(id)) is None:
                return None
            raise Problem(409, "ended", f"job {id}: it has ended already: {told['status']}")
        running.is_cancelled = True
        running.child.ask_to_end()
        await asyncio.wait([task])
        return await self.told(id)

    async def roll_back(self) -> None:
        """Let the previous model answer again.

        Raises
        ------
        Problem
            409 if there is none, or while a job runs.
        """
        async with self._one:
            self._check_idle()
            previous = await run_in_threadpool(self._keeper.lineage.previous)
            if previous is None or previous.run is None:
                raise Problem(409, "no_previous", "there is no previous model to return to")
            try:
                answering = await run_in_threadpool(_answering, previous)
            except SklimgError as err:
                raise Problem(409, "damaged", f"the previous model cannot answer: {err}") from err
            await run_in_threadpool(self._keeper.lineage.swap_back)
            self._live.exchange(answering)
            self._log.tell("model", id=previous.id, how="rollback")

    async def close(self) -> None:
        """End what runs; it is told as interrupted."""
        if self.running is not None:
            self.running.is_ending = True
            self.running.child.kill()
            await asyncio.wait([self._task])

    def _check_idle(self) -> None:
        if self.running is not None:
            raise Problem(409, "running", f"job {self.running.id} runs; wait for it, or DELETE it")

    def _begun(self, from_scratch: bool) -> "_Job":
        """Return a job that is written down."""
        store, lineage = self._keeper.store, self._keeper.lineage
        current, upto = lineage.current(), store.last_change()
        pictures = store.labelled(upto)
        if not pictures or not store.n_since(current.upto):
            raise Problem(
                422, "no_data", "no picture is new since the model was trained; upload some"
            )
        id = secrets.token_hex(6)
        task = {
            "do": "retrain",
            "run": str(current.run),
            "out": str(lineage.place(id)),
            "from_scratch": from_scratch,
            "pictures": [[each.id, each.label, str(each.file)] for each in pictures],
        }
        job = _Job(id, upto, current.id, from_scratch, Child(task, self._keeper.folder))
        job.begun_at = lineage.add_job(id, upto, job.parts())
        return job

    async def _work(self, job: "_Job") -> None:
        """Run a job to its end, and write down what came of it."""
        try:
            status = await self._ended(job)
        except SklimgError as err:
            status, job.error = "failed", str(err)
        except Exception as err:  # whoever asks for the job is told
            status, job.error = "failed", f"this is a bug of sklimg: {type(err).__name__}: {err}"
        try:
            if status != "done":
                await run_in_threadpool(self._keeper.lineage.end_job, job.id, status, job.parts())
        except SklimgError as err:  # the next start of the service notes it as interrupted
            self._log.tell("job", "error", id=job.id, detail=str(err))
        finally:
            self.running = None
        level = "info" if status in ("done", "cancelled") else "warning"
        told = job.error or (job.verdict or {}).get("words", "")
        self._log.tell("job", level, id=job.id, status=status, detail=told[:1000])

    async def _ended(self, job: "_Job") -> str:
        """Listen to a job's process; return how the job ended."""
        async for event in job.child.events():
            job.note(event)
        if job.is_ending or job.is_cancelled:
            job.error = None
            return "interrupted" if job.is_ending else "cancelled"
        if job.error:
            return "failed"
        if job.verdict is None:
            last = job.child.printed.strip().splitlines()[-1:] or ["it was killed"]
            job.error = f"its process ended before it was done: {last[0]}"
            return "failed"
        if not job.verdict["passed"]:
            return "refused"
        lineage = self._keeper.lineage
        place = lineage.place(job.id)
        answering = await run_in_threadpool(_loaded, place)
        job.model, job.test = answering.model.id, answering.facts["test"]
        kept = Kept(answering.model.id, place, job.upto, job.test)
        try:
            await run_in_threadpool(lineage.go_live, kept, job.id, job.parts())
        except BaseException:
            await run_in_threadpool(answering.predictor.close)
            raise
        self._live.exchange(answering)
        return "done"


class _Job:
    """One job, as it goes on."""

    def __init__(self, id: str, upto: int, parent: str, from_scratch: bool, child: Child):
        self.id, self.upto, self.child = id, upto, child
        self.parent, self.from_scratch = parent, from_scratch
        self.is_cancelled = self.is_ending = False
        self.stage, self.log = "starting", []
        self.curves: dict[str, list] = {name: [] for name in _CURVES}
        self.n_epochs: int | None = None
        self.verdict: dict[str, Any] | None = None
        self.error = self.model = self.test = self.begun_at = None

    def note(self, event: dict[str, Any]) -> None:
        """Take down what its process tells."""
        if "epoch" in event:
            self.stage, self.n_epochs = "learning", event["epoch"].get("n_epochs")
            for name, values in self.curves.items():
                value = event["epoch"].get(name)
                values.append(value if value is not None and isfinite(value) else None)
        elif "topic" in event:
            self.stage = event["topic"]
            if len(self.log) < _MOST_LINES:
                self.log.append(one_line(f"{event['topic']}: {_without_place(event)}"))
        elif "gate" in event:
            self.verdict = event["gate"] | {"words": one_line(event["words"])}
        elif "error" in event:
            self.error = one_line(event["error"])

    def parts(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return {
            "parent": self.parent,
            "from_scratch": self.from_scratch,
            "progress": {
                "stage": self.stage,
                "epoch": len(self.curves["epoch"]),
                "n_epochs": self.n_epochs,
            },
            "curves": self.curves,
            "log": self.log,
            "verdict": self.verdict,
            "error": self.error,
            "model": self.model,
            "test": self.test,
        }

    def told(self, status: str) -> dict[str, Any]:
        """Return what is told of it while it runs."""
        times = {"begun_at": self.begun_at, "ended_at": None}
        return {"id": self.id, "status": status} | times | self.parts()


def _without_place(event: dict[str, Any]) -> str:
    """Return what a job tells; not where on the disk."""
    return Path(event["text"]).name if event["topic"] == "saved" else event["text"]


def _loaded(run: Any) -> Answering:
    """Return the model of a run, checked and ready."""
    return Answering(load(run), tested(run / "metrics.json"))


def _answering(kept: Kept) -> Answering:
    return Answering(load(kept.run), kept.test)
