"""Files and folders are whole or absent; names are safe and in natural order."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.errors import OutputError, UsageError
from sklimg.files import (
    as_json,
    natural_key,
    new_folder,
    one_line,
    point_to,
    replacing_file,
    safe_name,
    write_bytes,
)

SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-%")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_who_reads_the_old_file_reads_all_of_it(tmp_path):
    """The new file takes the name of the old one; it is not written into it."""
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")
    with path.open("rb") as reader:
        write_bytes(path, b"new")
        assert reader.read() == b"old"


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="half way"), replacing_file(path) as file:
        file.write(b"half")
        raise RuntimeError("half way")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_the_block_ends_the_old_file_stands(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with replacing_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"


def test_a_file_gets_the_permissions_that_the_user_asks_for(tmp_path):
    old = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_link_is_followed_not_replaced(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    with pytest.raises(OutputError, match="got a folder"):
        write_bytes(tmp_path, b"")


def test_a_place_below_a_file_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OutputError, match=r"a/b: cannot be written: .*; free the place"):
        write_bytes(tmp_path / "a" / "b", b"")


def test_a_folder_appears_whole(tmp_path):
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"1")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "a").read_bytes() == b"1"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"1")
    assert (tmp_path / "out" / "a").exists()


def test_a_folder_in_use_is_not_touched(tmp_path):
    (tmp_path / "mine").write_bytes(b"1")
    with pytest.raises(UsageError, match=r"new or empty folder, got one with files"):
        new_folder(tmp_path).__enter__()
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_an_error_leaves_no_folder(tmp_path):
    with pytest.raises(RuntimeError, match="half way"), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"1")
        raise RuntimeError("half way")
    assert list(tmp_path.iterdir()) == []


def test_a_link_moves_and_nothing_else_is_moved_away(tmp_path):
    for name in ("run1", "run2"):
        (tmp_path / name).mkdir()
        point_to(tmp_path / "latest", tmp_path / name)
    assert (tmp_path / "latest").resolve() == tmp_path / "run2"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="expected a link"):
        point_to(tmp_path / "file", tmp_path / "run1")


@given(st.text())
def test_a_safe_name_is_one_plain_component(text):
    name = safe_name(text)
    assert set(name) <= SAFE
    assert name not in ("", ".", "..")
    assert len(name) <= 120


@given(st.text(), st.text())
def test_two_texts_never_share_a_name(one, other):
    assert (safe_name(one) == safe_name(other)) == (one == other)


def test_long_names_differ_by_their_ends():
    assert safe_name("é" * 200 + "a") != safe_name("é" * 200 + "b")


def test_a_name_that_is_not_utf8_has_a_safe_name():
    assert safe_name(os.fsdecode(b"\xff")) == "%FF"


@given(st.lists(st.text()))
def test_natural_order_is_total(texts):
    backwards = texts[::-1]
    assert sorted(texts, key=natural_key) == sorted(backwards, key=natural_key)


def test_natural_order_counts():
    assert sorted(["10", "2", "007", "7", "é", "a"], key=natural_key) == [
        "2",
        "007",
        "7",
        "10",
        "a",
        "é",
    ]


def test_a_number_of_any_length_is_sorted():
    assert natural_key("9" * 10_000) > natural_key("8" * 10_000)


@given(st.text())
def test_one_line_is_one_line(text):
    assert one_line(text).isprintable()


def test_json_refuses_what_is_not_json():
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json({"loss": float("nan")})
