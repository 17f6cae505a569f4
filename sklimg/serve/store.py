"""The pictures that a service was given, whole on the disk before it says so.

A picture is a file, named by the SHA-256 of its bytes, and a row; the file is there before
the row, and the row is gone before the file. What a kill leaves between the two is swept
when the store is opened again.

Each picture that is added, relabelled or given one more label takes the next number of a
change, so that what is new can be asked for.

Floor 7: writes below one folder, and into the database.
"""

import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sklimg.errors import DataError, ImageError, OutputError
from sklimg.partials import only_in
from sklimg.regular import read_regular
from sklimg.serve.blobs import Blobs
from sklimg.serve.database import Database
from sklimg.serve.pictures import Incoming, Labelled, Stored, picture_digest
from sklimg.serve.spools import keeping_in, sync
from sklimg.serve.summaries import Found, look
from sklimg.spec import ImageSpec

__all__ = ["Store"]

_N_SYNCS = 8  # files at once, which a disk writes four times as fast


class Store:
    """The pictures in a folder.

    Parameters
    ----------
    database : Database
    folder : Path
        Made when missing; one store at a time keeps its pictures there.
    spec : ImageSpec
        How the model sees pictures. Where it was another one, all are looked at anew.

    Attributes
    ----------
    incoming : Path
        The folder of files that are on their way in.

    Raises
    ------
    OutputError
        If another store is open there, or the disk refuses something; so says every method.
    DataError
        If the database is new and the pictures are not.
    """

    def __init__(self, database: Database, folder: Path, spec: ImageSpec):
        self.database, self.spec = database, spec
        self._folder, self.incoming = folder, folder / "incoming"
        self._blobs = Blobs(folder / "blobs")
        self._one_at_a_time = Lock()  # between a row and its file
        with ExitStack() as stack, keeping_in(folder):
            self._blobs.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not stack.enter_context(only_in(self._blobs.folder)):
                raise OutputError(f"{folder}: a service uses it; end it, or use another --data")
            self._open()
            self._opened = stack.pop_all()

    def close(self) -> None:
        """Let another one be opened."""
        self._opened.close()

    def add(self, incoming: Sequence[Incoming]) -> list[Stored]:
        """Keep pictures, all of them or none; they are on the disk when this returns.

        Parameters
        ----------
        incoming : sequence of Incoming
            Their files are gone afterwards, whatever happens.

        Returns
        -------
        stored : list of Stored
            In their order.
        """
        with keeping_in(self._folder):
            try:
                with ThreadPoolExecutor(_N_SYNCS) as pool:
                    list(pool.map(sync, [each.file for each in incoming]))
                with self._one_at_a_time:
                    return self._added(incoming)
            except BaseException:
                for each in incoming:
                    each.file.unlink(missing_ok=True)
                raise

    def decide(self, id: str, label: str) -> bool:
        """Let a picture have this label alone; False if there is no such picture."""
        with self.database.writing() as base:
            found = base.execute("SELECT label FROM labels WHERE picture = ?", [id]).fetchall()
            if found and found != [(label,)]:
                base.execute("DELETE FROM labels WHERE picture = ?", [id])
                base.execute("INSERT INTO labels VALUES (?, ?)", [id, label])
                for each in {id, *_with_pixels_of(base, id)}:
                    _count_change(base, each)
        return bool(found)

    def remove(self, id: str) -> bool:
        """Forget a picture; False if there is no such picture."""
        with keeping_in(self._folder), self._one_at_a_time:
            with self.database.writing() as base:
                others = _with_pixels_of(base, id)
                n = base.execute("DELETE FROM pictures WHERE id = ?", [id]).rowcount
                for each in others:  # which may be in doubt no more
                    _count_change(base, each)
            if n:
                self._blobs.file(id).unlink(missing_ok=True)
        return bool(n)

    def content(self, id: str) -> bytes | None:
        """Return the bytes of a picture; None if there is no such picture."""
        with self.database.reading() as base:
            if not _is_listed(base, id):
                return None
        with keeping_in(self._folder):
            try:
                return read_regular(self._blobs.file(id))
            except FileNotFoundError:  # removed meanwhile
                return None

    def last_change(self) -> int:
        """Return the number of the last change."""
        return self._value("SELECT last FROM counter")

    def n_since(self, change: int) -> int:
        """Return how many pictures changed after a change."""
        return self._value("SELECT COUNT(*) FROM pictures WHERE change > ?", change)

    def labelled(self, upto: int | None = None) -> list[Labelled]:
        """Return the pictures whose label is not in doubt, in the order of their changes.

        Left out are those of several labels, and those whose pixels another picture has
        under another label.

        Parameters
        ----------
        upto : int, optional
            The last change that counts.
        """
        with self.database.reading() as base:
            rows = base.execute(
                """
                SELECT id, MIN(label) FROM pictures JOIN labels ON picture = id
                WHERE change <= COALESCE(?, change) AND (digest IS NULL OR digest NOT IN (
                    SELECT digest FROM pictures JOIN labels ON picture = id
                    WHERE digest IS NOT NULL GROUP BY digest HAVING MIN(label) <> MAX(label)
                ))
                GROUP BY id HAVING COUNT(*) = 1 ORDER BY change
                """,
                [upto],
            )
            return [Labelled(id, label, self._blobs.file(id)) for id, label in rows]

    def found(self, known: Mapping[bytes, str]) -> list[Found]:
        """Return every picture, in the order of their changes, as it stands beside the others.

        Parameters
        ----------
        known : mapping of bytes to str
            Labels in the table that the model was trained on, by digest of the pixels.
        """
        with self.database.reading() as base:
            rows = base.execute(
                "SELECT id, name, digest, change, label FROM pictures JOIN labels ON picture = id "
                "ORDER BY change"
            )
            return look(rows, known)

    def _added(self, incoming: Sequence[Incoming]) -> list[Stored]:
        """Add files, then their rows."""
        unlisted: list[Path] = []
        try:
            with self.database.writing() as base:
                new = [each.id for each in incoming if not _is_listed(base, each.id)]
                unlisted += map(self._blobs.file, new)
                self._blobs.put((each.file, each.id) for each in incoming)
                stored = [_record(base, each) for each in incoming]
                unlisted.clear()  # an end that fails may have been written nevertheless
        finally:
            for file in unlisted:
                file.unlink(missing_ok=True)
        return stored

    def _value(self, query: str, *values: Any) -> Any:
        """Return the one value that is asked for; None if there is no row."""
        with self.database.reading() as base:
            row = base.execute(query, values).fetchone()
        return row and row[0]

    def _open(self) -> None:
        """Bring files, rows and digests together."""
        told = json.dumps(self.spec.as_dict(), sort_keys=True)
        before = self._value("SELECT told FROM spec")
        if before is None and not self._blobs.is_empty():
            raise DataError(
                f"{self._blobs.folder}: expected no pictures, as {self.database.file} is new, got "
                "some; put their database back, or move them away"
            )
        with self.database.reading() as base:
            ids = [id for (id,) in base.execute("SELECT id FROM pictures")]
        self._blobs.keep(ids)
        if self.incoming.exists():
            shutil.rmtree(self.incoming)
        self.incoming.mkdir(mode=0o700)
        for folder in (self._folder, self._folder.parent):
            sync(folder)
        if before == told:
            return
        digests = [(self._digest(id), id) for id in ids]
        with self.database.writing() as base:
            base.executemany("UPDATE pictures SET digest = ? WHERE id = ?", digests)
            base.execute("INSERT OR REPLACE INTO spec VALUES (0, ?)", [told])

    def _digest(self, id: str) -> bytes | None:
        """Return the digest of a picture; None if it can no longer be decoded."""
        try:
            return picture_digest(self._blobs.file(id).read_bytes(), self.spec)
        except (OSError, ImageError):
            return None


def _is_listed(base: sqlite3.Connection, id: str) -> bool:
    """Tell whether a picture has a row."""
    return bool(base.execute("SELECT 1 FROM pictures WHERE id = ?", [id]).fetchone())


def _record(base: sqlite3.Connection, each: Incoming) -> Stored:
    """Add a picture and its label to what is known."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    is_new = base.execute(
        "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
        [each.id, each.n_bytes, each.name, each.digest, now],
    ).rowcount
    has_label = base.execute(
        "INSERT INTO labels VALUES (?, ?) ON CONFLICT DO NOTHING", [each.id, each.label]
    ).rowcount
    if has_label:
        _count_change(base, each.id)
    (n,) = base.execute("SELECT COUNT(*) FROM labels WHERE picture = ?", [each.id]).fetchone()
    status = "new" if is_new else "conflict" if n > 1 else "known"
    return Stored(each.id, each.name, each.label, status)


def _count_change(base: sqlite3.Connection, id: str) -> None:
    """Give a picture the next number of a change."""
    base.execute("UPDATE counter SET last = last + 1")
    base.execute("UPDATE pictures SET change = (SELECT last FROM counter) WHERE id = ?", [id])


def _with_pixels_of(base: sqlite3.Connection, id: str) -> list[str]:
    """Return the other pictures that have the pixels of one."""
    rows = base.execute(
        "SELECT id FROM pictures WHERE id <> ? AND digest = "
        "(SELECT digest FROM pictures WHERE id = ?)",
        [id, id],
    )
    return [other for (other,) in rows]
