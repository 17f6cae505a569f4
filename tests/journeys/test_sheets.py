"""Real scans, from the sheet to the answer, by the installed commands."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from sklimg.images import read_pages
from sklimg.table import read_table
from tests.builders import run_sklimg

SHEETS = {"New": "0,1,2,3,4,5,6,7,8,9", "Dogukan_Polatel": "x,y,z,t,1,2,3,4,5,6"}


@pytest.fixture(scope="module")
def tiles(shared, tmp_path_factory):
    """A working folder with the clean tiles of both sheets and the table vectors.csv."""
    here = tmp_path_factory.mktemp("sheets")
    for name, labels in SHEETS.items():
        sheet = shared / "sheets" / f"{name}.jpg"
        words = ["--clean", "--row-labels", labels, "-o", name]
        done = run_sklimg("split-images", sheet, *words, cwd=here)
        assert done.stderr.startswith(f"{name}: 10x10 by ruled lines, confidence "), done.stderr
    assert run_sklimg("make-csv", *SHEETS, "-o", "vectors.csv", cwd=here).returncode == 0
    return here


@pytest.fixture(scope="module")
def run(tiles):
    """The run fitted to the table, and that process."""
    return tiles / "run", run_sklimg("fit", "vectors.csv", "-o", "run", cwd=tiles)


@pytest.mark.parametrize("name", SHEETS)
def test_every_symbol_stands_alone(tiles, name):
    """No rule reaches along an edge, and nothing is empty."""
    files = list((tiles / name).rglob("*.png"))
    ink = np.stack([255.0 - next(read_pages(file)) for file in files])
    assert len(files) == 100
    rims = [ink[:, :3], ink[:, -3:], ink[:, :, :3].swapaxes(1, 2), ink[:, :, -3:].swapaxes(1, 2)]
    assert sum(max(rim[i].mean() for rim in rims) > 20 for i in range(100)) <= 2
    assert ink.mean(axis=(1, 2)).min() > 5


@pytest.mark.parametrize("name", SHEETS)
def test_joined_tiles_are_the_sheet(tiles, shared, name):
    sheet_file = shared / "sheets" / f"{name}.jpg"
    words = ["--rows", 10, "--cols", 10, "-o", f"plain{name}"]
    assert run_sklimg("split-images", sheet_file, *words, cwd=tiles).returncode == 0
    run_sklimg("join-images", f"plain{name}/manifest.csv", "-o", f"{name}.png", cwd=tiles)
    (back,), (sheet,) = read_pages(tiles / f"{name}.png"), read_pages(sheet_file)
    np.testing.assert_array_equal(back, sheet)


def test_the_table_is_the_same_each_time(tiles):
    first = (tiles / "vectors.csv").read_bytes()
    assert first.count(b"\n") == 201
    run_sklimg("make-csv", *SHEETS, "-o", "again.csv", cwd=tiles)
    assert (tiles / "again.csv").read_bytes() == first


def test_the_vector_layout_holds_the_same(tiles):
    words = ["-o", "tall.csv", "--layout", "vector"]
    run_sklimg("make-csv", *SHEETS, *words, cwd=tiles)
    wide, tall = read_table(tiles / "vectors.csv"), read_table(tiles / "tall.csv")
    np.testing.assert_array_equal(wide.pixels, tall.pixels)
    assert wide.labels.tolist() == tall.labels.tolist()
    frame = pd.read_csv(tiles / "vectors.csv", dtype={"label": str})
    np.testing.assert_array_equal(frame.iloc[:, 2:].to_numpy(), wide.pixels)


def test_fit_prints_its_accuracy_and_saves(run):
    folder, done = run
    assert done.returncode == 0, done.stderr
    metrics = json.loads((folder / "metrics.json").read_text())
    assert f"accuracy {metrics['accuracy']:.3f} [" in done.stdout
    assert metrics["n_test"] == 40
    assert metrics["cross_validation"]["n_test"] == 200
    assert metrics["cross_validation"]["accuracy"] > 0.82


def test_a_vector_on_stdin_is_answered_by_one_label(run, tiles):
    vector = (tiles / "vectors.csv").read_bytes().splitlines()[-1].split(b",", 2)[2]
    done = run_sklimg("predict", "-m", "run", stdin=vector + b"\n", cwd=tiles)
    assert done.returncode == 0
    assert done.stdout.removesuffix("\n") in set(read_table(tiles / "vectors.csv").labels)


def test_a_vector_that_is_one_short_is_refused(run, tiles):
    vector = (tiles / "vectors.csv").read_bytes().splitlines()[-1].split(b",", 3)[3]
    done = run_sklimg("predict", "-m", "run", stdin=vector, cwd=tiles)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: stdin, line 1: expected 784 pixels, got 783")


def test_images_are_answered_as_their_rows_of_the_table(run, tiles):
    files = [path.relative_to(tiles) for path in sorted((tiles / "New" / "3").iterdir())]
    by_file = run_sklimg("predict", "-m", "run", *files, cwd=tiles).stdout.splitlines()
    assert [line.split("\t")[0] for line in by_file] == [str(file) for file in files]
    by_row = run_sklimg("predict", "-m", "run", "vectors.csv", "--format", "csv", cwd=tiles).stdout
    rows = {row["input"]: row["label"] for row in csv.DictReader(by_row.splitlines())}
    assert [line.split("\t")[1] for line in by_file] == [rows[f"3/{f.name}"] for f in files]


def test_copies_of_the_old_table_stand_together(shared, tiles):
    """The public table holds 100 rows twice; its own users tested on copies."""
    source = shared / "sheets" / "sheet_vectors.csv"
    words = ["--param", "max_iter=3", "--features", "pixels", "--folds", "0", "-o", "old"]
    done = run_sklimg("fit", source, *words, cwd=tiles)
    assert "100 rows are exact copies of another row; kept together in 200 groups" in done.stderr
    splits = pd.read_csv(tiles / "old" / "splits.csv")
    assert splits.groupby("group")["split"].nunique().max() == 1
    pixels = pd.Series([row.tobytes() for row in read_table(source).pixels])
    assert splits.groupby(pixels)["split"].nunique().max() == 1


def test_the_model_is_not_scored_on_what_it_learned(run, tiles):
    done = run_sklimg("evaluate", "-m", "run", "vectors.csv", "--json", cwd=tiles)
    metrics = json.loads(done.stdout)
    stated = json.loads((tiles / "run" / "metrics.json").read_text())
    assert (metrics["n_seen_images"], metrics["accuracy"]) == (160, stated["accuracy"])
