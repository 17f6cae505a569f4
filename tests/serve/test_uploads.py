"""Each file of an upload is a picture or a reject, and nothing else is left."""

import os
import re
import resource
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.digests import pixel_digests
from sklimg.errors import OutputError
from sklimg.images import encode_image, read_image
from sklimg.serve import uploads, zips
from sklimg.serve.problems import Problem
from sklimg.serve.uploads import receive
from sklimg.spec import ImageSpec
from tests.builders import noise
from tests.hostile import HOSTILE
from tests.serving import BOUNDARY, FORM
from tests.test_naughty import strings  # noqa: F401
from tests.uploading import Packed, packed, upload, wide_end

SPEC = ImageSpec(side=3)
A, B, C = (encode_image(pixels) for pixels in noise(3))
LABEL = ("label", None, "a")


@pytest.fixture
def place(tmp_path):
    """A folder to receive into, beside which nothing changes."""
    (tmp_path / "incoming").mkdir()
    yield tmp_path
    assert {path.name for path in tmp_path.iterdir()} <= {"incoming", "body"}


def received(place, *parts, spec=SPEC):
    return received_body(place, upload(*parts), spec)


def received_body(place, body, spec=SPEC):
    (place / "body").write_bytes(body)
    found = receive(place / "body", FORM["Content-Type"], place / "incoming", spec)
    assert {picture.file for picture in found.pictures} == set((place / "incoming").iterdir())
    assert len({picture.file for picture in found.pictures}) == len(found.pictures)
    for picture in found.pictures:
        content = picture.file.read_bytes()
        assert stat.S_IMODE(picture.file.stat().st_mode) == 0o600
        assert picture.n_bytes == len(content)
        vector = read_image(content, spec).reshape(1, -1)
        assert picture.digest == pixel_digests(vector)[0].tobytes()
    return found


def told(found):
    """Return (name, label, content) of pictures and (name, code) of rejects."""
    pictures = [(each.name, each.label, each.file.read_bytes()) for each in found.pictures]
    return pictures, [(each["name"], each["code"]) for each in found.rejects]


def archive(*files):
    """Return the part with a zip file of (name, content)."""
    return ("archive", "a.zip", packed(*[Packed(name.encode(), data) for name, data in files]))


def test_images_and_their_labels(place):
    parts = [("images", "1.png", A), ("images", "2.png", B)]
    found = received(place, *parts, LABEL)
    assert told(found) == ([("1.png", "a", A), ("2.png", "a", B)], [])
    for picture in found.pictures:
        picture.file.unlink()
    found = received(place, *parts, LABEL, ("label", None, "b"))
    assert told(found) == ([("1.png", "a", A), ("2.png", "b", B)], [])
    assert len({each.id for each in found.pictures}) == 2


def test_an_archive_of_class_folders(place):
    found = received(
        place,
        archive(("a/1.png", A), ("deep/b/2.png", B), ("c\\3.png", C), ("top.png", A)),
    )
    pictures = [("a/1.png", "a", A), ("deep/b/2.png", "b", B), ("c\\3.png", "c", C)]
    assert told(found) == (pictures, [("top.png", "no_label")])


def test_files_in_no_folder_take_the_label_of_all(place):
    found = received(place, archive(("b/1.png", A), ("2.png", B)), ("label", None, "x"))
    assert told(found) == ([("b/1.png", "b", A), ("2.png", "x", B)], [])


def test_labels_of_images_are_not_for_the_archive(place):
    parts = [("images", "1.png", A), ("images", "2.png", B), LABEL, ("label", None, "b")]
    found = received(place, archive(("3.png", C), ("c/4.png", C)), *parts)
    pictures = [("1.png", "a", A), ("2.png", "b", B), ("c/4.png", "c", C)]
    assert told(found) == (pictures, [("3.png", "no_label")])


def test_what_other_programs_pack(place, tmp_path):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.mkdir("é")
        made.writestr("é/1.png", A)
        made.writestr("__MACOSX/é/._1.png", b"x")
    for content in (file.getvalue(), wide_end(file.getvalue())):
        found = received(place, ("archive", "a.zip", content))
        assert told(found) == ([("é/1.png", "é", A)], [("__MACOSX/é/._1.png", "ignored")])
        found.pictures[0].file.unlink()


def test_a_colour_model_sees_colours(place):
    content = encode_image(noise(1, (9, 7, 3))[0])
    received(place, ("images", "1.png", content), LABEL, spec=ImageSpec(5, "RGB", invert="auto"))


def test_what_is_no_picture_is_a_reject(place):
    files = [("1.png", A), ("2.txt", b"no picture"), ("3.png", b""), ("4.png", A[:-30])]
    expected = [("2.txt", "not_an_image"), ("3.png", "empty"), ("4.png", "truncated")]
    found = received(place, *[("images", *file) for file in files], LABEL)
    assert told(found) == ([("1.png", "a", A)], expected)
    assert found.rejects[0]["detail"] == (
        "expected PNG, JPEG, GIF, BMP, WebP or TIFF, got something else or a damaged file"
    )
    found.pictures[0].file.unlink()
    found = received(place, archive(*[("a/" + name, data) for name, data in files]))
    assert [(f"a/{name}", code) for name, code in expected] == told(found)[1]


@pytest.mark.filterwarnings("ignore")  # of Pillow, on damaged tags
def test_files_that_break_programs(place):
    """Each has its outcome, and no detail tells where it stands here."""
    parts = [("images", name, content) for name, (content, _) in HOSTILE.items()]
    found = received(place, *parts, LABEL)
    codes = {name: outcome for name, (_, outcome) in HOSTILE.items() if isinstance(outcome, str)}
    assert dict(told(found)[1]) == codes
    assert len(found.pictures) + len(found.rejects) == len(parts)
    for reject in found.rejects:
        assert str(place) not in reject["detail"]
        assert not reject["detail"].startswith("image:")


def test_an_archive_is_rejected_entry_by_entry(place):
    entries = [
        Packed(b"a/1.png", A),
        Packed(b"a/2.png", A, flags=1),
        Packed(b"../3.png", A),
        Packed(b"/etc/passwd", A),
        Packed(b"a/4\0.png", A),
        Packed(b"a/5.png", A, mode=0o120777),
        Packed(b"a/6.png", A, method=12),
        Packed(b"a/7.png", A, crc=0),
        Packed(b"a/8.png", A, n_bytes=zips.MOST_BYTES + 1),
        Packed(b"a/.DS_Store", A),
        Packed(b"a/9.zip", packed(Packed(b"0", bytes(10**6)))),
        Packed(b"a/"),
        Packed(b" /10.png", A),
        Packed(b"x" * 1001 + b"/11.png", A),
        Packed(b"b/12.png", B, method=0),
    ]
    found = received(place, ("archive", "a.zip", packed(*entries)))
    codes = [code for _, code in told(found)[1]]
    assert codes == [
        *("encrypted", "bad_name", "bad_name", "bad_name", "link", "method", "damaged"),
        *("too_large", "ignored", "unsupported_format", "bad_name", "bad_name"),
    ]
    assert [each.name for each in found.pictures] == ["a/1.png", "b/12.png"]
    assert found.rejects[-2]["detail"].startswith("its folder is no label: expected 1 to 1,000 ")


def test_the_same_picture_may_come_twice(place):
    found = received(place, archive(("a/1.png", A), ("b/1.png", A)), ("images", "1", A), LABEL)
    assert sorted(each.label for each in found.pictures) == ["a", "a", "b"]
    assert len({each.id for each in found.pictures}) == 1


def test_naughty_strings(place, strings):  # noqa: F811
    """Each as a label and as a name, in a form and in an archive."""
    parts, expected = [], []
    for text in strings:
        if not text.strip():
            continue
        name = text.replace('"', "")
        parts += [("images", name, A), ("label", None, text)]
        expected.append((name, text))
    found = received(place, *parts)
    assert len(found.pictures) + len(found.rejects) == len(expected)
    labels = [text for name, text in expected if re.split(r"[/\\]", name)[-1][:1] != "."]
    assert [each.label for each in found.pictures] == labels
    assert {each["code"] for each in found.rejects} <= {"ignored"}
    for picture in found.pictures:
        picture.file.unlink()
    entries = [Packed(f"{text}/{text}.png".encode(), A) for text in strings]
    found = received(place, ("archive", "a.zip", packed(*entries)))
    assert len(found.pictures) + len(found.rejects) == len(strings)
    assert {each["code"] for each in found.rejects} <= {"bad_name", "ignored"}
    kept = [
        text
        for text in strings
        if text.strip() and "/" not in text and "\\" not in text and text[0] != "." and text != "A:"
    ]
    assert set(kept) <= {each.label for each in found.pictures}


@pytest.mark.parametrize("name", ["../../x.png", "/etc/passwd", "a\0b.png", "..\\..\\x.png"])
def test_names_lead_nowhere(place, name):
    found = received(place, ("images", name, A), LABEL)
    assert [each.name for each in found.pictures] == [name]


def test_an_upload_is_refused_as_a_whole(place, monkeypatch):
    bad = packed(Packed(b"a/1.png", A), Packed(b"a/2.png", B), places=[0, 0])
    monkeypatch.setattr(uploads, "MOST_PICTURES", 3)
    image = ("images", "1.png", A)
    for parts, code in [
        ([image], "content"),
        ([image, LABEL, LABEL], "content"),
        ([image, ("other", None, b"x"), LABEL], "content"),
        ([image, LABEL, ("archive", "a.zip", bad)], "archive"),
        ([image, LABEL, ("archive", "a.zip", b"no archive")], "archive"),
        ([image, image, LABEL, archive(("a/1", A), ("a/2", A))], "content"),
    ]:
        with pytest.raises(Problem, match="expected") as caught:
            received(place, *parts)
        assert (caught.value.status, caught.value.code) == (422, code)
        assert list((place / "incoming").iterdir()) == []


def test_nothing_is_decoded_of_what_is_refused(place, monkeypatch):
    looked = []
    monkeypatch.setattr(uploads, "picture_digest", lambda *args: looked.append(1) or b"x")
    with pytest.raises(Problem, match="archive: expected a zip file"):
        received(place, ("images", "1.png", A), LABEL, ("archive", "a.zip", b"x"))
    assert not looked


@pytest.mark.parametrize("seed", range(3))
def test_a_form_that_ends_early(place, seed):
    body = upload(("images", "1.png", A), LABEL, archive(("a/1.png", A)))
    for length in np.random.default_rng(seed).integers(len(body) - 4, size=20):
        with pytest.raises(Problem, match="body: ") as caught:
            received_body(place, body[:length])
        assert (caught.value.status, caught.value.code) == (400, "multipart")
        assert list((place / "incoming").iterdir()) == []


def test_a_form_without_a_boundary(place):
    (place / "body").write_bytes(upload(LABEL))
    with pytest.raises(Problem, match="content-type: expected a boundary"):
        receive(place / "body", "multipart/form-data", place / "incoming", SPEC)


files = st.sampled_from([A, B, b"", b"no picture", A[:40]])
names = st.sampled_from(["1.png", "a/2.png", "../3.png", ".hidden", "b\\4.png", "/5.png", "c/"])


@given(st.lists(st.tuples(names, files), max_size=6), st.lists(st.tuples(names, files), max_size=6))
def test_each_file_is_a_picture_or_a_reject(tmp_path_factory, images, entries):
    place = tmp_path_factory.mktemp("given")
    (place / "incoming").mkdir()
    parts = [("images", *image) for image in images]
    found = received(place, *parts, archive(*entries), LABEL)
    n_folders = sum(name.endswith("/") for name, _ in entries)
    n_files = len(images) + len(entries) - n_folders
    assert len(found.pictures) + len(found.rejects) == n_files


def test_a_full_disk(place):
    (place / "body").write_bytes(
        upload(("images", "1.png", A), ("images", "2", bytes(10**5)), LABEL)
    )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        with pytest.raises(OutputError, match="incoming: pictures cannot be kept there: File too"):
            receive(place / "body", FORM["Content-Type"], place / "incoming", SPEC)
        bomb = upload(("archive", "a.zip", packed(Packed(b"a/1.png", bytes(10**6)))))
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        (place / "body").write_bytes(bomb)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        with pytest.raises(OutputError, match="incoming: pictures cannot be kept there: File too"):
            receive(place / "body", FORM["Content-Type"], place / "incoming", SPEC)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((place / "incoming").iterdir()) == []


def test_whoever_fails_leaves_nothing(place, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(uploads, "picture_digest", interrupted)
    for part in (("images", "1.png", A), archive(("a/1.png", A))):
        with pytest.raises(KeyboardInterrupt):
            received(place, part, LABEL)
        assert list((place / "incoming").iterdir()) == []


def test_nothing_is_written_but_below_the_folder(place, monkeypatch):
    """Whatever is opened to be written to has a random name there."""
    opened, plain = [], os.open

    def noted(path, flags, mode=0o777, **more):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            opened.append(Path(path))
        return plain(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", noted)
    entries = [Packed(name, A) for name in (b"../1.png", b"/tmp/2.png", b"a/3.png", b"..\\4.png")]
    received(place, ("images", "../../5.png", A), LABEL, ("archive", "../6.zip", packed(*entries)))
    assert len(opened) >= 3
    assert {path.parent for path in opened} == {place / "incoming"}


def test_boundaries_of_pieces_do_not_matter(place, monkeypatch):
    body = upload(("images", "1.png", A), LABEL, archive(("b/2.png", B)))
    assert BOUNDARY.encode() in body
    for piece in (1, 7, 100):
        monkeypatch.setattr(uploads, "_PIECE", piece)
        found = received_body(place, body)
        assert told(found) == ([("1.png", "a", A), ("b/2.png", "b", B)], [])
        for picture in found.pictures:
            picture.file.unlink()
