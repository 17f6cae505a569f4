"""Files are found by their ids, and those of no known id are removed."""

import os
from pathlib import Path

import pytest

from sklimg.serve.blobs import Blobs


@pytest.fixture
def blobs(tmp_path):
    (tmp_path / "blobs").mkdir()
    return Blobs(tmp_path / "blobs")


def put(blobs, *ids):
    files = []
    for id in ids:
        file = blobs.folder.parent / f"new-{id}"
        file.write_text(id)
        files.append((file, id))
    blobs.put(files)
    return [file for file, _ in files]


def found(blobs):
    return sorted(file.name for file in blobs.folder.glob("*/*"))


def test_they_are_moved_to_where_they_belong(blobs):
    assert blobs.is_empty()
    before = put(blobs, "abc", "abd", "f00")
    assert not any(file.exists() for file in before)
    assert not blobs.is_empty()
    assert blobs.file("abd") == blobs.folder / "ab" / "abd"
    assert [blobs.file(id).read_text() for id in ("abc", "abd", "f00")] == ["abc", "abd", "f00"]


def test_one_that_is_there_is_replaced(blobs):
    put(blobs, "abc")
    blobs.file("abc").write_text("damaged")
    put(blobs, "abc")
    assert blobs.file("abc").read_text() == "abc"


def test_names_are_on_the_disk(blobs, monkeypatch):
    """A folder is flushed after what is moved into it, and what it stands in if it is new."""
    steps, sync, rename = [], os.fsync, os.rename

    def synced(handle):
        steps.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        sync(handle)

    def renamed(source, target):
        steps.append("rename")
        rename(source, target)

    put(blobs, "abc")
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    put(blobs, "abd", "f00", "f01")
    assert steps[:3] == ["rename"] * 3
    assert sorted(steps[3:]) == sorted(
        map(str, (blobs.folder, blobs.folder / "ab", blobs.folder / "f0"))
    )


def test_all_others_are_removed(blobs):
    put(blobs, "abc", "abd", "f00")
    blobs.file("abd").rename(blobs.folder / "f0" / "abd")
    (blobs.folder / "ab" / ".hidden").write_text("x")
    blobs.keep({"abc", "abd", "absent"})
    assert found(blobs) == ["abc"]
    blobs.keep([])
    assert blobs.is_empty()
