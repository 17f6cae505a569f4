"""predict --sheet, as one types it."""

import csv
import json

import pytest
from PIL import Image

from tests.drawn import draw_sheet


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A drawn sheet of 8x10 digits and a blank one, on disk, and the digits."""
    here = tmp_path_factory.mktemp("filled")
    sheet = draw_sheet(7, (8, 10), "thin")
    Image.fromarray(sheet.pixels).save(here / "sheet.png")
    Image.new("L", (300, 300), 240).save(here / "blank.png")
    return here, sheet.labels


def test_answers_stand_as_on_the_sheet(invoke, digits_run, filled):
    here, labels = filled
    done = invoke("predict", "-m", digits_run.path, "--sheet", here / "sheet.png")
    assert done.exit_code == 0
    words = [word for line in done.stdout.splitlines() for word in line.split()]
    assert [len(line.split()) for line in done.stdout.splitlines()] == [10] * 8
    right = sum(word.rstrip("?") == label for word, label in zip(words, labels, strict=True))
    assert right > 60
    doubtful = sum("?" in word for word in words)
    marked = f", {doubtful} doubtful and marked ?" if doubtful else ""
    assert done.stderr == f"{here / 'sheet.png'}: 8x10, 80 answers{marked}\n"


def test_a_line_a_cell(invoke, digits_run, filled):
    here, _ = filled
    words = ["-m", digits_run.path, "--sheet", here / "sheet.png", "--top", 2]
    table = list(csv.DictReader(invoke("predict", *words, "--format", "csv").stdout.splitlines()))
    lines = invoke("predict", *words, "--format", "jsonl").stdout.splitlines()
    assert list(table[0]) == [
        *("input", "row", "col", "label", "probability", "rejected", "label2", "probability2")
    ]
    assert [(row["row"], row["col"]) for row in table[9:11]] == [("1", "10"), ("2", "1")]
    for row, line in zip(table, map(json.loads, lines), strict=True):
        assert row["label"] == line["label"] == line["top"][0]["label"]
        assert row["label2"] == line["top"][1]["label"]
        assert (row["rejected"] == "true") == line["rejected"] == (line["probability"] < 0.9)
    text = invoke("predict", *words).stdout.splitlines()
    assert text[10].split("\t")[1:4] == ["r2", "c1", table[10]["label"]]


def test_answers_are_drawn(invoke, digits_run, filled, tmp_path):
    here, _ = filled
    words = ["--sheet", here / "sheet.png", "--draw", tmp_path / "a.jpg", "--rows", 8, "--cols", 10]
    done = invoke("predict", "-m", digits_run.path, *words)
    assert done.stderr.endswith(f"answers drawn in {tmp_path / 'a.jpg'}\n")
    with Image.open(tmp_path / "a.jpg") as picture:
        assert (picture.format, max(picture.size)) == ("JPEG", 2000)


def test_a_sheet_that_is_none_is_named(invoke, digits_run, filled):
    here, _ = filled
    done = invoke("predict", "-m", digits_run.path, "--sheet", here / "blank.png")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "blank.png: expected a grid, found none; scan it flat" in done.stderr
    several = [here / "blank.png", here / "sheet.png"]
    done = invoke("predict", "-m", digits_run.path, "--sheet", *several)
    assert (done.exit_code, len(done.stdout.splitlines())) == (4, 8)
    assert "rejected: " in done.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--rows", "3", "x.png"], "--rows: expected --sheet with it"),
        (["--draw", "a.png", "x.png"], "--draw: expected --sheet with it"),
        (["--sheet"], "--sheet: expected images of sheets as INPUT, got none"),
        (["--sheet", "x.png", "--draw", "a.gif"], "a.gif: expected a name ending in .png or .jpg"),
        (["--sheet", "x.png", "y.png", "--draw", "a.png"], "expected one sheet to draw on, got 2"),
    ],
)
def test_what_makes_no_sense_is_refused(invoke, words, part):
    done = invoke("predict", *words)
    assert done.exit_code == 2
    assert part in done.stderr
