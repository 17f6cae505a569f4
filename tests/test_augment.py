"""Copies are made in fit, of the rows that train, and of nothing else."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklimg.augment import Augmented
from sklimg.errors import UsageError
from sklimg.mlp import MLPClassifier
from sklimg.pipeline import build_pipeline


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that remembers what it was fitted to and asked."""

    def fit(self, X, y):
        self.X_, self.y_, self.classes_ = X, y, np.unique(y)
        return self

    def predict(self, X):
        self.asked_ = X
        return np.repeat(self.classes_[:1], len(X))


@pytest.fixture
def images():
    """Nine images of 8x8 pixels with labels."""
    X = np.random.default_rng(0).integers(0, 256, (9, 64), np.uint8)
    return X, np.array(list("abcabcabc"))


@parametrize_with_checks([Augmented(LogisticRegression(), random_state=0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_the_images_come_first_and_copies_have_their_labels(images):
    X, y = images
    seen = Augmented(Recorder(), copies=3, random_state=0).fit(X, y).estimator_
    assert seen.X_.shape == (36, 64)
    assert seen.X_.dtype == np.uint8
    np.testing.assert_array_equal(seen.X_[:9], X)
    np.testing.assert_array_equal(seen.y_, np.tile(y, 4))
    assert len(np.unique(seen.X_, axis=0)) == 36


@pytest.mark.parametrize(("n", "copies"), [(10, 20), (4_000, 4), (30_000, 1)])
def test_small_sets_get_more_copies(n, copies):
    X, y = np.zeros((n, 4), np.uint8), np.arange(n) % 2
    assert len(Augmented(Recorder()).fit(X, y).estimator_.X_) == n * (copies + 1)


@pytest.mark.parametrize("how", [{"strength": "none"}, {"copies": 0}])
def test_none_are_none(images, how):
    X, y = images
    np.testing.assert_array_equal(Augmented(Recorder(), **how).fit(X, y).estimator_.X_, X)


def test_what_is_asked_is_never_changed(images):
    X, y = images
    model = Augmented(Recorder(), random_state=0).fit(X, y)
    model.predict(X[:2])
    np.testing.assert_array_equal(model.estimator_.asked_, X[:2])


def test_a_seed_repeats_the_copies(images):
    X, y = images
    first, again, other = (
        Augmented(Recorder(), random_state=seed).fit(X, y).estimator_.X_ for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_colour_needs_its_shape():
    X = np.tile(np.array([10, 100, 200], np.uint8), (4, 75))  # even colour, 5x15 pixels
    how = {"copies": 1, "random_state": 0, "shape": (5, 15, 3)}
    copies = Augmented(Recorder(), **how).fit(X, list("abab")).estimator_.X_[4:]
    assert np.ptp(copies.reshape(4, -1, 3), axis=1).max() == 0
    with pytest.raises(ValueError, match=r"shape \(5, 5\) does not make 225 pixels"):
        Augmented(Recorder(), shape=(5, 5)).fit(X, list("abab"))


def test_early_stopping_is_watched_by_no_copy(images, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "sklimg.augment.fit_watched",
        lambda estimator, X, y, watch: seen.append((X, watch[0])) or estimator.fit(X, y),
    )
    X, y = np.repeat(images[0], 4, axis=0), np.repeat(images[1], 4)
    mlp = MLPClassifier(early_stopping=True, validation_fraction=0.3, max_iter=1,
                        learning_rate="one-cycle", batch_size=8, random_state=0)  # fmt: skip
    mlp.set_params(validation_fraction=0.3)
    groups = np.repeat(np.arange(9), 4)
    Augmented(mlp, copies=2, random_state=0).fit(X, y, groups=groups)
    ((trained, held_back),) = seen
    assert len(held_back) == 12
    assert len(trained) == 3 * (36 - 12)
    rows = {row.tobytes() for row in held_back}
    assert rows <= {row.tobytes() for row in X}
    assert not rows & {row.tobytes() for row in trained}


def test_it_learns_from_few():
    """Ten images of a class; copies are worth points."""
    X, y = load_digits(return_X_y=True)
    X = (X * 15).astype(np.uint8)
    train = np.concatenate([np.flatnonzero(y == k)[:10] for k in range(10)])
    test = np.setdiff1d(np.arange(len(y)), train)
    scores = [
        Augmented(build_pipeline(), strength, random_state=0)
        .fit(X[train], y[train])
        .score(X[test], y[test])
        for strength in ("none", "light")
    ]
    assert scores[1] > scores[0] + 0.01
    assert scores[1] > 0.8


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"strength": "much"}, "strength: expected one of none, light, strong, got 'much'"),
        ({"copies": -1}, "copies: expected auto or an integer from 0, got -1"),
        ({"estimator": PlainMLPClassifier(early_stopping=True)}, "would hold copies of those"),
    ],
)
def test_what_cannot_be(images, how, text):
    with pytest.raises(UsageError, match=text):
        Augmented(**{"estimator": Recorder()} | how).fit(*images)
