"""A database keeps all of a transaction or nothing, and says what is wrong with its file."""

import errno
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from sklimg.errors import DataError, OutputError
from sklimg.serve.database import Database


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a ?#% é.db"


@pytest.fixture
def base(file):
    opened = Database(file)
    yield opened
    opened.close()


def add(base, *ids, label="a"):
    with base.writing() as connection:
        for id in ids:
            connection.execute("INSERT INTO pictures VALUES (?, 1, 'n', NULL, 't', 1)", [id])
            connection.execute("INSERT INTO labels VALUES (?, ?)", [id, label])


def ids(base):
    with base.reading() as connection:
        return [id for (id,) in connection.execute("SELECT id FROM pictures ORDER BY id")]


def test_what_is_written_is_there_when_it_is_opened_again(file):
    first = Database(file)
    add(first, "x", "y")
    first.close()
    second = Database(file)
    assert ids(second) == ["x", "y"]
    assert second.is_whole()
    second.close()


def test_it_is_as_durable_as_can_be(base):
    for opened in (base.writing, base.reading):
        with opened() as connection:
            told = [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "foreign_keys", "user_version")
            ]
        assert told == ["wal", 2, 1, 1]


def test_nobody_else_reads_it(file):
    before = os.umask(0)
    try:
        base = Database(file)
        add(base, "x")
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
        base.close()
    finally:
        os.umask(before)
    assert set(found.values()) == {0o600}
    assert len(found) == 3  # beside it what is written, and what readers share


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, OSError])
def test_nothing_is_kept_of_a_block_that_fails(base, error):
    with pytest.raises(error, match="why"), base.writing() as connection:
        connection.execute("UPDATE counter SET last = 7")
        raise error("why")
    with base.reading() as connection:
        assert connection.execute("SELECT last FROM counter").fetchall() == [(0,)]
    add(base, "x")
    assert ids(base) == ["x"]


def test_rules_between_tables(base):
    add(base, "x")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), base.writing() as connection:
        connection.execute("INSERT INTO labels VALUES ('absent', 'a')")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        add(base, "y", "x")
    for table in ("counter (only, last)", "spec (only, told)"):
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"), base.writing() as connection:
            connection.execute(f"INSERT INTO {table} VALUES (1, 2)")
    with base.writing() as connection:
        connection.execute("DELETE FROM pictures")
    with base.reading() as connection:
        assert connection.execute("SELECT * FROM labels").fetchall() == []


@pytest.mark.parametrize("text", ["a\0b", "\0", "", "é", "e\u0301", "\U0001f600", "007", "' --"])
def test_texts_come_back_exactly(base, text):
    add(base, "x", label="a\0c")
    with base.writing() as connection:
        connection.execute("INSERT INTO labels VALUES ('x', ?)", [text])
        connection.execute("INSERT INTO spec VALUES (0, ?)", [text])
    with base.reading() as connection:
        assert connection.execute("SELECT told FROM spec").fetchone() == (text,)
        found = connection.execute("SELECT label FROM labels WHERE label = ?", [text]).fetchall()
    assert found == [(text,)]


def test_who_reads_sees_what_was_there_when_he_began(base):
    add(base, "x")
    with base.reading() as connection:
        add(base, "y")
        assert connection.execute("SELECT COUNT(*) FROM pictures").fetchone() == (1,)
        assert ids(base) == ["x", "y"]
    assert ids(base) == ["x", "y"]


def test_one_writes_at_a_time(base):
    """Each of many threads reads a number and writes the next; none is lost."""

    def count():
        for _ in range(20):
            with base.writing() as connection:
                (last,) = connection.execute("SELECT last FROM counter").fetchone()
                connection.execute("UPDATE counter SET last = ?", [last + 1])

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with base.reading() as connection:
        assert connection.execute("SELECT last FROM counter").fetchone() == (160,)


def test_who_only_reads(base, file):
    with pytest.raises(DataError, match="absent.db: no such file; is this the folder of a"):
        Database(file.with_name("absent.db"), read_only=True)
    assert not file.with_name("absent.db").exists()
    add(base, "x")
    reader = Database(file, read_only=True)
    add(base, "y")
    assert ids(reader) == ["x", "y"]
    assert reader.is_whole()
    with pytest.raises(OutputError, match="attempt to write a readonly database"):
        add(reader, "z")
    reader.close()
    assert ids(base) == ["x", "y"]


def test_another_process_reads_what_was_written(base, file):
    add(base, "x")
    code = (
        "import sys; from pathlib import Path; from sklimg.serve.database import Database\n"
        "with Database(Path(sys.argv[1]), read_only=True).reading() as base:\n"
        "    print(base.execute('SELECT id FROM pictures').fetchall())"
    )
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True)
    assert done.stdout == "[('x',)]\n", done.stderr


@pytest.mark.parametrize("version", [2, 99, -1])
def test_another_version(base, file, version):
    with base.writing() as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    for read_only in (False, True):
        with pytest.raises(DataError, match=f"version 1, got version {version} .*; update sklimg"):
            Database(file, read_only)


def test_the_file_of_another_program(file):
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE things (a)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(DataError, match="expected a database of version 1, got version 0 or"):
        Database(file)
    assert file.read_bytes() == before


def test_a_table_that_is_missing(base, file):
    with base.writing() as connection:
        connection.execute("DROP TABLE jobs")
    with pytest.raises(DataError, match="or another one; update sklimg, or use another --data"):
        Database(file)


def closed(file, n=500):
    """Write a database of some pages, and close it."""
    base = Database(file)
    add(base, *(f"{i:064}" for i in range(n)))
    base.close()
    return file.read_bytes()


def test_a_file_that_is_no_database(file):
    file.write_bytes(b"no database " * 1000)
    with pytest.raises(DataError, match="expected a whole database, got a damaged one: .*; put a"):
        Database(file)
    content = closed(file.with_name("other.db"))
    file.write_bytes(b"\0" * 100 + content[100:])
    with pytest.raises(DataError, match="expected a whole database, got a damaged one"):
        Database(file)


def test_damage_within(file):
    content = closed(file)
    file.write_bytes(content[: len(content) // 2])
    try:
        base = Database(file)
    except DataError:
        return
    assert not base.is_whole()
    with pytest.raises(DataError, match="got a damaged one"):
        ids(base)
    base.close()


def test_a_page_that_is_overwritten(file):
    content = bytearray(closed(file))
    half = len(content) // 2 // 4096 * 4096
    content[half : half + 4096] = b"\xff" * 4096
    file.write_bytes(content)
    base = Database(file)
    assert not base.is_whole()
    base.close()


def test_references_that_lead_nowhere(base):
    base._connection.execute("PRAGMA foreign_keys = OFF")
    with base.writing() as connection:
        connection.execute("INSERT INTO labels VALUES ('absent', 'a')")
    assert not base.is_whole()


def test_a_full_disk(base, file):
    add(base, "x")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        with pytest.raises(OutputError, match="cannot be used: .*; free the place, or") as caught:
            add(base, *(f"{i:064}" for i in range(20_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.exit_code == 6
    assert str(file) in str(caught.value)
    assert ids(base) == ["x"]
    add(base, "y")
    assert ids(base) == ["x", "y"]


def test_places_that_cannot_be_used(tmp_path):
    with pytest.raises(OutputError, match="cannot be used: unable to open database file"):
        Database(tmp_path)
    with pytest.raises(OutputError, match="cannot be kept there: No such file or directory"):
        Database(tmp_path / "absent" / "x.db")


def test_another_process_that_writes_is_not_waited_for_for_ever(base, file, monkeypatch):
    monkeypatch.setattr("sklimg.serve.database._WAIT_SECONDS", 0.1)
    second = Database(file)
    with (
        base.writing(),
        pytest.raises(OutputError, match="cannot be used: database is locked"),
        second.writing(),
    ):
        pass
    second.close()
    add(base, "x")


def test_what_is_no_fault_of_the_file_is_a_bug(base):
    with pytest.raises(sqlite3.OperationalError, match="no such table"), base.reading() as opened:
        opened.execute("SELECT * FROM absent")


def test_of_many_that_open_it_at_once_one_makes_it(file):
    made, errors = [], []

    def make():
        try:
            made.append(Database(file))
        except Exception as err:
            errors.append(err)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for one in made:
        assert one.is_whole()
        one.close()


def test_no_errno_of_the_block_is_taken_for_one_of_the_file(base):
    with pytest.raises(OSError, match="mine") as caught, base.writing():
        raise OSError(errno.ENOSPC, "mine")
    assert not isinstance(caught.value, OutputError)
