"""The form of an upload is taken apart without being kept in memory."""

import tracemalloc

import pytest

from sklimg.serve import uploadforms
from sklimg.serve.multipart import read_parts
from sklimg.serve.problems import Problem
from sklimg.serve.spools import Spools
from sklimg.serve.uploadforms import UploadForm, check_label
from tests.serving import FORM
from tests.uploading import upload


@pytest.fixture
def parsed(tmp_path):
    """Returns the form that parts make, after its spools are closed."""

    def parse(*parts):
        with Spools(tmp_path) as spools:
            form = UploadForm(spools)
            read_parts([upload(*parts)], FORM["Content-Type"], form)
            return form

    yield parse
    kept = {path.name for path in tmp_path.iterdir()}
    assert all(len(name) == 32 for name in kept)


def one(name="1.png", content=b"one"):
    return ("images", name, content)


def test_images_labels_and_an_archive(parsed):
    form = parsed(one(), ("label", None, "a"), one("é.png", b"two"), ("archive", "a.zip", b"zip"))
    assert [image.name for image in form.images] == ["1.png", "é.png"]
    assert [image.spool.file.read_bytes() for image in form.images] == [b"one", b"two"]
    assert [image.refusal for image in form.images] == [None, None]
    assert form.archive.file.read_bytes() == b"zip"
    assert form.labels() == (["a", "a"], "a")


@pytest.mark.parametrize(
    ("parts", "labels"),
    [
        ([one(), ("label", None, "a")], (["a"], "a")),
        ([one(), one(), ("label", None, "a"), ("label", None, "b")], (["a", "b"], None)),
        ([("label", None, "a"), ("label", None, "b"), one(), one()], (["a", "b"], None)),
        ([("archive", "a.zip", b"zip")], ([], None)),
        ([("archive", "a.zip", b"zip"), ("label", "label.txt", "a")], ([], "a")),
    ],
)
def test_labels_belong_to_images_in_their_order(parsed, parts, labels):
    assert parsed(*parts).labels() == labels


@pytest.mark.parametrize(
    ("parts", "match"),
    [
        ([], 'body: expected files called "images" or "archive", got none'),
        ([("label", None, "a")], 'body: expected files called "images" or "archive", got none'),
        ([one()], "label: expected one for all images, or one for each of 1, got 0"),
        ([one(), one()], "or one for each of 2, got 0"),
        ([one()] + [("label", None, "a")] * 2, "or one for each of 1, got 2"),
        ([one()] * 3 + [("label", None, "a")] * 2, "or one for each of 3, got 2"),
        (
            [("archive", "", b"zip")] + [("label", None, "a")] * 2,
            "label: expected at most one, got 2",
        ),
    ],
)
def test_labels_that_do_not_fit(parsed, parts, match):
    form = parsed(*parts)
    with pytest.raises(Problem, match=match) as caught:
        form.labels()
    assert (caught.value.status, caught.value.code) == (422, "content")


@pytest.mark.parametrize(
    ("part", "match"),
    [
        (
            ("file", "1.png", b"x"),
            'body: expected parts called "images", "label" or "archive", got',
        ),
        (("", None, b"x"), "got one called ''; leave it out"),
        (("images[]", "1.png", b"x"), r"got one called 'images\[\]'"),
        (("Images", "1.png", b"x"), "got one called 'Images'"),
        (("label", None, b""), "label: expected 1 to 1,000 characters, not only spaces, got 0"),
        (("label", None, " \t\u00a0\u3000"), "not only spaces, got spaces"),
        (("label", None, "x" * 1001), "label: expected 1 to 1,000 characters, .* got 1,001"),
        (("label", None, "x" * 100_000), "label: expected 1 to 1,000 characters, .* got more"),
        (("label", None, b"\xff"), "label: expected UTF-8, got other bytes"),
        (("label", None, b"\xed\xa0\x80"), "label: expected UTF-8, got other bytes"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_parts_that_are_refused(parsed, part, match):
    with pytest.raises(Problem, match=match) as caught:
        parsed(one(), part)
    assert (caught.value.status, caught.value.code) == (422, "content")


@pytest.mark.parametrize("label", ["x" * 1000, "\U0001f600" * 1000, " a ", "\u200b", "-"])
def test_labels_are_exact(parsed, label):
    assert parsed(one(), ("label", None, label)).labels() == ([label], label)


def test_what_is_no_text_is_no_label():
    check_label("a")
    with pytest.raises(Problem, match="label: expected text that UTF-8 can hold, got half a char"):
        check_label("a\ud800")
    with pytest.raises(Problem, match="got one with NUL"):
        check_label("a\0")


def test_at_most_so_many(parsed, monkeypatch):
    monkeypatch.setitem(uploadforms._MOST, "images", 3)
    monkeypatch.setitem(uploadforms._MOST, "label", 3)
    assert len(parsed(*[one()] * 3).images) == 3
    for part, match in (
        (one(), "images: expected at most 3 of them, got more; send several forms"),
        (one("", b""), "images: expected at most 3 of them"),
        (("label", None, "a"), "label: expected at most 3 of them"),
    ):
        with pytest.raises(Problem, match=match):
            parsed(*[part] * 4)
    with pytest.raises(Problem, match="archive: expected at most 1 of them, got more"):
        parsed(*[("archive", "a.zip", b"x")] * 2)


def test_fields_of_a_page_that_nobody_filled(parsed, tmp_path):
    form = parsed(("images", "", b""), ("archive", "", b""), one())
    assert len(form.images) == 1
    assert form.archive is None
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "is_junk"),
    [
        (".DS_Store", True),
        ("photos/.hidden.png", True),
        ("photos\\Thumbs.db", True),
        ("__MACOSX", True),
        ("../../etc/passwd", False),
        (".git/1.png", False),
        ("", False),
    ],
)
def test_junk_is_refused_by_the_name_of_the_file(parsed, tmp_path, name, is_junk):
    (image,) = parsed(one(name)).images
    assert image.name == name
    assert image.refusal == (uploadforms.JUNK if is_junk else None)
    assert image.spool.file.exists() != is_junk


def test_long_names_are_cut(parsed):
    (image,) = parsed(one("é" * 1500)).images
    assert image.name == "é" * 1000


def test_pictures_that_are_too_large(parsed, monkeypatch):
    monkeypatch.setattr(uploadforms, "MOST_BYTES", 100)
    large, right = parsed(one(content=b"x" * 101), one(content=b"x" * 100)).images
    assert large.refusal[0] == "too_large"
    assert not large.spool.file.exists()
    assert (right.refusal, right.spool.n_bytes) == (None, 100)


def test_files_are_not_kept_in_memory(tmp_path):
    body = upload(*[one(content=b"x" * 2_000_000)] * 5, ("archive", "", b"x" * 5_000_000))
    tracemalloc.start()
    try:
        with Spools(tmp_path) as spools:
            pieces = (body[first : first + 2**16] for first in range(0, len(body), 2**16))
            read_parts(pieces, FORM["Content-Type"], UploadForm(spools))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 15_000_000
