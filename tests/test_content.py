"""Bytes and regular files are opened; nothing else is waited for."""

import os

import pytest

from sklimg import content
from sklimg.content import open_source, source_name
from sklimg.errors import ImageError


def test_bytes_and_files_are_given_whole(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    path.write_bytes(b"hello")
    monkeypatch.setattr(content, "_AT_ONCE", 5)
    for source in (b"hello", path, str(path)):
        with open_source(source) as file:
            assert file.getvalue() == b"hello"


def test_a_very_large_file_stays_on_the_disk(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    path.write_bytes(b"hello")
    monkeypatch.setattr(content, "_AT_ONCE", 4)
    with open_source(path) as file:
        assert not hasattr(file, "getvalue")
        assert file.read() == b"hello"


def test_what_cannot_be_opened_has_a_code(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "loop").symlink_to("loop")
    codes = {
        "absent": "missing", ".": "not_a_file", "pipe": "not_a_file", "empty": "empty",
        "loop": "unreadable", "a\0b": "unreadable", "n" * 300: "unreadable",
    }  # fmt: skip
    for name, code in codes.items():
        with pytest.raises(ImageError, match="expected|cannot be opened|no such file") as caught:
            open_source(tmp_path / name)
        assert caught.value.code == code
        assert source_name(tmp_path / name) in str(caught.value)
    with pytest.raises(ImageError, match="a pipe or device") as caught:
        open_source("/dev/zero")
    assert caught.value.code == "not_a_file"


def test_open_files_are_not_left_behind(tmp_path):
    for _ in range(3):
        with pytest.raises(ImageError, match="a folder"):
            open_source(tmp_path)
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208
    for _ in range(50):
        with pytest.raises(ImageError, match="a folder"):
            open_source(tmp_path)
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208


def test_a_file_that_comes_in_small_pieces_is_read_whole(tmp_path, monkeypatch):
    (tmp_path / "a.bin").write_bytes(b"hello")
    read = os.read
    monkeypatch.setattr(os, "read", lambda handle, n_bytes: read(handle, min(n_bytes, 2)))
    with open_source(tmp_path / "a.bin") as file:
        assert file.getvalue() == b"hello"
