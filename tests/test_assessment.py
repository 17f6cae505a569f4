"""A model is tested on what it has not seen, or not at all."""

import numpy as np
import pytest

from sklimg.assessment import assess
from sklimg.errors import DataError, TableError
from sklimg.table import Table, write_table
from sklimg.training import fit
from tests.builders import bars


def test_its_training_images_are_left_out(bars_run, bars_table):
    assessed = assess(bars_table, bars_run.path)
    assert assessed.metrics["n_test"] == bars_run.metrics["n_test"]
    assert assessed.metrics["accuracy"] == bars_run.metrics["accuracy"]
    assert assessed.metrics["n_seen_images"] == len(bars_run.parts.train)
    n_train = len(bars_run.parts.train)
    assert (
        f"left out, as in its training part or near copies of it: {n_train} images"
        in assessed.notes
    )


def test_a_model_is_not_tested_on_what_it_learned(bars_run):
    seen = bars_run.parts.table.take(bars_run.parts.train)
    with pytest.raises(DataError, match="trained on all of these images"):
        assess(seen, bars_run.path)


def test_new_images(bars_run):
    metrics = assess(bars({"2": 10, "10": 5, "a": 5}, seed=9), bars_run.path).metrics
    assert (metrics["accuracy"], metrics["n_seen_images"]) == (1, 0)
    assert metrics["baselines"] == {"most_frequent": 0.5, "nearest_neighbour": None}


def test_unknown_classes_and_missing_labels_are_said(bars_run):
    table = bars({"2": 4, "new": 4, "": 2}, seed=9)
    assessed = assess(table, bars_run.path)
    assert assessed.metrics["n_test"] == 8
    assert "left out, as without a label: 2 images" in assessed.notes
    assert "unknown to the model: 1 class: new" in assessed.notes


def test_data_that_cannot_test(bars_run):
    with pytest.raises(DataError, match="labelled images, got none"):
        assess(bars({"": 3}, seed=9), bars_run.path)
    with pytest.raises(TableError, match="expected images of 64 pixels"):
        assess(Table(np.zeros((1, 4), np.uint8), ["2"]), bars_run.path)


def test_the_nearest_neighbour_is_told_while_the_training_table_is_there(bars_table, tmp_path):
    write_table(bars_table, tmp_path / "t.csv")
    fit(tmp_path / "t.csv", params={"max_iter": 5}, folds=0, out=tmp_path / "run")
    new = bars({"2": 9, "10": 9, "a": 9}, seed=9)
    assert assess(new, tmp_path / "run").metrics["baselines"]["nearest_neighbour"] == 1
    (tmp_path / "t.csv").write_text("")
    assessed = assess(new, tmp_path / "run")
    assert assessed.metrics["baselines"]["nearest_neighbour"] is None
    assert "the nearest neighbour is not told, and only exact copies" in assessed.notes[-1]


def test_near_copies_of_its_training_images_are_left_out(bars_table, tmp_path):
    """Each test image stands there again, a little darker; so does each training image."""
    write_table(bars_table, tmp_path / "t.csv")
    run = fit(tmp_path / "t.csv", params={"max_iter": 5}, folds=0, out=tmp_path / "run")
    darker = (0.9 * bars_table.pixels).astype(np.uint8)
    metrics = assess(Table(darker, bars_table.labels), run.path).metrics
    assert metrics["n_seen_images"] == len(run.parts.train)
    assert metrics["n_test_images"] == len(run.parts.test)
