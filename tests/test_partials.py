"""What a killed writer left is swept by the next one; what a living one writes is not."""

import errno
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from sklimg.files import new_folder, replacing_file, write_bytes
from sklimg.partials import partial_file, partial_folder, partial_name


@pytest.fixture
def left(tmp_path):
    """A file and a folder that dead writers of a left, each with something in it."""
    file, folder = partial_name(tmp_path / "a"), partial_name(tmp_path / "a")
    file.write_bytes(b"half")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "b").write_bytes(b"half")
    return {file, folder}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_next_writer_sweeps(left, tmp_path):
    write_bytes(tmp_path / "a", b"new")
    assert names(tmp_path) == ["a"]


def test_the_next_folder_sweeps(left, tmp_path):
    with new_folder(tmp_path / "a"):
        pass
    assert names(tmp_path) == ["a"]


def test_only_its_own_target_is_swept(left, tmp_path):
    before = set(tmp_path.iterdir())
    for name in ("b", "a.json", "A", "a.0123456789abcdef"):
        write_bytes(tmp_path / name, b"new")
    assert before < set(tmp_path.iterdir())
    other = tmp_path / ".a.partial"
    other.write_bytes(b"of the user")
    write_bytes(tmp_path / "a", b"new")
    assert other.exists()


def test_a_living_writer_is_left_alone(tmp_path):
    path = tmp_path / "a"
    with replacing_file(path) as slow:
        slow.write(b"slow")
        write_bytes(path, b"quick")
        assert path.read_bytes() == b"quick"
        with partial_folder(path) as folder:
            with partial_folder(path):
                assert folder.is_dir()
            assert folder.is_dir()
    assert path.read_bytes() == b"slow"
    assert names(tmp_path) == ["a"]


def test_many_writers_at_once_all_succeed(tmp_path):
    """Each sweeps while the others make, lock and rename."""

    def write(i):
        write_bytes(tmp_path / "a", bytes([i]) * 1000)
        with new_folder(tmp_path / f"folder{i}") as folder:
            (folder / "b").write_bytes(b"1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))
    assert len(set((tmp_path / "a").read_bytes())) == 1
    assert not list(tmp_path.glob(".*"))


def test_a_new_partial_that_is_swept_before_its_lock_is_made_again(tmp_path, monkeypatch):
    swept = []
    flock = fcntl.flock

    def lose(handle, how):
        if not swept:
            swept.extend(tmp_path.iterdir())
            swept[0].unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", lose)
    with partial_file(tmp_path / "a") as (path, handle):
        os.write(handle, b"x")
        assert path.read_bytes() == b"x"
        assert path not in swept


def test_without_locks_nothing_is_removed(left, tmp_path, monkeypatch):
    def refuse(handle, how):
        raise OSError(errno.ENOTSUP, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    write_bytes(tmp_path / "a", b"new")
    assert set(tmp_path.iterdir()) == left | {tmp_path / "a"}


def test_the_longest_name_of_a_file_system_has_a_partial(tmp_path):
    path = tmp_path / ("語" * 85)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
