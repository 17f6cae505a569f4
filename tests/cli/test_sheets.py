"""split-images and join-images, as one types them."""

import numpy as np
import pytest
from PIL import Image

from sklimg.records import read_records
from tests.drawn import draw_sheet


def test_cut_and_joined(invoke, sheet_file, tmp_path):
    out = tmp_path / "tiles"
    done = invoke("split-images", sheet_file, "--rows", 2, "--cols", 3,
                  "--row-labels", "a,b", "-o", out)  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"6 tiles from 1 sheet in {out}\n"
    back = tmp_path / "back.png"
    assert invoke("join-images", out / "manifest.csv", "-o", back, "-q").output == ""
    with Image.open(back) as joined, Image.open(sheet_file) as sheet:
        np.testing.assert_array_equal(np.asarray(joined), np.asarray(sheet))


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--row-labels", "a,b", "aaabbb"),
        ("--col-labels", 'x,"y",z', "xyzxyz"),
        ("--labels", "labels.csv", "uvwxyz"),
    ],
)
def test_labels(invoke, sheet_file, tmp_path, monkeypatch, option, value, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_text("u,v,w\nx,y,z\n")
    done = invoke("split-images", sheet_file, "--rows", 2, "--cols", 3, option, value, "-o", "out")
    assert done.exit_code == 0
    assert "".join(read_records(tmp_path / "out" / "manifest.csv")["label"]) == expected


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["--row-labels", "a"], 2, "--row-labels: expected 2 labels, one a row, got 1 (a)"),
        (["--col-labels", "a"], 2, "--col-labels: expected 3 labels, one a column, got 1"),
        (["--row-labels", "a,b", "--col-labels", "a,b,c"], 2, "expected one of --row-labels"),
        (["--labels", "absent.csv"], 3, "absent.csv: cannot be read"),
        (["--inset", "50"], 2, "expected auto or a percentage from 0 to 44, got '50'"),
        (["--rows", "99"], 3, "got 8x12 pixels for 99x3 tiles; use fewer"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_written(
    invoke, sheet_file, tmp_path, words, code, part
):
    done = invoke("split-images", sheet_file, "--rows", 2, "--cols", 3, *words,
                  "-o", tmp_path / "out")  # fmt: skip
    assert done.exit_code == code
    assert part in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_rejected_sheets_are_exit_4(invoke, sheet_file, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    done = invoke("split-images", tmp_path / "bad.png", sheet_file, "--rows", 1, "--cols", 1,
                  "-o", tmp_path / "out")  # fmt: skip
    assert done.exit_code == 4
    assert "rejected (not_an_image)" in done.stderr


def test_only_known_endings_are_joined_to(invoke, tmp_path):
    done = invoke("join-images", "m.csv", "-o", "a.gif")
    assert (done.exit_code, done.stderr) == (
        2,
        "error: a.gif: expected a name ending in .png or .jpg\n",
    )


def test_a_grid_is_found_and_told(invoke, tmp_path):
    Image.fromarray(draw_sheet(1, (4, 5), "thin").pixels).save(tmp_path / "s.png")
    out = tmp_path / "tiles"
    done = invoke(
        "split-images", tmp_path / "s.png", "--row-labels", "a,b,c,d", "--clean", "-o", out
    )
    lines = done.stderr.splitlines()
    assert done.exit_code == 0
    assert lines[0].startswith("s: 4x5 by ruled lines, confidence 0.9")
    assert lines[1:] == [f"20 tiles from 1 sheet in {out}"]
    assert "".join(read_records(out / "manifest.csv")["label"]) == "aaaaabbbbbcccccddddd"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--row-labels", "a,b,c"], "expected 4 labels, one a row, got 3 (a,b,c)"),
        (["--col-labels", "a,b,c"], "(the grid found is 4x5)"),
        (["--labels", "labels.csv"], "labels.csv: expected 4 lines of 5 labels or 20 lines of one"),
        (["--rows", "9"], "expected a grid of 9 rows"),
        (["--rows", "9", "--cols", "9", "--grid", "auto"], "expected a grid of 9x9"),
    ],
)
def test_what_does_not_fit_the_grid_found_cuts_nothing(invoke, tmp_path, monkeypatch, words, part):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(draw_sheet(1, (4, 5), "thin").pixels).save("s.png")
    (tmp_path / "labels.csv").write_text("u,v,w\nx,y,z\n")
    done = invoke("split-images", "s.png", *words, "-o", "out")
    assert done.exit_code == 3
    assert part in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
