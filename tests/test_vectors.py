"""Vectors as text: what is typed is parsed, what is wrong is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklimg.errors import TableError
from sklimg.vectors import parse_digits, parse_vector, print_vectors


@given(arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 30))))
def test_what_is_printed_is_parsed(pixels):
    printed = list(print_vectors(pixels))
    text = b"\n".join(printed) + b"\n"
    np.testing.assert_array_equal(parse_digits(text, pixels.shape[1]), pixels)
    for line, row in zip(printed, pixels, strict=True):
        np.testing.assert_array_equal(parse_vector(line.decode(), len(row), ""), row)


@pytest.mark.parametrize(
    "text",
    ["1,2,3", "1, 2 ,3", "1 2 3", "1;2;3", '"1,2,3"', "[1, 2, 3]", "1.0,2,3.", " 1  2\t3 \r\n"],
)
def test_ways_to_type_a_vector(text):
    assert parse_vector(text, 3, "stdin").tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2", "stdin: expected 3 pixels, got 2"),
        ("", "expected 3 pixels, got 0"),
        ("1,x,3", "stdin, pixel1: expected a whole number from 0 to 255, got 'x'"),
        ("1,256,3", "got '256'"),
        ("1,-1,3", "got '-1'"),
        ("1,nan,3", "got 'nan'"),
        ("1,0x1,3", "got '0x1'"),
        ("1,1_0,3", "got '1_0'"),
        ("1,1e1,3", "got '1e1'"),
        ("1,,3", "got ''"),
        ("1,٣,3", "got '٣'"),
        ("0.1,0.5,1", "scaled to 0-1: multiply them by 255"),
    ],
)
def test_what_is_no_vector_is_named(text, words):
    with pytest.raises(TableError, match=words):
        parse_vector(text, 3, "stdin")


@pytest.mark.parametrize(
    "text",
    [b"", b"1,2", b"1,,2\n", b"1,256\n", b"1,2345\n", b"1,a\n", b"-1,2\n", b"1 ,2\n", b",2\n",
     b"1,2,3\n", b"1\n2\n", b"1\n2,3\n4,5,6\n", b"\n\n", b"1,2\n\n"],
)  # fmt: skip
def test_the_quick_way_leaves_what_is_not_plain(text):
    assert parse_digits(text, 2) is None
