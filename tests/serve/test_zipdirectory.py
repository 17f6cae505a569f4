"""The directory of a zip file is believed only as far as its entries bear it out."""

import shutil
import struct
import subprocess
import zipfile
from io import BytesIO

import numpy as np
import pytest

from sklimg.serve import zipdirectory
from sklimg.serve.problems import Problem
from sklimg.serve.zipdirectory import MOST_ENTRIES, read_directory
from tests.uploading import Packed, packed, wide_end

A, B = Packed(b"a/1.png", b"one"), Packed(b"b/2.png", b"two" * 100)


def listed(archive):
    return read_directory(BytesIO(archive))


def by_zipfile(names, method=zipfile.ZIP_DEFLATED, comment=b"", force_zip64=False):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.comment = comment
        for name in names:
            with archive.open(name, "w", force_zip64=force_zip64) as entry:
                entry.write(name.encode() * 9)
    return file.getvalue()


@pytest.mark.parametrize("force_zip64", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_it_lists_what_python_does(method, force_zip64):
    archive = by_zipfile(["a/1.png", "é.png", "a/b/3.png"], method, b"a comment", force_zip64)
    theirs = zipfile.ZipFile(BytesIO(archive)).infolist()
    mine = listed(archive)
    assert [each.name.decode() for each in mine] == [each.filename for each in theirs]
    for one, other in zip(mine, theirs, strict=True):
        assert (one.n_packed, one.n_bytes, one.crc, one.head, one.method) == (
            other.compress_size,
            other.file_size,
            other.CRC,
            other.header_offset,
            other.compress_type,
        )


def test_what_was_written_to_a_pipe():
    """Sizes follow behind the bytes, and the directory has them."""

    class Pipe(BytesIO):
        def seekable(self):
            return False

        def seek(self, *args):
            raise OSError("no pipe does")

        tell = seek

    file = Pipe()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"one" * 100)
        archive.writestr("a/2.png", b"two" * 100)
    assert [each.n_bytes for each in listed(file.getvalue())] == [300, 300]


@pytest.mark.parametrize("options", [["-q", "-r"], ["-q", "-r", "-0"], ["-q", "-r", "-fz"]])
def test_what_the_zip_command_makes(tmp_path, options):
    if not shutil.which("zip"):
        pytest.skip("zip is not installed: what it makes cannot be read")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "é.png").write_bytes(b"one" * 100)
    command = ["zip", *options, "a.zip", "a"]
    subprocess.run(command, cwd=tmp_path, check=True)
    names = [each.name.decode() for each in listed((tmp_path / "a.zip").read_bytes())]
    assert names == ["a/", "a/é.png"]


def test_the_forms_for_large_archives():
    assert listed(wide_end(packed(A, B))) == listed(packed(A, B))
    numbers = struct.pack("<2Q", 300, len(B.body))
    extra = struct.pack("<2H", 9, 2) + b"xx" + struct.pack("<2H", 1, 16) + numbers
    plain = packed(A, Packed(B.name, B.data, extra=extra))
    place = plain.rindex(b"PK\1\2") + 20
    untold = plain[:place] + b"\xff" * 8 + plain[place + 8 :]
    assert listed(untold) == listed(packed(A, B))


def test_an_archive_without_entries():
    assert listed(packed()) == []


def test_a_comment_that_looks_like_an_end():
    comment = packed(Packed(b"evil.png", b"evil"))[-60:]
    assert [each.name for each in listed(packed(A, comment=comment + b"x"))] == [A.name]


def refused(archive, match):
    with pytest.raises(Problem, match=match) as caught:
        listed(archive)
    assert (caught.value.status, caught.value.code) == (422, "archive")


@pytest.mark.parametrize(
    "archive",
    [b"", b"PK", b"PK\5\6", b"PK\5\6" * 5, b"x" * 100_000, packed(A, B)[:-1], packed(A) + b"x"],
    ids=lambda archive: repr(archive[:20]),
)
def test_what_is_no_archive(archive):
    refused(archive, "archive: expected a zip file, got something else, or a part of one; ")


@pytest.mark.parametrize(
    ("archive", "how"),
    [
        (packed(A, B, n=1), "more entries than it says"),
        (packed(A, B, n=3), "fewer entries than it says"),
        (packed(A, B, shift=1), "in another place"),
        (packed(A, B, size=-1), "in another place"),
        (b"#!/bin/sh" + packed(A), "in another place"),
        (packed(A, B, places=[0, 2]), "not where its directory says"),
        (packed(A, B, places=[0, 2**32 - 2]), "lies behind its end"),
        (packed(A, B, places=[0, 2**32 - 1]), "does not say how large"),
        (packed(A, Packed(b"b/2.png", own_name=b"b/3.png")), "not where its directory says"),
        (packed(A, B).replace(b"PK\1\2", b"PK\1\3"), "directory cannot be read"),
        (packed(A, B, size=-20, shift=20), "directory cannot be read"),
        (wide_end(packed(A)).replace(b"PK\6\6", b"PK\6\5"), "end cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_archive(archive, how):
    refused(archive, f"archive: expected a whole zip file, got a damaged one: .*{how}.*; pack it")


def test_an_end_for_large_archives_that_is_nowhere():
    archive = wide_end(packed(A))
    place = archive.rindex(b"PK\6\7") + 8
    for number in (2**63, 2**64 - 1, len(archive) - 5):
        refused(archive[:place] + struct.pack("<Q", number) + archive[place + 8 :], "its end")


def test_one_of_several_disks():
    refused(packed(A, disk=1), "expected a zip file in one piece, got one of several")


def test_a_name_that_is_longer_than_the_directory():
    archive = bytearray(packed(A))
    place = archive.rindex(b"PK\1\2") + 28
    archive[place : place + 2] = struct.pack("<H", 60_000)
    refused(bytes(archive), "its directory ends too early")


def test_entries_that_lie_in_each_other():
    """Each is read from the bytes of the next, so that a small file becomes a very large one."""
    inner = Packed(b"b", b"x" * 1000)
    outer = Packed(b"a", inner.head() + inner.body, method=0)
    archive = packed(outer, inner, places=[0, len(outer.head())])
    refused(archive, "expected entries side by side, got some that lie in each other")
    refused(packed(A, A, places=[0, 0]), "lie in each other")
    reaches = Packed(b"a", b"", n_bytes=10, packed=b"x" * 10, method=0)
    assert len(listed(packed(reaches))) == 1
    archive = bytearray(packed(reaches))
    place = archive.rindex(b"PK\1\2") + 20
    archive[place] = 11  # into the directory
    refused(bytes(archive), "lie in each other")


def test_too_many_entries():
    names = [Packed(b"%d" % i, method=0) for i in range(MOST_ENTRIES)]
    assert len(listed(packed(*names))) == MOST_ENTRIES
    refused(packed(*names, A), "at most 10,000 entries .* got 10,001 in a directory of")


def test_a_huge_directory(monkeypatch):
    monkeypatch.setattr(zipdirectory, "_MOST_DIRECTORY", 1000)
    refused(packed(Packed(b"a" * 1000, b"x")), "names of usual length, got 1 in a directory of 1,0")


def test_what_would_become_too_large():
    """It says so itself; whether that is true is seen when it is unpacked."""
    half = [Packed(b"%d" % i, b"x", n_bytes=2**30) for i in range(2)]
    assert len(listed(packed(*half))) == 2
    refused(packed(*half, A), "at most 2,147,483,648 bytes when unpacked, got 2,147,483,651; ")
    extra = struct.pack("<2HQ", 1, 8, 2**64 - 1)
    refused(packed(Packed(b"a", b"x", n_bytes=2**32 - 1, extra=extra)), "got 18,446,744,073,709,")


@pytest.mark.parametrize("seed", range(3))
def test_damage_is_refused_or_harmless(seed):
    """One byte anywhere: a Problem, or a directory that can be walked."""
    rng = np.random.default_rng(seed)
    plain = wide_end(packed(A, B, Packed(b"c/"))) if seed else packed(A, B, Packed(b"c/"))
    codes = []
    for place in rng.integers(len(plain), size=300):
        archive = bytearray(plain)
        archive[place] = rng.integers(256)
        try:
            found = listed(bytes(archive))
        except Problem as err:
            codes.append(err.code)
        else:
            assert all(0 <= each.start <= len(archive) for each in found)
    assert set(codes) == {"archive"}
    assert len(codes) > 50
