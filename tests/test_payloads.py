"""What a code says comes back exactly, and bytes of others are refused."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.payloads import HEAD, pack_page, unpack_page

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CELLS = st.lists(st.tuples(TEXT, st.integers(1, 99999)), max_size=40).map(tuple)
NUMBERS = st.tuples(*[st.integers(0, 255)] * 2, *[st.integers(0, 65535)] * 6).map(list)


@given(NUMBERS, CELLS)
def test_a_page_comes_back(numbers, cells):
    assert unpack_page(pack_page(numbers, cells)) == (numbers, cells)


def test_labels_that_are_alike_take_few_bytes():
    labels = tuple((f"a rather long label {i}", 10) for i in range(10))
    assert len(pack_page([0] * 8, labels)) < 100


def test_digits_take_two_bytes_each():
    cells = tuple((str(i), 12) for i in range(10))
    assert len(pack_page([0] * 8, cells)) == HEAD + 3 + 2 * 10


@given(st.binary(max_size=60))
def test_any_bytes_are_a_page_or_none(payload):
    unpack_page(payload)
    unpack_page(b"\x01" + payload)
    unpack_page(b"\x81" + payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x01" * (HEAD - 1),
        b"\x02" + pack_page([0] * 8, (("a", 1),))[1:],
        pack_page([0] * 8, (("é", 1),))[:-1],
        b"\x81" + bytes(HEAD - 1) + zlib.compress(b"with a header"),
        b"\x01" + bytes(HEAD - 1) + b"\xff",
    ],
    ids=["nothing", "short", "version", "cut", "deflated", "number"],
)
def test_what_is_no_page_is_none(payload):
    assert unpack_page(payload) is None
