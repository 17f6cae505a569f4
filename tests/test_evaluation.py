"""Scores equal scikit-learn's, intervals scipy's; each group has one vote."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss

from sklimg.evaluation import (
    baseline_accuracies,
    confusion_counts,
    evaluate_predictions,
    rejection_scores,
    vote_weights,
    wilson_interval,
    worst_confusions,
)

CLASSES = ("2", "10", "a")


def random_answers(n=200, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.array(CLASSES, object)[rng.integers(0, 3, n)]
    probabilities = rng.dirichlet(np.ones(3), n)
    return labels, probabilities


def test_without_copies_it_is_plain_accuracy():
    labels, probabilities = random_answers()
    metrics = evaluate_predictions(labels, probabilities, CLASSES, np.arange(200))
    predicted = np.array(CLASSES, object)[probabilities.argmax(axis=1)]
    codes = np.array([CLASSES.index(label) for label in labels])
    assert metrics["accuracy"] == pytest.approx(accuracy_score(labels, predicted))
    assert metrics["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert metrics["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert metrics["log_loss"] == pytest.approx(log_loss(codes, probabilities))
    assert metrics["top_k"]["1"] == pytest.approx(metrics["accuracy"])
    assert metrics["top_k"]["3"] == 1
    assert (metrics["n_test"], metrics["n_test_images"]) == (200, 200)
    assert list(metrics["per_class"]) == list(CLASSES)


def test_copies_have_one_vote_together():
    """One wrong picture stands there nine times beside one right picture."""
    labels = np.array(["a"] * 10, object)
    probabilities = np.tile([0.9, 0.0, 0.1], (10, 1))
    probabilities[0] = [0.0, 0.0, 1.0]
    metrics = evaluate_predictions(labels, probabilities, CLASSES, np.array([0] + [1] * 9))
    assert metrics["accuracy"] == 0.5
    assert (metrics["n_test"], metrics["n_test_images"]) == (2, 10)
    assert metrics["accuracy_interval"] == list(wilson_interval(0.5, 2))


def test_a_class_that_the_model_does_not_know_counts_as_wrong():
    labels = np.array(["a", "new"], object)
    probabilities = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    metrics = evaluate_predictions(labels, probabilities, CLASSES, np.arange(2))
    assert metrics["accuracy"] == 0.5
    assert metrics["per_class"]["new"]["recall"] == 0
    assert metrics["log_loss"] == pytest.approx(0, abs=1e-9)
    assert metrics["top_k"]["3"] == 0.5


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (36, 40), (937, 1000)])
def test_the_interval_is_wilsons(k, n):
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson_interval(k / n, n) == pytest.approx((expected.low, expected.high))


def test_baselines():
    train = np.array([[0], [100], [101]], np.uint8)
    test = np.array([[99], [1], [250], [250]], np.uint8)
    labels = np.array(["a", "b", "b"], object)
    found = baseline_accuracies(train, labels, test, np.array(list("bbaa"), object), np.arange(4))
    assert found == {"most_frequent": 0.5, "nearest_neighbour": 0.25}


def test_votes_add_up_to_the_groups():
    weights = vote_weights(np.array([5, 5, 7]))
    assert weights.tolist() == [0.5, 0.5, 1.0]


def test_mistakes_are_ranked():
    labels = np.array(list("aaabbb"), object)
    predicted = np.array(list("abbbba"), object)
    counts, names = confusion_counts(labels, predicted, ["a", "b"])
    assert counts.tolist() == [[1, 2], [1, 2]]
    assert worst_confusions(counts, names) == [("a", "b", 2), ("b", "a", 1)]
    assert worst_confusions(np.eye(2, dtype=int), names) == []


def test_rejection_by_hand():
    """Five images, two of them copies: of four votes three are given, one of them wrong."""
    labels = np.array(["a", "a", "b", "b", "a"], object)
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    told = labels, shares, ["a", "b"], np.array([0, 0, 1, 2, 3])
    scores = rejection_scores(*told, 0.7, 0.02)
    assert scores["coverage"] == 0.75
    assert scores["error"] == pytest.approx(1 / 3)
    assert scores["error_interval"] == list(wilson_interval(1 / 3, 3))
    assert (scores["threshold"], scores["error_rate"]) == (0.7, 0.02)
    nothing = rejection_scores(*told, 0.95, 0.02)
    assert (nothing["coverage"], nothing["error"], nothing["error_interval"]) == (0, None, None)
    assert rejection_scores(*told, None, 0.02) is None


def test_what_is_new_among_the_scores():
    labels = np.array(["a", "b", "b", "b"], object)
    shares = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.05, 0.95]])
    metrics = evaluate_predictions(labels, shares, ["a", "b"], np.arange(4))
    assert metrics["confusions"] == [{"label": "b", "predicted": "a", "count": 2}]
    assert metrics["coverage"][0] == {"threshold": 0.6, "coverage": 1.0, "accuracy": 0.5}
    assert metrics["coverage"][-1] == {"threshold": 0.95, "coverage": 0.25, "accuracy": 1.0}
    by_hand = (abs(0.9 - 1) + abs(0.6 - 0) + abs(0.7 - 0) + abs(0.95 - 1)) / 4
    assert metrics["expected_calibration_error"] == pytest.approx(by_hand)
