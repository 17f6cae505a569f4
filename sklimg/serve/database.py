"""What a service knows of the pictures it was given, in one SQLite file.

One writes at a time, any number read meanwhile, each of them what was there when it
began. What is written is on the disk when the block ends without an error, and not at
all otherwise.

Floor 7: one file; knows nothing of pictures.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock

from sklimg.errors import DataError, OutputError
from sklimg.partials import alone_in
from sklimg.serve.spools import keeping_in, sync

__all__ = ["Database"]

_VERSION = 1
_WAIT_SECONDS = 30.0  # for another process
_SCHEMA = """
CREATE TABLE pictures (
    id TEXT PRIMARY KEY NOT NULL,  -- SHA-256 of the bytes
    n_bytes INTEGER NOT NULL,
    name TEXT NOT NULL,  -- as the client called it
    digest BLOB,  -- of its pixels; NULL if they can no longer be made
    added_at TEXT NOT NULL,
    change INTEGER NOT NULL
);
CREATE INDEX pictures_by_change ON pictures (change);
CREATE INDEX pictures_by_digest ON pictures (digest);
CREATE TABLE labels (
    picture TEXT NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    PRIMARY KEY (picture, label)
);
CREATE TABLE counter (only INTEGER PRIMARY KEY CHECK (only = 0), last INTEGER NOT NULL);
INSERT INTO counter VALUES (0, 0);
CREATE TABLE spec (only INTEGER PRIMARY KEY CHECK (only = 0), told TEXT NOT NULL);
CREATE TABLE models (
    id TEXT PRIMARY KEY NOT NULL,
    run TEXT,
    parent TEXT,
    upto INTEGER,
    made_at TEXT,
    told TEXT
);
CREATE TABLE live (  -- of each model that a service was begun with
    origin TEXT PRIMARY KEY NOT NULL,
    current TEXT REFERENCES models (id),
    previous TEXT REFERENCES models (id)
);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY NOT NULL,
    status TEXT,
    begun_at TEXT,
    ended_at TEXT,
    upto INTEGER,
    run TEXT,
    told TEXT
);
"""
_TABLES = frozenset(re.findall(r"CREATE TABLE (\w+)", _SCHEMA))
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSED = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
)


class Database:
    """The database of one service.

    Parameters
    ----------
    file : Path
        Made when missing, in a folder that is there; nobody else can read it.
    read_only : bool, default=False
        For a process beside the one that writes; the file must be there.

    Raises
    ------
    DataError
        If the file is damaged, of another program, or of another version of this one.
    OutputError
        If it cannot be opened, read or written; so says every method.
    """

    def __init__(self, file: Path, read_only: bool = False):
        self.file, self.read_only = file, read_only
        self._one_writer = Lock()
        if read_only:
            if not file.exists():
                raise DataError(f"{file}: no such file; is this the folder of a service?")
            self._open()
            return
        with keeping_in(file.parent), alone_in(file.parent):  # of several, one makes it
            _touch(file)
            self._open()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, alone; nothing of it is kept if the block fails."""
        with self._one_writer, self._errors_named():
            base = self._connection
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
                base.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # it may have been taken back already
                    base.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is there now, whatever is written meanwhile."""
        with self._errors_named(), closing(self._connected()) as base:
            base.execute("BEGIN")
            base.execute("SELECT last FROM counter").fetchone()  # from here on
            yield base

    def is_whole(self) -> bool:
        """Tell whether every page and every reference in the file is right."""
        try:
            with self.reading() as base:
                checks = ("PRAGMA integrity_check", "PRAGMA foreign_key_check")
                return [base.execute(each).fetchall() for each in checks] == [[("ok",)], []]
        except DataError:
            return False

    def close(self) -> None:
        """Wait for the writer, and close the file."""
        with self._one_writer, self._errors_named():
            self._connection.close()

    def _open(self) -> None:
        """Connect, if this is a database of ours."""
        with self._errors_named():
            self._connection = self._connected()
            try:
                self._check()
            except BaseException:
                self._connection.close()
                raise

    def _check(self) -> None:
        """Make the tables if there are none; raise unless they are those of this version."""
        base = self._connection
        version, tables = self._found()
        if not version and not tables and not self.read_only:
            base.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA.split(";\n"):
                base.execute(statement)
            base.execute(f"PRAGMA user_version = {_VERSION}")
            base.execute("COMMIT")
            version, tables = self._found()
        if version != _VERSION or not tables >= _TABLES:
            raise DataError(
                f"{self.file}: expected a database of version {_VERSION}, got version {version} "
                "or another one; update sklimg, or use another --data"
            )
        if not self.read_only:
            base.execute("PRAGMA journal_mode = WAL")

    def _found(self) -> tuple[int, set[str]]:
        """Return version and tables."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        found = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return version, {name for (name,) in found}

    def _connected(self) -> sqlite3.Connection:
        """Return a connection that keeps the rules."""
        base = sqlite3.connect(
            f"{self.file.absolute().as_uri()}?mode=rw",
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )
        try:
            base.execute("PRAGMA foreign_keys = ON")
            base.execute("PRAGMA synchronous = FULL")
            base.execute(f"PRAGMA query_only = {'ON' if self.read_only else 'OFF'}")
        except BaseException:
            base.close()
            raise
        return base

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn what SQLite tells of the file or the disk into an error of ours."""
        try:
            yield
        except sqlite3.Error as err:
            code = getattr(err, "sqlite_errorcode", 0) & 0xFF  # above it, where exactly
            if code in _DAMAGED:
                raise DataError(
                    f"{self.file}: expected a whole database, got a damaged one: {err}; put a copy "
                    "of its folder back, or use another --data"
                ) from err
            if code in _REFUSED:
                raise OutputError(
                    f"{self.file}: cannot be used: {err}; free the place, or use another --data"
                ) from err
            raise


def _touch(file: Path) -> None:
    """Make a file that only its user reads, if there is none; never open another.

    Who closes a file takes away the locks that this process has on it.
    """
    with keeping_in(file.parent), suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        sync(file.parent)
