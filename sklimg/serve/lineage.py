"""The models of a service: which one answers, which one did before, and how each came about.

Floor 7: rows of a database, and the folders of runs beside it.
"""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sklimg.serve.database import Database

__all__ = ["Kept", "Lineage"]

_RUNS = "runs"
_PARTIAL = re.compile(r"\..*\.[0-9a-f]{16}\.partial")


class Kept(NamedTuple):
    """A model that a service has.

    Attributes
    ----------
    id : str
    run : Path or None
        The run folder, with its table; None if it came without, and cannot be gone on with.
    upto : int
        The last change of the uploads that it was trained on.
    test : dict or None
        ``accuracy``, ``accuracy_interval`` and ``n_test``.
    """

    id: str
    run: Path | None
    upto: int
    test: dict[str, Any] | None


class Lineage:
    """The models in the folder of a service.

    Parameters
    ----------
    database : Database
    folder : Path
        What a kill has left of runs in it is removed.

    Attributes
    ----------
    origin : str
        The id of the model that the service was begun with.
    """

    def __init__(self, database: Database, folder: Path):
        self._database, self._runs = database, folder / _RUNS
        self.origin = ""
        self._runs.mkdir(mode=0o700, exist_ok=True)
        with database.reading() as base:
            listed = {run for (run,) in base.execute("SELECT run FROM models") if run}
            begun = {run for (run,) in base.execute("SELECT run FROM jobs") if run}
        for path in self._runs.iterdir():
            if _PARTIAL.fullmatch(path.name) or path.name in begun - listed:
                shutil.rmtree(path, ignore_errors=True)

    def place(self, name: str) -> Path:
        """Return where the run of a name is, or is to be."""
        return self._runs / name

    def follow(self, id: str) -> Kept | None:
        """Go on with what came from a model, or led to it; return what answers, None if nothing."""
        with self._database.reading() as base:
            found = base.execute(
                "SELECT origin FROM live WHERE origin = ? OR current = ? ORDER BY origin <> ?",
                [id, id, id],
            ).fetchone()
        self.origin = found[0] if found else ""
        return self.current()

    def current(self) -> Kept | None:
        """Return the model that answers; None if there never was one."""
        return self._kept(self._live()[0])

    def previous(self) -> Kept | None:
        """Return the model that answered before."""
        return self._kept(self._live()[1])

    def models(self) -> list[tuple[Kept, str, str | None]]:
        """Return the first model and all that came from it: (model, when it came, its parent).

        The newest is the first.
        """
        with self._database.reading() as base:
            rows = base.execute(
                """
                WITH RECURSIVE line (id) AS (
                    SELECT ? UNION SELECT models.id FROM models JOIN line ON parent = line.id
                )
                SELECT id, run, upto, told, made_at, parent FROM models
                WHERE id IN (SELECT id FROM line) ORDER BY rowid DESC
                """,
                [self.origin],
            ).fetchall()
        return [(self._as_kept(*row[:4]), *row[4:]) for row in rows]

    def begin(self, kept: Kept) -> None:
        """Let a model from elsewhere answer; it has no model before it."""
        with self._database.writing() as base:
            _add(base, kept, None)
            base.execute("INSERT OR REPLACE INTO live VALUES (?, ?, NULL)", [kept.id, kept.id])
        self.origin = kept.id

    def go_live(self, kept: Kept, job: str, told: dict[str, Any]) -> None:
        """Let a newer model answer, and end the job that made it, at once."""
        with self._database.writing() as base:
            mine = "WHERE origin = ?"
            found = base.execute(f"SELECT current FROM live {mine}", [self.origin])
            (parent,) = found.fetchone()
            _add(base, kept, parent)
            both = [kept.id, parent, self.origin]
            base.execute(f"UPDATE live SET current = ?, previous = ? {mine}", both)
            base.execute(
                "UPDATE jobs SET status = 'done', ended_at = ?, told = ? WHERE id = ?",
                [_now(), json.dumps(told), job],
            )

    def swap_back(self) -> None:
        """Let the previous model answer again; the current one becomes the previous."""
        with self._database.writing() as base:
            swap = "UPDATE live SET current = previous, previous = current WHERE origin = ?"
            base.execute(swap, [self.origin])

    def add_job(self, id: str, upto: int, told: dict[str, Any]) -> str:
        """Note that a job has begun, whose run has its name; return when."""
        now = _now()
        with self._database.writing() as base:
            base.execute(
                "INSERT INTO jobs VALUES (?, 'running', ?, NULL, ?, ?, ?)",
                [id, now, upto, id, json.dumps(told)],
            )
        return now

    def end_job(self, id: str, status: str, told: dict[str, Any]) -> None:
        """Note how a job has ended."""
        with self._database.writing() as base:
            base.execute(
                "UPDATE jobs SET status = ?, ended_at = ?, told = ? WHERE id = ?",
                [status, _now(), json.dumps(told), id],
            )

    def interrupt_jobs(self) -> None:
        """Note that whatever ran when the service ended did not end itself."""
        with self._database.writing() as base:
            base.execute(
                "UPDATE jobs SET status = 'interrupted', ended_at = ? WHERE status = 'running'",
                [_now()],
            )

    def jobs(self, most: int = 100) -> list[dict[str, Any]]:
        """Return the last jobs, the newest first."""
        return self._jobs("ORDER BY begun_at DESC, rowid DESC LIMIT ?", most)

    def job(self, id: str) -> dict[str, Any] | None:
        """Return what is known of a job; None if there is none."""
        found = self._jobs("WHERE id = ?", id)
        return found[0] if found else None

    def _jobs(self, which: str, value: Any) -> list[dict[str, Any]]:
        names = ("id", "status", "begun_at", "ended_at")
        with self._database.reading() as base:
            rows = base.execute(f"SELECT {', '.join(names)}, told FROM jobs {which}", [value])
            return [dict(zip(names, row[:-1], strict=True)) | json.loads(row[-1]) for row in rows]

    def _live(self) -> tuple[str | None, str | None]:
        with self._database.reading() as base:
            found = base.execute(
                "SELECT current, previous FROM live WHERE origin = ?", [self.origin]
            ).fetchone()
        return found or (None, None)

    def _kept(self, id: str | None) -> Kept | None:
        if id is None:
            return None
        with self._database.reading() as base:
            row = base.execute("SELECT run, upto, told FROM models WHERE id = ?", [id]).fetchone()
        return self._as_kept(id, *row)

    def _as_kept(self, id: str, run: str | None, upto: int, told: str) -> Kept:
        return Kept(id, None if run is None else self.place(run), upto, json.loads(told))


def _add(base: Any, kept: Kept, parent: str | None) -> None:
    """Write the row of a model, or write it again."""
    run = None if kept.run is None else kept.run.name
    base.execute(
        "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "run = excluded.run, upto = excluded.upto, told = excluded.told",
        [kept.id, run, parent, kept.upto, _now(), json.dumps(kept.test)],
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
