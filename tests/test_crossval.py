"""Cross-validation predicts each row by a pipeline that never saw it."""

import numpy as np
import pytest

from sklimg.crossval import cross_validate
from sklimg.evaluation import wilson_interval
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


def noisy(n=90, seed=0):
    """Bars under so much noise that some are taken for others."""
    table = bars({"a": n // 3, "b": n // 3, "c": n // 3})
    rng = np.random.default_rng(seed)
    hidden = np.clip(table.pixels + rng.normal(0, 300, table.pixels.shape), 0, 255)
    return Table(hidden.astype(np.uint8), table.labels)


def rounds_of(n_repeats, base=BASE):
    return rounds_on(noisy(), n_repeats, base)


def rounds_on(table, n_repeats=1, base=BASE):
    rng = np.random.default_rng(0)
    how = {"n_folds": 3, "n_inner": 3, "rng": rng, "n_repeats": n_repeats}
    return cross_validate({"pixels": base}, {}, table, np.arange(len(table)), **how)


def test_rounds_are_averaged_and_no_picture_votes_twice():
    one, three = rounds_of(1), rounds_of(3)
    assert (one["n_repeats"], three["n_repeats"]) == (1, 3)
    assert one["fold_accuracies"] == three["fold_accuracies"][:3]
    assert len(three["fold_accuracies"]) == 9
    assert three["accuracy"] == pytest.approx(np.mean(three["fold_accuracies"]))
    assert (three["n_test"], three["n_test_images"]) == (90, 90)
    assert three["accuracy_interval"] == list(wilson_interval(three["accuracy"], 90))
    assert [c["support"] for c in three["per_class"].values()] == [30, 30, 30]
    assert sum(b["n_images"] for b in three["calibration_bins"]) == pytest.approx(90)
    assert sum(c["count"] for c in three["confusions"]) == pytest.approx(
        90 * (1 - three["accuracy"])
    )


def test_folds_tell_each_other_how_sure_to_be(monkeypatch):
    """Without penalty, a classifier of few images is far too sure."""
    base = build_pipeline("logistic", {"C": 1e4})
    told = rounds_of(1, base)
    assert 0.3 < told["accuracy"] < 0.95
    monkeypatch.setattr("sklimg.crossval.fit_temperature", lambda *_: 1.0)
    plain = rounds_of(1, base)
    assert told["accuracy"] == plain["accuracy"]
    assert told["log_loss"] < 0.8 * plain["log_loss"]


def test_no_label_of_a_fold_tells_how_sure_its_answers_are(monkeypatch):
    asked = []

    def spy(probabilities, codes, votes):
        asked.append(len(codes))
        return 1.0

    monkeypatch.setattr("sklimg.crossval.fit_temperature", spy)
    rounds_of(1)
    assert asked == [60, 60, 60]


def test_a_class_of_one_image_tells_nothing_of_how_sure_to_be(monkeypatch):
    """Who answers it has never seen the class, and gives it no probability at all."""
    asked = []

    def spy(probabilities, codes, votes):
        asked.append(probabilities[np.arange(len(codes)), codes])
        return 1.0

    monkeypatch.setattr("sklimg.crossval.fit_temperature", spy)
    scores = rounds_on(bars({"a": 30, "b": 30, "c": 1}))
    assert sum(map(len, asked)) == 2 * 60
    assert min(shares.min() for shares in asked) > 0
    assert scores["accuracy"] == pytest.approx(60 / 61)
