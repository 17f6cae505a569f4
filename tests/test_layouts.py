"""How a table is laid out is found in its first line."""

import pytest

from sklimg.errors import TableError, UsageError
from sklimg.layouts import find_layout, looks_like_table, new_layout


def test_a_map_is_no_table():
    assert not looks_like_table(b"path,label\n")
    assert not looks_like_table(b"\xff\xfe")
    assert looks_like_table(b"7,0,0,0,0\n")


@pytest.mark.parametrize(("kind", "columns"), [("wide", ["group", "split"]), ("vector", [])])
def test_a_new_layout_is_found_again(kind, columns):
    layout = new_layout(kind, 4, columns)
    assert find_layout(",".join(layout.header).encode() + b"\n", "t") == layout


def test_what_no_layout_holds():
    with pytest.raises(UsageError, match="layout: expected wide or vector, got 'tall'"):
        new_layout("tall", 4, [])
    with pytest.raises(TableError, match="column '1x2': expected a name unlike those of pixels"):
        new_layout("wide", 4, ["1x2"])
