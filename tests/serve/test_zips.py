"""An entry of a zip file becomes the bytes that the directory says, or a reject."""

import tracemalloc
import zipfile
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklimg.errors import ImageError
from sklimg.serve import zips
from sklimg.serve.zips import MOST_BYTES, copy_entry, read_entries
from tests.uploading import Packed, packed


def unpacked(archive):
    """Return {name: bytes} of an archive."""
    file = BytesIO(archive)
    return {entry.name: copied(file, entry) for entry in read_entries(file)}


def copied(file, entry):
    pieces = []
    copy_entry(file, entry, pieces.append)
    return b"".join(pieces)


def code_of(entry):
    """Return the code by which one entry is refused, and how many bytes came before."""
    file, pieces = BytesIO(packed(Packed(b"before", b"x"), entry)), []
    with pytest.raises(ImageError, match="expected|left behind") as caught:
        copy_entry(file, read_entries(file)[1], pieces.append)
    return caught.value.code, sum(map(len, pieces))


@given(
    st.lists(st.binary(max_size=300), max_size=5),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_bytes_come_back(contents, method):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for i, content in enumerate(contents):
            archive.writestr(f"a/{i}", content)
    found = unpacked(file.getvalue())
    assert found == {f"a/{i}": content for i, content in enumerate(contents)}


@pytest.mark.parametrize("method", [0, 8])
def test_large_ones_come_back_in_pieces(method):
    rng = np.random.default_rng(0)
    data = rng.bytes(300_000) + bytes(1_000_000) + rng.bytes(70_000)
    file, pieces = BytesIO(packed(Packed(b"a", data, method=method))), []
    copy_entry(file, read_entries(file)[0], pieces.append)
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 2**16


def test_folders_are_nothing():
    assert unpacked(packed(Packed(b"a/"), Packed(b"b\\"), Packed(b"a/c", b"c"))) == {"a/c": b"c"}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (b"a/b/1.png", ["a", "b", "1.png"]),
        (b"a\\b/1.png", ["a", "b", "1.png"]),
        (b"1.png", ["1.png"]),
        ("é/1.png".encode(), ["é", "1.png"]),  # as most programs write it, whatever they say
        (b"\x82/1.png", ["é", "1.png"]),  # as old ones do
        (b"a b /1.png\n", ["a b ", "1.png\n"]),
        (b"C:x/1.png", ["C:x", "1.png"]),
    ],
)
def test_names_have_parts(name, parts):
    (entry,) = read_entries(BytesIO(packed(Packed(name))))
    assert (entry.parts, entry.refusal) == (parts, None)


@pytest.mark.parametrize(
    "name",
    [
        b"../1.png",
        b"a/../../1.png",
        b"a/..\\1.png",
        b"..",
        b"a/./1.png",
        b"/etc/passwd",
        b"\\\\host\\share\\1.png",
        b"a//1.png",
        b"C:\\1.png",
        b"c:/a/1.png",
        b"a\0.png",
        b"",
    ],
)
def test_names_that_lead_elsewhere(name):
    assert code_of(Packed(name, b"x")) == ("bad_name", 0)


def test_a_name_that_says_it_is_utf_8_and_is_not():
    archive = packed(Packed(b"\x82/1.png", b"x", flags=0x800))
    (entry,) = read_entries(BytesIO(archive))
    assert entry.name == r"\x82/1.png"
    assert code_of(Packed(b"\x82/1.png", b"x", flags=0x800)) == ("bad_name", 0)


@pytest.mark.parametrize(
    "name", [b".DS_Store", b"a/.hidden.png", b"__MACOSX/a/1.png", b"a/Thumbs.db", b"desktop.ini"]
)
def test_junk(name):
    assert code_of(Packed(name, b"x")) == ("ignored", 0)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Packed(b"a", b"/etc/passwd", mode=0o120777), "link"),
        (Packed(b"a", b"x", flags=1), "encrypted"),
        (Packed(b"a", b"x", flags=0x41), "encrypted"),
        (Packed(b"a", b"x", flags=0x2001), "encrypted"),
        (Packed(b"a", b"x", method=99, flags=1), "encrypted"),
        (Packed(b"a", b"x", method=12), "method"),
        (Packed(b"a", b"x", method=14), "method"),
        (Packed(b"a", b"x", method=9), "method"),
        (Packed(b"a", b"x", flags=0x20), "method"),
        (Packed(b"a", b"x", n_bytes=MOST_BYTES + 1), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused_by_what_it_says(entry, code):
    assert code_of(entry) == (code, 0)


def test_the_largest_one():
    file = BytesIO(packed(Packed(b"a", bytes(MOST_BYTES))))
    sizes = []
    copy_entry(file, read_entries(file)[0], lambda piece: sizes.append(len(piece)))
    assert sum(sizes) == MOST_BYTES


@pytest.mark.parametrize(
    "entry",
    [
        Packed(b"a", b"xyz", crc=0),
        Packed(b"a", b"xyz", crc=0, method=0),
        Packed(b"a", b"xyz", n_bytes=2),
        Packed(b"a", b"xyz", n_bytes=4),
        Packed(b"a", b"xyz", n_bytes=4, method=0),
        Packed(b"a", b"xyz", n_bytes=2, method=0),
        Packed(b"a", b"xyz", packed=b"\xff" * 20),
        Packed(b"a", b"xyz", packed=b""),
        Packed(b"a", b"x" * 1000, packed=Packed(b"", b"x" * 1000).body[:-3]),
    ],
)
def test_what_is_damaged(entry):
    assert code_of(entry)[0] == "damaged"


def test_an_empty_one():
    assert unpacked(packed(Packed(b"a"), Packed(b"b", method=0))) == {"a": b"", "b": b""}


def test_a_head_that_lies_about_its_size_helps_nobody():
    """128 MB that say they are ten bytes are given up after the first piece."""
    packer = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(2**7)) + packer.flush()
    assert len(bomb) < 2**18
    entry = Packed(b"a", bytes(10), packed=bomb)
    tracemalloc.start()
    try:
        assert code_of(entry) == ("damaged", 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(bomb)


def test_an_archive_in_an_archive_is_not_unpacked():
    inner = packed(Packed(b"0", bytes(10**6)))
    assert unpacked(packed(Packed(b"a/1.zip", inner))) == {"a/1.zip": inner}


def test_what_takes_the_pieces_may_fail():
    def full(piece):
        raise OSError(28, "No space left on device")

    file = BytesIO(packed(Packed(b"a", b"x")))
    with pytest.raises(OSError, match="No space left"):
        copy_entry(file, read_entries(file)[0], full)


def test_pieces_are_small_beside_what_they_are_packed_to(monkeypatch):
    """However little is unpacked at a time, nothing is lost at the ends of pieces."""
    data = np.random.default_rng(0).integers(0, 3, 5000, np.uint8).tobytes() + bytes(5000)
    for piece in (1, 2, 7, 258, 1000):
        monkeypatch.setattr(zips, "_PIECE", piece)
        assert unpacked(packed(Packed(b"a", data))) == {"a": data}
        for n in range(1, 600, 7):
            assert unpacked(packed(Packed(b"a", bytes(n)))) == {"a": bytes(n)}
