"""A model is tested on what it has not seen, or not at all."""

import numpy as np
import pytest

from sklimg.assessment import assess
from sklimg.errors import DataError, TableError
from sklimg.table import Table, write_table
from sklimg.training import fit
from tests.builders import bars, write_images
from tests.test_duplicates import as_rows
from tests.test_thumbnails import pictures

pytestmark = pytest.mark.usefixtures("no_figures")
QUICK = {"params": {"max_iter": 5}, "features": "pixels", "folds": 0}


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


def test_the_nearest_neighbour_is_told_while_the_training_images_are_there(bars_table, tmp_path):
    write_table(bars_table, tmp_path / "t.csv")
    fit(tmp_path / "t.csv", **QUICK, out=tmp_path / "run")
    new = bars({"2": 9, "10": 9, "a": 9}, seed=9)
    assert assess(new, tmp_path / "run").metrics["baselines"]["nearest_neighbour"] == 1
    for other in (b"", b"image_vector,label\n", None):
        (tmp_path / "t.csv").unlink() if other is None else (tmp_path / "t.csv").write_bytes(other)
        assessed = assess(new, tmp_path / "run")
        assert assessed.metrics["baselines"]["nearest_neighbour"] is None
        assert "the nearest neighbour is not told, and only exact copies" in assessed.notes[-1]
    write_table(bars({"2": 9, "10": 9}, seed=3), tmp_path / "t.csv")
    assert "not where they were" in assess(new, tmp_path / "run").notes[-1]


def darker(table):
    """Return the table with each image a little darker: all near copies, none exact."""
    return Table((0.9 * table.pixels).astype(np.uint8), table.labels)


def test_near_copies_of_its_training_images_are_left_out(bars_table, tmp_path):
    """Each test image stands there again, a little darker; so does each training image."""
    write_table(bars_table, tmp_path / "t.csv")
    run = fit(tmp_path / "t.csv", **QUICK, out=tmp_path / "run")
    metrics = assess(darker(bars_table), run.path).metrics
    assert metrics["n_seen_images"] == len(run.parts.train)
    assert metrics["n_test_images"] == len(run.parts.test)


def test_near_copies_are_left_out_where_it_was_fitted_to_a_folder(bars_table, tmp_path):
    """Also while some of its images are gone; of these, exact copies alone are known."""
    images = bars_table.pixels.reshape(-1, 8, 8)
    names = [f"{label}/{k}.png" for k, label in enumerate(bars_table.labels)]
    write_images(tmp_path / "photos", dict(zip(names, images, strict=True)))
    run = fit(tmp_path / "photos", **QUICK, out=tmp_path / "run")
    seen = run.parts.table.take(run.parts.train)
    changed = darker(run.parts.table)
    assessed = assess(changed, run.path)
    assert assessed.metrics["n_seen_images"] == len(seen)
    assert assessed.metrics["baselines"]["nearest_neighbour"] is not None
    (tmp_path / "photos" / seen.paths[0]).unlink()
    assessed = assess(changed, run.path)
    assert assessed.metrics["n_seen_images"] == len(seen) - 1
    told = "1 training image gone or changed: near copies of them are not left out"
    assert told in assessed.notes
    assert assess(run.parts.table, run.path).metrics["n_seen_images"] == len(seen)


def test_where_no_near_copies_were_looked_for_none_are_left_out(bars_table, tmp_path):
    """As with letters printed in one font: the fit kept exact copies alone together."""
    write_table(bars_table, tmp_path / "t.csv")
    run = fit(tmp_path / "t.csv", group="exact", **QUICK, out=tmp_path / "run")
    both = Table(
        np.vstack([darker(bars_table).pixels, bars_table.pixels]), [*bars_table.labels] * 2
    )
    assessed = assess(both, run.path)
    assert assessed.metrics["n_seen_images"] == len(run.parts.train)
    assert assessed.metrics["n_test"] == 60 + len(run.parts.test)
    n_train = len(run.parts.train)
    assert f"left out, as in its training part: {n_train} images" in assessed.notes


def test_turned_copies_are_left_out_as_the_fit_did(tmp_path):
    images = pictures(60, 28)
    write_table(Table(as_rows(images), ["a", "b"] * 30), tmp_path / "t.csv")
    mirrored = Table(as_rows(images[:, :, ::-1]), ["a", "b"] * 30)
    for turned, n_seen in (("yes", 48), ("no", 0)):
        out = tmp_path / turned
        run = fit(tmp_path / "t.csv", turned=turned, **QUICK, out=out)
        assert len(run.parts.train) == 48
        assert assess(mirrored, out).metrics["n_seen_images"] == n_seen


def test_groups_have_a_vote_each_in_the_baseline_too(bars_run):
    """Nine near copies of one class and two images of others: a third is the most frequent."""
    new = bars({"2": 1, "10": 1, "a": 1}, seed=11)
    copies = np.repeat(new.pixels[:1], 8, axis=0)
    table = Table(np.vstack([new.pixels, copies]), [*new.labels, *["2"] * 8])
    metrics = assess(table, bars_run.path).metrics
    assert (metrics["n_test"], metrics["n_test_images"]) == (3, 11)
    assert metrics["baselines"]["most_frequent"] == pytest.approx(1 / 3)
