"""What the store says it keeps is kept, whoever kills it or fills its disk."""

import errno
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sklimg.errors import DataError, OutputError
from sklimg.images import encode_image
from sklimg.serve import store as store_module
from sklimg.serve.database import Database
from sklimg.serve.pictures import Incoming, Labelled, picture_digest
from sklimg.serve.spools import Spools
from sklimg.serve.store import Store
from sklimg.serve.summaries import summarise
from sklimg.spec import ImageSpec
from tests.builders import noise
from tests.test_naughty import strings  # noqa: F401

SPEC = ImageSpec(side=2)
PICTURES = [encode_image(pixels) for pixels in noise(9)]


class Opened:
    """A store and its database in a folder."""

    def __init__(self, folder, spec=SPEC):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.database = Database(folder / "data.db")
        try:
            self.store = Store(self.database, folder / "pictures", spec)
        except BaseException:
            self.database.close()
            raise

    def close(self):
        self.store.close()
        self.database.close()

    def incoming(self, *told, digest=None):
        """Return pictures of (content, label) that were received."""
        received = []
        with Spools(self.store.incoming) as spools:
            for i, (content, label) in enumerate(told):
                spool = spools.new()
                spool.write(content)
                spool.close()
                seen = digest or picture_digest(content, SPEC)
                about = (spool.file, spool.id, spool.n_bytes, f"{i}.png", label, seen)
                received.append(Incoming(*about))
        return received

    def add(self, *told, digest=None):
        """Add pictures; return what is told of each."""
        return [each.status for each in self.store.add(self.incoming(*told, digest=digest))]

    def kept(self):
        """Return {id: labels} after looking at everything that stands in the folder."""
        assert self.database.is_whole()
        with self.database.reading() as base:
            rows = base.execute("SELECT id, n_bytes, change FROM pictures").fetchall()
            labels = {id: set() for id, _, _ in rows}
            for id, label in base.execute("SELECT picture, label FROM labels"):
                labels[id].add(label)
        assert all(labels.values())
        changes = sorted(change for _, _, change in rows)
        assert len(set(changes)) == len(changes)
        assert all(0 < change <= self.store.last_change() for change in changes)
        blobs = self.folder / "pictures" / "blobs"
        files = {file.name: file.read_bytes() for file in blobs.glob("*/*")}
        assert set(files) == set(labels)
        for id, n_bytes, _ in rows:
            assert len(files[id]) == n_bytes
            assert id_of(files[id]) == id
            assert (blobs / id[:2] / id).is_file()
        assert list(self.store.incoming.iterdir()) == []
        return labels


def id_of(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def opened(tmp_path):
    one = Opened(tmp_path / "data")
    yield one
    one.close()


def reopened(one, **options):
    one.close()
    one.__init__(one.folder, **options)
    return one


A, B, C, D = PICTURES[:4]


def test_what_was_added_is_there_when_it_is_opened_again(opened):
    stored = opened.store.add(opened.incoming((A, "a"), (B, "b")))
    assert [(each.id, each.name, each.label, each.status) for each in stored] == [
        (id_of(A), "0.png", "a", "new"),
        (id_of(B), "1.png", "b", "new"),
    ]
    for _ in range(2):
        assert opened.kept() == {id_of(A): {"a"}, id_of(B): {"b"}}
        assert opened.store.content(id_of(A)) == A
        reopened(opened)
    assert (opened.folder / "pictures" / "blobs" / id_of(A)[:2] / id_of(A)).read_bytes() == A


def test_nothing_is_added(opened):
    assert opened.add() == []
    assert opened.store.last_change() == 0
    assert summarise(opened.store.found({})) == ({}, 0, [], {"of_table": 0, "among_uploads": 0})


def test_nobody_else_looks_into_it(opened):
    opened.add((A, "a"))
    pictures = opened.folder / "pictures"
    folders = [pictures / "incoming", pictures / "blobs", pictures / "blobs" / id_of(A)[:2]]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
    assert (folders[-1] / id_of(A)).stat().st_mode & 0o777 == 0o600


def test_the_same_picture_again(opened):
    assert opened.add((A, "a"), (A, "a"), (B, "a")) == ["new", "known", "new"]
    assert opened.add((A, "a")) == ["known"]
    assert opened.kept() == {id_of(A): {"a"}, id_of(B): {"a"}}
    assert opened.store.last_change() == 2


def test_the_same_picture_under_another_label(opened):
    assert opened.add((A, "a"), (A, "b"), (B, "b")) == ["new", "conflict", "new"]
    assert opened.add((A, "b"), (A, "c"), (B, "b")) == ["conflict", "conflict", "known"]
    assert opened.kept() == {id_of(A): {"a", "b", "c"}, id_of(B): {"b"}}
    assert [each.id for each in opened.store.labelled()] == [id_of(B)]
    (conflict,) = summarise(opened.store.found({})).conflicts
    assert conflict["labels"] == ["a", "b", "c"]


def test_changes_are_counted(opened):
    store = opened.store
    opened.add((A, "a"), (B, "b"), (C, "c"))
    assert (store.last_change(), store.n_since(0), store.n_since(1), store.n_since(3)) == (
        3,
        3,
        2,
        0,
    )
    opened.add((A, "a"))
    assert store.last_change() == 3
    opened.add((A, "x"))
    assert (store.last_change(), store.n_since(3)) == (4, 1)
    store.decide(id_of(B), "y")
    assert (store.last_change(), store.n_since(3)) == (5, 2)
    store.decide(id_of(B), "y")
    assert store.last_change() == 5
    store.remove(id_of(B))
    assert (store.last_change(), store.n_since(3)) == (5, 1)
    assert [each.label for each in store.labelled()] == ["c"]


def test_pictures_to_learn_from_in_the_order_of_their_changes(opened):
    opened.add((A, "a"), (B, "b"), (C, "c"))
    opened.store.decide(id_of(A), "z")
    blobs = opened.folder / "pictures" / "blobs"
    expected = [
        Labelled(id_of(content), label, blobs / id_of(content)[:2] / id_of(content))
        for content, label in ((B, "b"), (C, "c"), (A, "z"))
    ]
    assert opened.store.labelled() == expected
    assert opened.store.labelled(upto=4) == expected
    assert opened.store.labelled(upto=3) == expected[:2]
    assert opened.store.labelled(upto=0) == []


def test_pixels_under_two_labels_are_not_learned_from(opened):
    opened.add((A, "a"), (B, "a"), digest=b"same    ")
    assert len(opened.store.labelled()) == 2
    opened.add((C, "c"), digest=b"same    ")
    opened.add((D, "d"))
    assert [each.id for each in opened.store.labelled()] == [id_of(D)]
    assert [each["id"] for each in summarise(opened.store.found({})).conflicts] == [
        *map(id_of, (A, B, C))
    ]
    opened.store.decide(id_of(C), "a")
    assert len(opened.store.labelled()) == 4


def test_pictures_without_pixels_are_no_copies(opened):
    """They are those that can no longer be decoded."""
    opened.add((A, "a"), (B, "b"), digest=b"same    ")
    opened.add((C, "c"), (D, "d"), (D, "x"))
    with opened.database.writing() as base:
        base.execute("UPDATE pictures SET digest = NULL WHERE id IN (?, ?)", [id_of(C), id_of(D)])
    assert [each.id for each in opened.store.labelled()] == [id_of(C)]


def test_a_label_is_decided_for(opened):
    opened.add((A, "a"), (A, "b"))
    assert opened.store.decide(id_of(A), "c")
    assert opened.kept() == {id_of(A): {"c"}}
    assert not opened.store.decide(id_of(B), "c")
    assert not opened.store.decide("../../etc/passwd", "c")
    assert opened.add((A, "c")) == ["known"]


def test_a_picture_is_removed(opened):
    opened.add((A, "a"), (B, "b"))
    assert opened.store.remove(id_of(A))
    assert opened.kept() == {id_of(B): {"b"}}
    assert opened.store.content(id_of(A)) is None
    assert not opened.store.remove(id_of(A))
    assert opened.add((A, "x")) == ["new"]


@pytest.mark.parametrize("id", ["../../data.db", "", "/etc/passwd", "\0", "%", "x" * 10_000])
def test_ids_from_outside_lead_nowhere(opened, id):
    opened.add((A, "a"))
    assert opened.store.content(id) is None
    assert not opened.store.remove(id)
    assert not opened.store.decide(id, "x")
    assert opened.kept() == {id_of(A): {"a"}}


def test_naughty_labels_and_names(opened, strings):  # noqa: F811
    contents = [b"%d" % i for i in range(len(strings))]
    incoming = [
        each._replace(name=text, label=text)
        for each, text in zip(
            opened.incoming(*((c, "") for c in contents), digest=b"12345678"), strings, strict=True
        )
    ]
    stored = opened.store.add(incoming)
    assert [(each.name, each.label) for each in stored] == [(text, text) for text in strings]
    assert opened.kept() == {id_of(c): {text} for c, text in zip(contents, strings, strict=True)}
    summary = summarise(opened.store.found({}))
    assert set(summary.counts) == set(strings)
    assert {each["name"] for each in summary.conflicts} == set(strings)
    for content, text in zip(contents, strings, strict=True):
        assert opened.store.decide(id_of(content), text + "\0")
    assert {label for labels in opened.kept().values() for label in labels} == {
        text + "\0" for text in strings
    }
    assert {path.name for path in opened.folder.parent.iterdir()} == {"data"}


def test_the_summary_knows_the_table(opened):
    opened.add((A, "a"), (B, "b"))
    known = {picture_digest(A, SPEC): "a", picture_digest(B, SPEC): "x"}
    summary = summarise(opened.store.found(known))
    assert summary.counts == {"a": 1, "b": 1}
    assert summary.copies == {"of_table": 1, "among_uploads": 0}
    assert [(each["id"], each["with_table"]) for each in summary.conflicts] == [(id_of(B), "x")]


def digests(opened):
    with opened.database.reading() as base:
        return dict(base.execute("SELECT id, digest FROM pictures"))


def test_another_spec_looks_at_all_anew(opened, monkeypatch):
    opened.add((A, "a"), (B, "b"))
    opened.add((b"no picture", "c"), digest=b"12345678")
    before = digests(opened)
    looked = []
    plain = picture_digest
    monkeypatch.setattr(
        "sklimg.serve.store.picture_digest", lambda *args: looked.append(1) or plain(*args)
    )
    assert digests(reopened(opened)) == before
    assert not looked
    spec = ImageSpec(side=3, mode="RGB")
    after = digests(reopened(opened, spec=spec))
    assert len(looked) == 3
    assert after == {
        id_of(A): picture_digest(A, spec),
        id_of(B): picture_digest(B, spec),
        id_of(b"no picture"): None,
    }
    reopened(opened, spec=spec)
    assert len(looked) == 3
    assert len(opened.store.labelled()) == 3  # who learns will see which one is none
    assert digests(reopened(opened))[id_of(A)] == before[id_of(A)]


def test_a_kill_while_it_looks_anew(opened, monkeypatch):
    opened.add((A, "a"), (B, "b"))
    before = digests(opened)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("sklimg.serve.store.picture_digest", killed)
        reopened(opened, spec=ImageSpec(side=3))
    opened.__init__(opened.folder)
    assert digests(opened) == before


def test_it_is_swept_when_it_is_opened(opened):
    opened.add((A, "a"))
    pictures = opened.folder / "pictures"
    opened.incoming((B, "b"))
    (pictures / "incoming" / "folder").mkdir()
    (pictures / "blobs" / "ff").mkdir(exist_ok=True)
    (pictures / "blobs" / "ff" / id_of(B)).write_bytes(B)
    outside = opened.folder / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    (pictures / "incoming" / "link").symlink_to(outside)
    reopened(opened)
    assert opened.kept() == {id_of(A): {"a"}}
    assert (outside / "file").read_text() == "x"


def test_one_store_at_a_time(opened):
    with pytest.raises(OutputError, match="pictures: a service uses it; end it, or use another"):
        Store(opened.database, opened.folder / "pictures", SPEC)
    opened.incoming((A, "a"))
    assert len(list(opened.store.incoming.iterdir())) == 1  # nobody swept it
    reopened(opened)


def test_pictures_whose_database_is_gone_are_not_swept(opened):
    opened.add((A, "a"))
    opened.close()
    (opened.folder / "data.db").rename(opened.folder / "old.db")
    for _ in range(2):
        with pytest.raises(DataError, match="expected no pictures, as .*data.db is new, got some"):
            Opened(opened.folder)
    (opened.folder / "data.db").unlink()
    (opened.folder / "old.db").rename(opened.folder / "data.db")
    opened.__init__(opened.folder)
    assert opened.kept() == {id_of(A): {"a"}}


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pictures").write_text("x")
    with pytest.raises(OutputError, match="pictures cannot be kept there: Not a directory; free"):
        Opened(tmp_path / "data")


class Steps:
    """Each step on the disk and in the database, and what is to happen before it."""

    CALLS = ("fsync", "rename", "mkdir", "unlink", "rmdir", "replace")

    def __init__(self, monkeypatch):
        self.told, self.before = [], lambda: None
        for call in self.CALLS:
            monkeypatch.setattr(os, call, self._watched(call, getattr(os, call)))

    def watch(self, database):
        database._connection.set_trace_callback(lambda text: self._step(text.split()[0], ""))

    def _watched(self, call, plain):
        def watched(*args, **options):
            where = f"/proc/self/fd/{args[0]}" if call == "fsync" else args[0]
            self._step(call, Path(where).readlink() if call == "fsync" else Path(where))
            return plain(*args, **options)

        return watched

    def _step(self, call, where):
        self.told.append((call, where))
        before, self.before = self.before, lambda: None  # which has steps of its own
        before()
        self.before = before


@pytest.fixture
def steps(monkeypatch):
    return Steps(monkeypatch)


def test_everything_is_on_the_disk_before_it_is_told(opened, steps):
    """Files are flushed before they are moved, and folders before the rows are written."""
    incoming = opened.incoming((A, "a"), (B, "b"))
    steps.watch(opened.database)
    opened.store.add(incoming)
    told = steps.told
    blobs = opened.folder / "pictures" / "blobs"
    commit = told.index(("COMMIT", ""))
    for each in incoming:
        moved = told.index(("rename", each.file))
        assert told.index(("fsync", each.file)) < moved
        assert moved < told.index(("fsync", blobs / each.id[:2])) < commit
        made = told.index(("mkdir", blobs / each.id[:2]))
        assert made < told.index(("fsync", blobs)) < commit
        assert moved < told.index(("INSERT", ""))


CHANGES = {
    "add": lambda one: one.add((A, "a"), (C, "c"), (D, "d")),
    "conflict": lambda one: one.add((A, "x")),
    "decide": lambda one: one.store.decide(id_of(A), "x"),
    "remove": lambda one: one.store.remove(id_of(A)),
    "open": lambda one: reopened(one),
    "look": lambda one: reopened(one, spec=ImageSpec(side=3)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_kill_at_any_step(opened, steps, tmp_path, change):
    """What stands on the disk before each step is what a kill there would leave."""
    opened.add((A, "a"), (B, "b"))
    before, left = opened.kept(), []
    if change == "open":
        opened.incoming((C, "c"))

    def leave():
        place = tmp_path / f"left{len(left)}"
        shutil.copytree(opened.folder, place)
        left.append(place)

    steps.watch(opened.database)
    steps.before = leave
    CHANGES[change](opened)
    steps.before = lambda: None
    leave()
    after = opened.kept()
    found = []
    for place in left:
        one = Opened(place)
        found.append(one.kept())
        one.close()
    assert len(left) > 4
    n_before = found.index(after) if before != after else 0
    assert all(each == before for each in found[:n_before])
    assert all(each == after for each in found[n_before:])


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_disk_that_is_full_at_any_step(opened, steps, error):
    """Nothing is told and nothing is left, and afterwards it goes on."""
    opened.add((A, "a"))
    before = opened.kept()
    for number in range(1, 1000):
        incoming = opened.incoming((B, "b"), (A, "a"), (C, "c"))
        calls = []

        def fail(calls=calls, number=number):
            calls.append(1)
            if len(calls) == number:
                raise error

        steps.before = fail
        try:
            opened.store.add(incoming)
            break
        except (OutputError, KeyboardInterrupt) as err:
            assert isinstance(err, OutputError) == isinstance(error, OSError)  # noqa: PT017
        finally:
            steps.before = lambda: None
        assert opened.kept() == before
    assert number > 5
    assert len(opened.kept()) == 3


def test_a_database_that_is_full(opened, monkeypatch):
    opened.add((A, "a"))
    before = opened.kept()
    with opened.database.reading() as base:
        (n_pages,) = base.execute("PRAGMA page_count").fetchone()
    opened.database._connection.execute(f"PRAGMA max_page_count = {n_pages}")
    told = [(b"%d" % i, "b" * 1000) for i in range(200)]
    with pytest.raises(OutputError, match=r"data.db: cannot be used: .*full; free the place"):
        opened.add(*told, digest=b"12345678")
    assert opened.kept() == before
    opened.database._connection.execute("PRAGMA max_page_count = 1000000")
    assert opened.add(*told, digest=b"12345678") == ["new"] * 200


def test_an_end_that_fails_takes_no_file_away(opened, monkeypatch):
    """It may be on the disk nevertheless, and a row must never be without its file."""
    connection = opened.database._connection

    class Failing:
        def execute(self, text, *values):
            done = connection.execute(text, *values)
            if text == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return done

    monkeypatch.setattr(opened.database, "_connection", Failing())
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
        opened.add((A, "a"))
    monkeypatch.undo()
    assert opened.kept() == {id_of(A): {"a"}}


def test_threads_that_add_the_same_picture(opened):
    batches = [opened.incoming((A, "a"), (PICTURES[4 + i % 3], "b"), (A, "a")) for i in range(12)]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(opened.store.add, batches))
    statuses = [each.status for stored in told for each in stored if each.id == id_of(A)]
    assert sorted(statuses) == ["known"] * 23 + ["new"]
    assert sum(each.status == "new" for stored in told for each in stored) == 4
    assert len(opened.kept()) == 4
    assert opened.store.last_change() == 4


@pytest.mark.parametrize("change", ["remove", "fail"])
def test_nobody_comes_between_a_row_and_its_file(opened, monkeypatch, change):
    """Not even who adds a picture at the moment in which its file is taken away."""
    incoming, unlink, threads = opened.incoming((A, "a")), os.unlink, []

    def unlinked(path, **options):
        if Path(path).name == id_of(A) and not threads:
            threads.append(threading.Thread(target=opened.store.add, args=[incoming]))
            threads[0].start()
            threads[0].join(0.3)
        unlink(path, **options)

    failing, plain = opened.incoming((A, "a")), store_module._record

    def record(base, each):
        if each in failing:
            raise OSError(errno.ENOSPC, "No space left")
        return plain(base, each)

    monkeypatch.setattr(store_module, "_record", record)
    if change == "remove":
        opened.store.add(opened.incoming((A, "a")))
        monkeypatch.setattr(os, "unlink", unlinked)
        opened.store.remove(id_of(A))
    else:
        monkeypatch.setattr(os, "unlink", unlinked)
        with pytest.raises(OutputError, match="No space left"):
            opened.store.add(failing)
    threads[0].join()
    for each in failing:
        each.file.unlink(missing_ok=True)
    assert opened.kept() == {id_of(A): {"a"}}


def test_threads_that_add_and_remove_the_same_picture(opened):
    """Whoever comes last wins; a row always has its file, and it is whole."""

    def add():
        for _ in range(25):
            opened.add((A, "a"), (B, "b"))

    def remove():
        for _ in range(40):
            opened.store.remove(id_of(A))
            assert opened.store.content(id_of(B)) in (None, B)
            assert opened.store.content(id_of(A)) in (None, A)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for work in (add, remove, add, remove)]:
            done.result()
    assert set(opened.kept()) - {id_of(A)} == {id_of(B)}


def test_who_reads_meanwhile_is_not_held_up(opened):
    opened.add((A, "a"))
    with opened.database.writing():
        assert len(opened.store.labelled()) == 1
        assert summarise(opened.store.found({})).n_pictures == 1
        assert opened.store.n_since(0) == 1


KILLED = """
import os, sys
from pathlib import Path
from sklimg.serve.store import Store
from tests.serve.test_store import Opened, id_of
one = Opened(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(10_000):
    told = [(b"%d %d" % (number, i), "a") for i in range(3)]
    one.add(*told, digest=b"12345678")
    print(*(id_of(content) for content, _ in told), flush=True)
    if number % 3 == 2:
        one.store.remove(id_of(b"%d 0" % number))
"""


@pytest.mark.parametrize("seed", range(2))
def test_what_was_told_outlives_a_kill(tmp_path, seed):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        threading.Timer(random.Random(seed).uniform(0.1, 0.4), process.kill).start()
        lines = process.stdout.read().splitlines()
        assert process.wait() == -signal.SIGKILL
    one = Opened(tmp_path / "data")
    kept = one.kept()
    one.close()
    told = [line.split() for line in lines if line.count(" ") == 2 and len(line) == 194]
    assert len(told) > 3
    for number, ids in enumerate(told):
        assert set(ids[1:]) <= set(kept)
        may_be_gone = number % 3 == 2
        assert may_be_gone or ids[0] in kept
    assert len(kept) <= 3 * (len(told) + 1)


@pytest.mark.parametrize("how", ["remove", "decide"])
def test_a_picture_that_is_in_doubt_no_more_is_a_change(opened, how):
    """Two files of the same pixels under two labels: when one is gone, or agrees, both count."""
    opened.add((A, "cat"), (B, "dog"), digest=b"12345678")
    before = opened.store.last_change()
    assert opened.store.labelled() == []
    if how == "remove":
        opened.store.remove(id_of(B))
    else:
        opened.store.decide(id_of(B), "cat")
    assert opened.store.n_since(before) == (1 if how == "remove" else 2)
    assert {each.label for each in opened.store.labelled()} == {"cat"}
    opened.kept()
