"""The command check: a report, a page, a gate."""

import json

import numpy as np
import pytest

from sklimg.names import PROBLEMS
from sklimg.table import Table, write_table
from tests.builders import write_images
from tests.test_duplicates import as_rows
from tests.test_thumbnails import pictures


@pytest.fixture
def table_file(tmp_path):
    """Thirty photographs, one of them twice, once under another label, in two parts."""
    images = as_rows(pictures(30, 28))
    table = Table(
        np.vstack([images, images[:1]]),
        [*["cat", "dog"] * 15, "dog"],
        [f"{k}.png" for k in range(31)],
        {"split": [*["train"] * 30, "test"]},
    )
    write_table(table, tmp_path / "t.csv")
    return tmp_path / "t.csv"


def test_the_report(invoke, table_file):
    done = invoke("check", table_file)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"data      {table_file}: 31 images, 30 different pictures"
    assert lines[1:] == [
        "classes   2 of 15 to 16 images, the largest 1.1 times the smallest",
        "          cat          15 images, 15 pictures",
        "          dog          16 images, 16 pictures",
        "copies    1 copy in 1 group, 1 exact (mirrored, turned and cropped ones too)",
        "          0.png = 30.png",
        "labels    1 picture under several labels",
        "          0.png (cat) = 30.png (dog)",
        "leaks     1 between test and train",
        "          0.png (train) = 30.png (test)",
        "empty     0",
        "dark      0",
        "blurry    0",
        "rejects   none",
    ]


def test_json_is_one_object(invoke, table_file):
    report = json.loads(invoke("check", table_file, "--json").stdout)
    assert tuple(report["problems"]) == PROBLEMS
    assert report["copies"]["n_copies"] == 1


@pytest.mark.parametrize(
    ("problems", "code"),
    [("leak", 7), ("copy,label", 7), ("corrupt", 0), ("dark, empty", 0), ("leak,blurry", 7)],
)
def test_the_gate(invoke, table_file, problems, code):
    done = invoke("check", table_file, "--fail-on", problems)
    assert done.exit_code == code
    assert ("error: " in done.stderr) == bool(code)


def test_what_the_gate_says(invoke, table_file):
    done = invoke("check", table_file, "--fail-on", "leak,copy,dark")
    assert done.stderr.endswith("expected none of leak, copy, dark, got leak 1, copy 1\n")
    done = invoke("check", table_file, "--fail-on", "leaks")
    assert done.exit_code == 2
    assert "expected some of leak, copy, label, corrupt, empty" in done.stderr


def test_the_page(invoke, table_file, tmp_path):
    done = invoke("check", table_file, "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert (tmp_path / "out" / "index.html").exists()
    assert f"page      {tmp_path / 'out' / 'index.html'}" in done.stderr
    assert invoke("check", table_file, "-o", tmp_path / "out").exit_code == 2


def test_rejects_are_told_by_code_and_exit_4(invoke, tmp_path):
    images = dict(zip(("a/1.png", "b/1.png"), pictures(2, 20).astype(np.uint8), strict=True))
    write_images(tmp_path / "photos", images)
    (tmp_path / "photos" / "a" / "x.png").write_bytes(b"not an image at all")
    done = invoke("check", tmp_path / "photos")
    assert done.exit_code == 4
    assert "sizes     all 20x20\n" in done.stdout
    assert "rejects   1 not_an_image\n" in done.stdout
    assert invoke("check", tmp_path / "photos", "--fail-on", "corrupt").exit_code == 7


def test_nothing_to_check(invoke, tmp_path):
    assert invoke("check", tmp_path / "none").exit_code == 3


def test_the_page_may_not_become_a_part_of_the_data(invoke, tmp_path):
    images = dict(zip(("a/1.png", "b/1.png"), pictures(2, 20).astype(np.uint8), strict=True))
    write_images(tmp_path / "photos", images)
    for place in ("photos/check", "photos/../photos/deep/check"):
        done = invoke("check", tmp_path / "photos", "-o", tmp_path / place)
        assert done.exit_code == 2
        assert "expected a folder outside of" in done.stderr
    assert sorted(path.name for path in (tmp_path / "photos").iterdir()) == ["a", "b"]
    assert invoke("check", tmp_path / "photos", "-o", tmp_path / "photos-check").exit_code == 0


@pytest.mark.parametrize(("turned", "n_copies"), [("auto", 5), ("yes", 5), ("no", 0)])
def test_one_may_say_whether_turned_pictures_are_copies(invoke, tmp_path, turned, n_copies):
    images = pictures(20, 28)
    rows = as_rows(np.concatenate([images, images[:5, :, ::-1]]))
    write_table(Table(rows, ["a", "b"] * 12 + ["a"]), tmp_path / "t.csv")
    done = invoke("check", tmp_path / "t.csv", "--json", "--turned", turned)
    copies = json.loads(done.stdout)["copies"]
    assert (copies["n_copies"], copies["turned"]) == (n_copies, turned != "no")
