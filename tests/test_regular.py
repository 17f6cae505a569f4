"""Regular files alone are read, and not too much of them."""

import os

import pytest

from sklimg.regular import read_regular


def test_a_file_is_read(tmp_path):
    (tmp_path / "f").write_bytes(b"x" * 100)
    assert read_regular(tmp_path / "f") == b"x" * 100
    assert read_regular(tmp_path / "f", most=100) == b"x" * 100


def test_a_file_that_is_too_large_is_not(tmp_path):
    with (tmp_path / "f").open("wb") as file:
        file.truncate(200 * 2**30)
    with pytest.raises(OSError, match="larger than 2147483648 bytes"):
        read_regular(tmp_path / "f")


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_not_waited_for(tmp_path, kind):
    path = tmp_path / "f"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(OSError, match="no regular file"):
        read_regular(path)


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file"):
        read_regular(tmp_path / "absent")
