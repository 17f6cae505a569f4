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


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            "label,pixel0,pixel1,pixel10,pixel2",
            "got pixel10 after pixel1; put the columns in order",
        ),
        ("label,pixel1,pixel0,pixel2,pixel3", "got pixel0 after pixel1"),
        ("label,1x1,2x1,1x2,2x2", "got 1x2 after 2x1"),
        ("label,1x1,1x3,2x1,2x3", "got 1x3 after 1x1"),
        ("label,1x1,1x2,2x2,2x1", "got 2x2 after 1x2"),
        ("label,1x1,1x2,3x1,3x2", "got 3x1 after 1x2"),
    ],
)
def test_pixels_out_of_order_are_refused(header, words):
    with pytest.raises(TableError, match=f"t, line 1: expected the pixels in their order, {words}"):
        find_layout(header.encode(), "t")


@pytest.mark.parametrize(
    "header",
    ["label,pixel0,pixel1,pixel2,pixel3", "label,pixel1,pixel2,pixel3,pixel4,note",
     "label,1x1,1x2,2x1,2x2", "0x0,0x1,1x0,1x1", "label,pixel_9,pixel_10"],
)  # fmt: skip
def test_pixels_in_order_are_taken(header):
    assert find_layout(header.encode(), "t").kind == "wide"


def test_names_of_columns_may_be_in_capitals():
    assert find_layout(b"Label,Path,Pixel0,Pixel1,Note", "t").names == ("label", "path", "Note")
