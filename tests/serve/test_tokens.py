"""The token of a service is made once, and read by nobody else."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from sklimg.errors import DataError, OutputError
from sklimg.serve.tokens import read_token


def test_it_is_made_once(tmp_path):
    token, file, is_new = read_token(tmp_path / "a" / "b")
    assert is_new
    assert len(token) >= 43  # 32 random bytes
    assert file == tmp_path / "a" / "b" / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_token(tmp_path / "a" / "b") == (token, file, False)
    assert read_token(tmp_path / "other")[0] != token


def test_no_mask_opens_it(tmp_path):
    before = os.umask(0)
    try:
        _, file, _ = read_token(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_one_may_bring_a_token(tmp_path):
    (tmp_path / "token").write_text("0123456789abcdef\n")
    (tmp_path / "token").chmod(0o400)
    assert read_token(tmp_path)[0] == "0123456789abcdef"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601])
def test_one_that_others_can_read_is_refused(tmp_path, mode):
    _, file, _ = read_token(tmp_path)
    file.chmod(mode)
    with pytest.raises(OutputError, match=rf"got mode {mode:04o}; run: chmod 600 "):
        read_token(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"short", b"0123456789abcde f", b"\xff" * 20, b"a" * 257, b"a" * 20 + b"\n" + b"b" * 20],
)
def test_what_is_no_token(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    (tmp_path / "token").chmod(0o600)
    with pytest.raises(DataError, match="expected a token of 16 to 256 letters"):
        read_token(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "pipe", "nowhere", "large"])
def test_what_is_no_file(tmp_path, kind):
    file = tmp_path / "token"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "nowhere":
        file.symlink_to("absent")
    else:
        file.write_bytes(b"a" * 2000)
        file.chmod(0o600)
    with pytest.raises((OutputError, DataError), match="token"):
        read_token(tmp_path)


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="the token cannot be kept there: .*use another --data"):
        read_token(tmp_path / "file")


def test_it_is_never_open_to_others(tmp_path, monkeypatch):
    """Not even for the moment before it is written: who has it open then may read on."""
    modes, plain = [], os.open

    def noted(path, flags, mode=0o777, **more):
        if flags & os.O_CREAT:
            modes.append(mode)
        return plain(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", noted)
    read_token(tmp_path)
    assert modes == [0o600]


def test_services_that_start_at_once_share_one(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: read_token(tmp_path), range(8)))
    assert len({token for token, _, _ in found}) == 1
    assert sum(is_new for _, _, is_new in found) == 1


@pytest.fixture
def given(tmp_path):
    """A file with a token, as another program makes it; the folder is beside."""
    file = tmp_path / "given"
    file.write_text("0123456789abcdef\n")
    file.chmod(0o400)
    return file


def test_one_that_is_given_is_taken_and_the_folder_keeps_none(tmp_path, given):
    assert read_token(tmp_path / "data", given) == ("0123456789abcdef", given, False)
    assert list((tmp_path / "data").iterdir()) == []
    (tmp_path / "data" / "token").write_text("not looked at")
    assert read_token(tmp_path / "data", given)[0] == "0123456789abcdef"


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640])
def test_a_group_may_read_what_is_given(tmp_path, given, mode):
    given.chmod(mode)
    assert read_token(tmp_path / "data", given)[0] == "0123456789abcdef"


@pytest.mark.parametrize("mode", [0o444, 0o604, 0o660, 0o650, 0o601, 0o777])
def test_others_may_not(tmp_path, given, mode):
    given.chmod(mode)
    told = rf"expected a file that only you and its group can read, got mode {mode:04o}; run: chmod"
    with pytest.raises(OutputError, match=told):
        read_token(tmp_path / "data", given)


def test_one_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(OutputError, match=r"absent: the token cannot be read: .*--token-file"):
        read_token(tmp_path / "data", tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_what_is_given_and_is_no_token(tmp_path, given):
    given.chmod(0o600)
    given.write_text("short")
    with pytest.raises(DataError, match="expected a token of .*; write one there"):
        read_token(tmp_path / "data", given)
    assert given.read_text() == "short"
