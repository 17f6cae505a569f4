"""What comes in stands in files of random names, and is gone if it was in vain."""

import errno
import hashlib
import os
import resource
import stat

import pytest

from sklimg.errors import OutputError
from sklimg.serve.spools import Spools, keeping_in, sync


def test_it_is_hashed_while_it_is_written(tmp_path):
    with Spools(tmp_path) as spools:
        spool = spools.new()
        spool.write(b"one")
        spool.write(b"two")
        spool.close()
    assert spool.file.read_bytes() == b"onetwo"
    assert (spool.n_bytes, spool.id) == (6, hashlib.sha256(b"onetwo").hexdigest())
    assert spool.file.parent == tmp_path


def test_nobody_else_reads_it(tmp_path):
    before = os.umask(0)
    try:
        with Spools(tmp_path) as spools:
            made = [spools.new() for _ in range(100)]
    finally:
        os.umask(before)
    for spool in made:
        spool.close()
    files = [spool.file for spool in made]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(set(files)) == 100


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, MemoryError])
def test_none_is_left_by_who_fails(tmp_path, error):
    with pytest.raises(error, match="why"), Spools(tmp_path) as spools:
        for _ in range(3):
            spools.new().write(b"x")
        raise error("why")
    assert list(tmp_path.iterdir()) == []


def test_one_may_be_dropped(tmp_path):
    with Spools(tmp_path) as spools:
        spool = spools.new()
        spools.drop(spools.new())
        spool.close()
    assert list(tmp_path.iterdir()) == [spool.file]


def test_a_full_disk(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with (
            pytest.raises(OutputError, match="cannot be kept there: File too large; free the"),
            Spools(tmp_path) as spools,
        ):
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
            spool = spools.new()
            spool.write(b"x" * 100_000)
            spool.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_written_before_the_end_fails_as_well(tmp_path, monkeypatch):
    """Few bytes wait in memory until the file is closed."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(OutputError, match="File too large"), Spools(tmp_path) as spools:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
            spool = spools.new()
            spool.write(b"x" * 100)
            spool.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none(tmp_path):
    with (
        pytest.raises(OutputError, match="absent: pictures cannot be kept there: No such"),
        Spools(tmp_path / "absent") as spools,
    ):
        spools.new()


def test_errors_of_the_disk_are_named(tmp_path):
    with (
        pytest.raises(OutputError, match="kept there: No space left on device; free") as caught,
        keeping_in(tmp_path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.exit_code == 6
    with pytest.raises(OutputError, match=r"^as it is$"), keeping_in(tmp_path):
        raise OutputError("as it is")
    with pytest.raises(KeyError, match="other"), keeping_in(tmp_path):
        raise KeyError("other")


def test_what_is_not_there_is_not_flushed(tmp_path):
    sync(tmp_path)
    with pytest.raises(FileNotFoundError, match="absent"):
        sync(tmp_path / "absent")
