"""Cross-validation predicts each row by a pipeline that never saw it."""

import numpy as np
import pytest

from sklimg.crossval import cross_validate
from sklimg.pipeline import build_pipeline, full_names
from sklimg.table import Table
from sklimg.workers import Workers
from tests.builders import bars

BASE = build_pipeline("logistic")


def scores_of(table, groups, grid=None):
    return cross_validate(
        {"pixels": BASE},
        full_names(BASE, grid or {}),
        table,
        groups,
        n_folds=4,
        n_inner=3,
        rng=np.random.default_rng(0),
        workers=Workers(1),
    )


def test_what_can_be_learned_is_learned(bars_table):
    scores = scores_of(bars_table, np.arange(60))
    assert scores["accuracy"] == 1
    assert (scores["n_test"], scores["n_folds"], len(scores["fold_accuracies"])) == (60, 4, 4)
    assert scores["baselines"] == {"most_frequent": pytest.approx(1 / 3), "nearest_neighbour": 1}


def test_labels_without_reason_are_not_learned_from_copies():
    """Each picture of noise stands there four times, under a label drawn at random."""
    rng = np.random.default_rng(0)
    pixels = np.repeat(rng.integers(0, 256, (60, 64), np.uint8), 4, axis=0)
    labels = np.repeat(np.array(["a", "b"], object)[rng.integers(0, 2, 60)], 4)
    table = Table(pixels, labels)
    apart = scores_of(table, np.arange(240))
    together = scores_of(table, np.repeat(np.arange(60), 4))
    assert apart["accuracy"] > 0.85  # what a split by rows would claim
    assert together["accuracy"] < 0.7
    assert together["n_test"] == 60
    mean = np.average(together["fold_accuracies"])  # four folds of 15 groups, one vote each
    assert mean == pytest.approx(together["accuracy"])


def test_a_search_runs_inside_each_fold():
    table = bars({"a": 12, "b": 12})
    assert scores_of(table, np.arange(24), {"C": [0.5, 1.0]})["accuracy"] == 1
