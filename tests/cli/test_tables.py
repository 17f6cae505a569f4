"""make-csv, as one types it."""

import json

import pytest

from sklimg.table import read_table
from tests.builders import noise, write_images


def test_a_folder_becomes_a_table(invoke, photos, tmp_path):
    out = tmp_path / "t.csv"
    done = invoke("make-csv", photos, "-o", out)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"4 images of 28x28 grey, 2 classes, in {out}\n"
    first = out.read_bytes()
    assert first.startswith(b"label,path,pixel0,pixel1,")
    invoke("make-csv", photos, "-o", out)
    assert out.read_bytes() == first


def test_the_layouts_hold_the_same(invoke, photos, tmp_path):
    for layout in ("wide", "vector"):
        for ending in ("csv", "csv.gz"):
            out = tmp_path / f"{layout}.{ending}"
            assert invoke("make-csv", photos, "-o", out, "--layout", layout).exit_code == 0
            table = read_table(out)
            assert table.labels.tolist() == ["2", "2", "10", "10"]
            assert table.pixels.tolist() == read_table(tmp_path / "wide.csv").pixels.tolist()


def test_an_npz_has_no_layout(invoke, photos, tmp_path):
    done = invoke("make-csv", photos, "-o", tmp_path / "t.npz", "--layout", "vector")
    assert done.exit_code == 2
    assert "--layout: expected none with" in done.stderr
    assert invoke("make-csv", photos, "-o", tmp_path / "t.npz", "--layout", "wide").exit_code == 0


def test_an_empty_path_is_not_the_current_folder(invoke, tmp_path):
    done = invoke("make-csv", "", "-o", tmp_path / "t.csv")
    assert done.exit_code == 2
    assert "expected a path, got an empty text" in done.stderr


def test_options_are_recorded(invoke, photos, tmp_path):
    words = ["--size", 5, "--mode", "RGB", "--fit", "pad", "--invert", "yes"]
    assert invoke("make-csv", photos, "-o", tmp_path / "t.npz", *words).exit_code == 0
    image = json.loads((tmp_path / "t.npz.json").read_text())["image"]
    assert image == {
        "side": 5,
        "mode": "RGB",
        "fit": "pad",
        "resample": "bilinear",
        "invert": "yes",
        "clean": "no",
    }
    assert read_table(tmp_path / "t.npz").pixels.shape == (4, 75)


def test_rejects_are_exit_4_and_strict_writes_nothing(invoke, photos, tmp_path):
    (photos / "2" / "x.txt").write_text("no picture")
    done = invoke("make-csv", photos, "-o", tmp_path / "t.csv")
    assert done.exit_code == 4
    assert "1 file rejected, listed in" in done.stderr
    done = invoke("make-csv", photos, "-o", tmp_path / "s.csv", "--strict")
    assert done.exit_code == 3
    assert not list(tmp_path.glob("s.csv*"))


@pytest.mark.parametrize(
    ("source", "out", "code", "part"),
    [
        ("absent", "t.csv", 3, "absent: no such file or folder"),
        ("empty", "t.csv", 3, "expected images, got none in 0 files"),
        ("photos", "t.txt", 2, "t.txt: expected a name ending in .csv, .csv.gz or .npz"),
        ("photos", "empty/../photos/2/a.png/t.csv", 6, "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(invoke, photos, tmp_path, monkeypatch, source, out, code, part):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    done = invoke("make-csv", source, "-o", out)
    assert done.exit_code == code
    assert part in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("t.*"))


def test_append_adds_what_is_new(invoke, photos, tmp_path):
    out = tmp_path / "t.csv"
    words = ["make-csv", photos, "-o", out, "--append"]
    first = invoke(*words, "--size", "5")  # nothing to add to: made
    assert first.stderr == f"4 images of 5x5 grey, 2 classes, in {out}\n"
    write_images(photos, {"2/new.png": noise(1, seed=5)[0]})
    done = invoke(*words)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        f"1 image added, 4 there already\n5 images of 5x5 grey, 2 classes, in {out}\n"
    )
    before = out.stat()
    done = invoke(*words, "--invert", "auto")
    assert done.exit_code == 0
    assert done.stderr.startswith("0 images added, 5 there already; the table is left as it is\n")
    (photos / "2" / "x.txt").write_text("no picture")
    assert invoke(*words).exit_code == 4
    after = out.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_append_refuses_what_contradicts(invoke, photos, tmp_path):
    out = tmp_path / "t.csv"
    assert invoke("make-csv", photos, "-o", out).exit_code == 0
    done = invoke("make-csv", photos, "-o", out, "--append", "--size", "32")
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: --size: expected 28, by which {out} was made, got 32; "
        "leave the option out or choose another -o\n"
    )
    (tmp_path / "t.csv.json").unlink()
    done = invoke("make-csv", photos, "-o", out, "--append")
    assert done.exit_code == 3
    assert "make the table again without --append" in done.stderr


def test_append_says_what_differs_even_when_quiet(invoke, photos, tmp_path):
    out = tmp_path / "t.csv"
    invoke("make-csv", photos, "-o", out)
    (photos / "manifest.csv").write_text("path,label\n2/a.png,two\n2/b.png,2\n")
    done = invoke("make-csv", photos, "-o", out, "--append", "-q")
    assert done.stderr.startswith("warning: labels differ for 1 image that the table has already")
