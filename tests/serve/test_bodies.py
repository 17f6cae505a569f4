"""What a request brings is taken for nothing but numbers and bytes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.serve.bodies import (
    MOST_IMAGES,
    MOST_VECTORS,
    NamedImage,
    media_type,
    parse_images,
    parse_vectors,
)
from sklimg.serve.problems import Problem
from tests.serving import BOUNDARY, FORM, form

TYPE = FORM["Content-Type"]
END = f"--{BOUNDARY}--\r\n".encode()
ROW = [0, 255, 7, 9]


def told(rows, **more):
    return json.dumps({"vectors": rows, **more}).encode()


@given(st.lists(st.lists(st.integers(0, 255), min_size=4, max_size=4), min_size=1, max_size=9))
def test_vectors_come_back(rows):
    vectors = parse_vectors(told(rows), 4)
    assert vectors.dtype == np.uint8
    np.testing.assert_array_equal(vectors, rows)


def test_whole_numbers_may_be_written_with_a_point():
    np.testing.assert_array_equal(parse_vectors(b'{"vectors": [[0.0, 2.55e2, 7, 9]]}', 4), [ROW])


def test_a_mark_of_byte_order_is_no_harm():
    assert parse_vectors(b"\xef\xbb\xbf" + told([ROW]), 4).shape == (1, 4)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"vectors": [[NaN, 0, 0, 0]]}',
        b'{"vectors": [[Infinity, 0, 0, 0]]}',
        b'{"vectors": [[' + b"9" * 5000 + b", 0, 0, 0]]}",
        b'{"a":' * 100_000,
        b'{"vectors": [[0, 1, 2, 3]], "vectors": [[0, 1, 2, 3]]}',
        b'{"vectors": "\xff"}',
        told([ROW]).decode().encode("utf-16"),
        told([ROW]) + b"x",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_json(body):
    with pytest.raises(Problem, match="body: expected JSON, got something else") as caught:
        parse_vectors(body, 4)
    assert (caught.value.status, caught.value.code) == (400, "json")


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (b"null", r'body: expected an object with the one key "vectors", got null'),
        (b"[]", r"got a list"),
        (b"{}", r"got the keys \[\]"),
        (told([ROW], extra=1), r"got the keys \['vectors', 'extra'\]"),
        (rb'{"\ud800": 1}', r"got the keys \['\\ud800'\]"),
        (told([]), r"vectors: expected a list of 1 to 1000 vectors, got 0 vectors"),
        (told({}), r"vectors: expected a list of .* got an object"),
        (told("\ud800"), r'got "\\ud800"'),
        (told([ROW, None]), r"vectors\[1\]: expected 4 numbers, .* got null"),
        (told([ROW[:3]]), r"vectors\[0\]: expected 4 numbers, .* got 3 numbers"),
        (told([[0, 0, 0, 256]]), r"vectors\[0\]\[3\]: expected a whole number .* got 256"),
        (told([[0, -1, 0, 0]]), r"vectors\[0\]\[1\]: .* got -1"),
        (told([[0, True, 0, 0]]), r"got true"),
        (told([[0, "1", 0, 0]]), r'got "1"'),
        (told([[0, None, 0, 0]]), r"got null"),
        (told([[0, [1], 0, 0]]), r"got \[1\]"),
        (told([[0, 1.5, 0, 0]]), r"got 1.5"),
        (told([[0, 0.5, 0, 0]]), r"got 0.5; the values seem scaled to 0-1: multiply them by 255"),
        (b'{"vectors": [[1e999, 0, 0, 0]]}', r"\[0\]\[0\]: .* got Infinity"),
        (b'{"vectors": [[' + b"9" * 400 + b", 0, 0, 0]]}", r"got 9{40}$"),
        (
            b"[" * 200_000,
            r"vectors: expected at most 1000 lists and 1,000,000 numbers in all, got more",
        ),
        (
            told([ROW] * 1001),
            r"vectors: expected at most 1000 lists and 1,000,000 numbers in all, got more",
        ),
        (
            told([[0] * 1_000_001]),
            r"vectors: expected at most 1000 lists and 1,000,000 numbers in all, got more",
        ),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_what_are_no_vectors(body, match):
    with pytest.raises(Problem, match=match) as caught:
        parse_vectors(body, 4)
    assert (caught.value.status, caught.value.code) == (422, "content")


def test_as_many_vectors_as_are_allowed():
    assert len(parse_vectors(told([ROW] * MOST_VECTORS), 4)) == MOST_VECTORS


contents = st.lists(st.binary(max_size=300).map(lambda b: b.replace(b"--xx", b"")), min_size=1)


@given(contents)
def test_images_come_back_byte_by_byte(parts):
    images = parse_images(form(*parts), TYPE)
    assert [image.content for image in images] == parts
    assert [image.name for image in images] == [f"{i}.png" for i in range(len(parts))]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (b"../../etc/passwd", "../../etc/passwd"),  # is told, never opened
        (b"\xff.png", r"\xff.png"),
        ("é.png".encode(), "é.png"),
        (b"<b>", "<b>"),
        (b"", ""),
        (b"a" * 3000, "a" * 255),
    ],
)
def test_names_are_only_told(name, kept):
    assert parse_images(form(b"x", names=[name]), TYPE) == [NamedImage(kept, b"x")]


def test_a_nul_in_a_name_is_escaped():
    (image,) = parse_images(form(b"x", names=[b"a\0b"]), TYPE)
    assert "\0" not in image.name


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", TYPE),
        (form(b"x")[:-4], TYPE),
        (form(b"x")[:-40], TYPE),
        (b"before" + form(b"x"), TYPE),
        (b"\r" * 100_000, TYPE),
        (f"--{BOUNDARY}\n\nx".encode(), TYPE),
        (f"--{BOUNDARY}\r\n".encode() + b"A: b\r\n" * 100_000, TYPE),
        (f"--{BOUNDARY}\r\nA".encode() + b"a" * 100_000, TYPE),
        (form(b"x", names=[b"a" * 100_000]), TYPE),
        (form(b"x"), "multipart/form-data"),
        (form(b"x"), "multipart/form-data; boundary="),
        (form(b"x"), 'multipart/form-data; boundary="'),
        (form(b"x"), "multipart/form-data; boundary=" + "x" * 71),
        (form(b"x"), "multipart/form-data; boundary=\xe9"),
    ],
    ids=lambda value: repr(value[:60]),
)
def test_what_is_no_form(body, content_type):
    with pytest.raises(Problem) as caught:
        parse_images(body, content_type)
    assert (caught.value.status, caught.value.code) == (400, "multipart")


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (form(), 'expected parts called "images", got no parts'),
        (form(b"x", field="file"), "got one called 'file'"),
        (form(b"x", field="images[]"), r"got one called 'images\[\]'"),
        (f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), "got one called ''"),
        (form(b"x")[: -len(END)] + f"--{BOUNDARY}\r\n\r\nx".encode() + b"\r\n" + END, "called ''"),
        (form(b"x").replace(b"form-data", b"attachment"), "got one called 'images'"),
        (form(*[b"x"] * (MOST_IMAGES + 1)), "expected at most 100 images, got more"),
    ],
    ids=lambda value: repr(value[:60]),
)
def test_what_is_a_form_of_something_else(body, match):
    with pytest.raises(Problem, match=match) as caught:
        parse_images(body, TYPE)
    assert (caught.value.status, caught.value.code) == (422, "content")


def test_as_many_images_as_are_allowed():
    assert len(parse_images(form(*[b"x"] * MOST_IMAGES), TYPE)) == MOST_IMAGES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("application/json", "application/json"),
        (" Application/JSON ; charset=utf-8", "application/json"),
        ("", ""),
        (";", ""),
    ],
)
def test_a_media_type_without_its_parameters(text, kind):
    assert media_type(text) == kind
