"""Held-back rows watch the last step; the steps before it never see them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import make_pipeline

from sklimg.augment import Augmented
from sklimg.mlp import MLPClassifier
from sklimg.pipeline import build_pipeline
from sklimg.watching import fit_watched, last_step, tells_epochs


@pytest.mark.parametrize(
    ("estimator", "tells"),
    [
        (MLPClassifier(), True),
        (build_pipeline(), True),
        (Augmented(build_pipeline()), True),
        (make_pipeline(Augmented(MLPClassifier())), True),
        (MLPClassifier(solver="lbfgs"), False),
        (build_pipeline("sklearn-mlp"), False),
        (PlainMLPClassifier(), False),
        (Augmented(LogisticRegression()), False),
    ],
)
def test_what_ends_in_an_mlp_of_ours(estimator, tells):
    assert tells_epochs(estimator) is tells
    assert hasattr(last_step(estimator), "max_iter")


@pytest.mark.parametrize("n_steps", [1, 3])
def test_features_are_learned_from_the_training_rows(bars_table, n_steps):
    X, y = bars_table.pixels, bars_table.labels
    pipeline = build_pipeline(params={"max_iter": 5})[-n_steps:]
    train, held_back = np.arange(0, 60, 2), np.arange(1, 60, 2)
    fitted = fit_watched(pipeline, X[train], y[train], (X[held_back], y[held_back]))
    scores = fitted[-1].history_["validation_accuracy"]
    assert scores[-1] == pytest.approx(fitted.score(X[held_back], y[held_back]))
    if n_steps == 3:
        np.testing.assert_allclose(fitted["centre"].mean_, X[train].mean(axis=0) / 255, rtol=1e-5)
