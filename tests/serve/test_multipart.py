"""A form is the same however it is cut into pieces."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.serve.multipart import read_parts
from sklimg.serve.problems import Problem
from tests.serving import BOUNDARY, FORM
from tests.uploading import upload

TYPE = FORM["Content-Type"]


class Taken:
    """Keeps what it is handed."""

    def __init__(self):
        self.parts, self.ended = [], 0

    def begin(self, field, name):
        assert self.ended == len(self.parts)
        self.parts.append((field, name, b""))

    def take(self, data):
        field, name, before = self.parts[-1]
        self.parts[-1] = (field, name, before + data)

    def end(self):
        self.ended += 1


def taken(pieces):
    taker = Taken()
    read_parts(pieces, TYPE, taker)
    assert taker.ended == len(taker.parts)
    return taker.parts


def cut(body, places):
    bounds = [0, *sorted(places), len(body)]
    return [body[first:last] for first, last in pairwise(bounds)]


texts = st.text(st.characters(exclude_characters='"\\\r\n', exclude_categories=["Cs"]))
contents = st.binary() | st.sampled_from([b"\r\n--xx", f"\r\n--{BOUNDARY}".encode()[:-1], b"\r\n"])


@given(st.lists(st.tuples(texts, texts, contents), min_size=1), st.data())
def test_pieces_do_not_matter(parts, data):
    body = upload(*parts)
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=9))
    found = taken(cut(body, places))
    assert found == taken([body])
    assert [content for _, _, content in found] == [content for _, _, content in parts]


def test_every_byte_may_come_alone():
    parts = [("images", "é.png", b"\r\n--xxBOUNDARY\r\n-"), ("label", None, b"")]
    body = upload(*parts)
    assert taken(cut(body, range(len(body)))) == [(f, n or "", c) for f, n, c in parts]


def test_names_are_any_text():
    ((field, name, _),) = taken([upload((b"\xff\0".decode("latin-1"), b"../\xff\0\x1b", b""))])
    assert (field, name) == ("ÿ\0", "../\\xff\0\x1b")


@pytest.mark.parametrize("seed", range(3))
def test_damage_is_told_as_such(seed):
    """One byte anywhere: the same parts, others, or a Problem."""
    rng = np.random.default_rng(seed)
    body = upload(("images", "1.png", b"one"), ("label", None, b"a"))
    told = []
    for place in rng.integers(len(body), size=200):
        damaged = bytearray(body)
        damaged[place] = rng.integers(256)
        try:
            taken([bytes(damaged)])
        except Problem as err:
            told.append((err.status, err.code))
    assert set(told) <= {(400, "multipart"), (422, "content")}
    assert len(told) > 50


def test_nothing_at_all():
    with pytest.raises(Problem, match="the form ends before its last boundary"):
        taken([])


def test_what_is_behind_the_end_is_left():
    assert taken([upload(("a", None, b"x")), b"y" * 100]) == [("a", "", b"x")]
