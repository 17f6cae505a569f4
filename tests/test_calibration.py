"""Probabilities that can be believed, and thresholds that keep what they promise."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier

from sklimg.calibration import (
    calibration_error,
    choose_threshold,
    cooled,
    coverage_curve,
    divide_outputs,
    fit_temperature,
    is_linear_at_its_end,
    reliability_bins,
)
from sklimg.mlp import MLPClassifier

SEEDS = st.integers(0, 2**32 - 1)


def answers(n=4000, k=5, heat=1.0, seed=0, spread=2):
    """Probabilities that are right as often as they say, made surer *heat* times."""
    rng = np.random.default_rng(seed)
    true = softmax(rng.normal(0, spread, (n, k)), axis=1)
    codes = (true.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return cooled(true, 1 / heat), codes


def sureness(probabilities, codes):
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == codes, np.ones(len(codes))


@pytest.mark.parametrize("heat", [0.5, 1.0, 1.7, 4.0])
def test_the_temperature_is_found_again(heat):
    probabilities, codes = answers(heat=heat)
    found = fit_temperature(probabilities, codes, np.ones(len(codes)))
    assert found == pytest.approx(heat, rel=0.06)
    before, after = (
        calibration_error(reliability_bins(*sureness(shares, codes)))
        for shares in (probabilities, cooled(probabilities, found))
    )
    assert after < 0.025
    assert after < before / 2 or heat == 1.0


def test_a_few_that_are_all_right_are_not_certain():
    probabilities = np.array([[0.8, 0.2]] * 20)
    found = fit_temperature(probabilities, np.zeros(20, int), np.ones(20))
    assert 0.9 < cooled(probabilities, found)[0, 0] < 0.99


def test_votes_count_and_rows_do_not():
    """Three copies of one mistake are one mistake."""
    probabilities, codes = answers(200, heat=2.0)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != codes)[:1]
    rows = np.append(np.arange(200), np.repeat(wrong, 2))
    votes = np.ones(200)
    many = np.ones(202)
    many[np.append(wrong, [200, 201])] = 1 / 3
    alone = fit_temperature(probabilities, codes, votes)
    assert fit_temperature(probabilities[rows], codes[rows], many) == pytest.approx(alone, rel=1e-4)
    assert fit_temperature(probabilities[rows], codes[rows], np.ones(202)) > alone * 1.001


@given(SEEDS, st.floats(0.5, 10))
def test_cooling_changes_no_order_and_can_be_undone(seed, temperature):
    probabilities, _ = answers(20, seed=seed)
    cold = cooled(probabilities, temperature)
    np.testing.assert_allclose(cold.sum(axis=1), 1)
    np.testing.assert_array_equal(cold.argmax(axis=1), probabilities.argmax(axis=1))
    np.testing.assert_allclose(cooled(cold, 1 / temperature), probabilities, atol=1e-6)


def test_no_probability_at_all_is_borne():
    assert np.isfinite(cooled(np.array([[1.0, 0.0]]), 0.5)).all()
    assert np.isfinite(fit_temperature(np.array([[1.0, 0.0]]), np.array([1]), np.ones(1)))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    "classifier",
    [
        LogisticRegression(max_iter=1000),
        MLPClassifier((6,), max_iter=40, batch_size=20, random_state=0),
        PlainMLPClassifier((6,), solver="lbfgs", max_iter=300, random_state=0),
    ],
    ids=lambda c: type(c).__module__,
)
def test_divided_outputs_are_cooled_probabilities(classifier, n_classes):
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, 80)
    X = rng.normal(size=(80, 5)).astype(np.float32) + np.eye(5, dtype=np.float32)[y]
    classifier.fit(X, y)
    expected = cooled(classifier.predict_proba(X), 1.7)
    assert is_linear_at_its_end(classifier)
    divide_outputs(classifier, 1.7)
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=2e-6)


def test_bins_are_those_of_scikit_learn():
    probabilities, codes = answers(heat=2.0)
    confidence, is_right, votes = sureness(probabilities, codes)
    bins = reliability_bins(confidence, is_right, votes)
    accuracy, sure = calibration_curve(is_right, confidence, n_bins=15)
    np.testing.assert_allclose([b["accuracy"] for b in bins], accuracy)
    np.testing.assert_allclose([b["confidence"] for b in bins], sure)
    assert sum(b["n_images"] for b in bins) == len(codes)
    assert sum(b["share"] for b in bins) == pytest.approx(1)
    by_hand = sum(b["n_images"] * abs(b["accuracy"] - b["confidence"]) for b in bins) / len(codes)
    assert calibration_error(bins) == pytest.approx(by_hand)


def test_ends_of_the_scale_have_a_bin():
    bins = reliability_bins(np.array([0.0, 1.0]), np.array([False, True]), np.ones(2))
    assert [(b["low"], b["high"]) for b in bins] == [(0, 1 / 15), (14 / 15, 1)]
    assert calibration_error(bins) == 0


def test_coverage_by_hand():
    confidence = np.array([0.9, 0.8, 0.8, 0.6])
    is_right = np.array([True, True, False, False])
    points = coverage_curve(confidence, is_right, np.array([1, 1, 1, 1]))
    assert points == [
        {"threshold": 0.6, "coverage": 1.0, "accuracy": 0.5},
        {"threshold": 0.8, "coverage": 0.75, "accuracy": pytest.approx(2 / 3)},
        {"threshold": 0.9, "coverage": 0.25, "accuracy": 1.0},
    ]


@given(SEEDS)
def test_coverage_falls_while_the_threshold_rises(seed):
    points = coverage_curve(*sureness(*answers(150, seed=seed)))
    assert points[0]["coverage"] == 1
    assert len(points) >= 10
    for one, other in pairwise(points):
        assert one["coverage"] > other["coverage"]
        assert one["threshold"] < other["threshold"]


@given(SEEDS, st.sampled_from([0.01, 0.02, 0.1, 0.5]))
def test_a_threshold_keeps_its_rate_and_gives_as_many_answers_as_it_can(seed, rate):
    confidence, is_right, votes = sureness(*answers(300, heat=1.5, seed=seed))
    confidence = confidence.round(2)  # many are equally sure
    threshold = choose_threshold(confidence, is_right, votes, rate)
    errors = {
        c: (np.sum(~is_right[confidence >= c]) + 1) / (np.sum(confidence >= c) + 1)
        for c in confidence
    }
    does = [c for c, error in errors.items() if error <= rate]
    if not does:
        assert threshold is None
    else:
        assert threshold == (0.0 if min(does) == confidence.min() else min(does))


def test_few_images_promise_nothing():
    sure, right = np.full(48, 0.99), np.ones(48, bool)
    assert choose_threshold(sure, right, np.ones(48), 0.02) is None
    assert choose_threshold(np.full(49, 0.99), np.ones(49, bool), np.ones(49), 0.02) == 0.0


def test_what_was_promised_is_kept_on_other_images():
    kept = []
    for seed in range(60):
        confidence, is_right, votes = sureness(*answers(1500, seed=seed, spread=5))
        threshold = choose_threshold(confidence, is_right, votes, 0.05)
        other, other_right, _ = sureness(*answers(20_000, seed=1000 + seed, spread=5))
        kept.append(np.mean(~other_right[other >= threshold]))
    assert 0.035 < np.mean(kept) < 0.053


def test_a_probability_on_an_edge_is_in_the_bin_below_it():
    edges = np.array([1, 5, 14]) / 15
    bins = reliability_bins(edges, np.ones(3, bool), np.ones(3))
    np.testing.assert_allclose([b["high"] for b in bins], edges)


@pytest.mark.parametrize("heat", [0.1, 10.0])
def test_far_temperatures_are_found(heat):
    probabilities, codes = answers(heat=heat)
    assert fit_temperature(probabilities, codes, np.ones(len(codes))) == pytest.approx(
        heat, rel=0.1
    )
