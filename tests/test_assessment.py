"""A model is tested on what it has not seen, or not at all."""

import numpy as np
import pytest

from sklimg.assessment import assess
from sklimg.errors import DataError, TableError
from sklimg.table import Table
from tests.builders import bars


def test_its_training_images_are_left_out(bars_run, bars_table):
    assessed = assess(bars_table, bars_run.path)
    assert assessed.metrics["n_test"] == bars_run.metrics["n_test"]
    assert assessed.metrics["accuracy"] == bars_run.metrics["accuracy"]
    assert assessed.metrics["n_seen_images"] == len(bars_run.parts.train)
    assert (
        f"{len(bars_run.parts.train)} images were in its training part: left out" in assessed.notes
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
    assert "2 images have no label: left out" in assessed.notes
    assert "1 classes are unknown to the model: new" in assessed.notes


def test_data_that_cannot_test(bars_run):
    with pytest.raises(DataError, match="labelled images, got none"):
        assess(bars({"": 3}, seed=9), bars_run.path)
    with pytest.raises(TableError, match="expected images of 64 pixels"):
        assess(Table(np.zeros((1, 4), np.uint8), ["2"]), bars_run.path)
