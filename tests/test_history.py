"""Epochs are watched on a clone; what has no epochs has no history."""

import numpy as np
import pytest
import sklearn

from sklimg.fitting import fit_alone
from sklimg.history import epoch_history
from sklimg.pipeline import build_pipeline
from sklimg.splits import grouped_folds


@pytest.fixture(scope="module", params=["mlp", "sklearn-mlp"])
def watched(request, bars_table):
    X, y = bars_table.pixels, bars_table.labels
    fold = grouped_folds(y, np.arange(len(y)), 5, np.random.default_rng(0))[0]
    fitted = fit_alone(build_pipeline(request.param, {"max_iter": 30}), X, y)
    before = [weights.copy() for weights in fitted["classify"].coefs_]
    return fitted, before, epoch_history(fitted, X, y, fold, seed=0)[0]


def test_learning_is_seen_on_both_parts(watched):
    fitted, _, history = watched
    assert history["epoch"] == list(range(1, fitted["classify"].n_iter_ + 1))
    for part in ("", "validation_"):
        assert history[f"{part}loss"][-1] < 0.6 * history[f"{part}loss"][0]
        assert history[f"{part}accuracy"][-1] == 1


def test_the_fitted_pipeline_is_left_as_it_is(watched):
    fitted, before, _ = watched
    for then, now in zip(before, fitted["classify"].coefs_, strict=True):
        np.testing.assert_array_equal(then, now)


@pytest.mark.parametrize("options", [{"model": "logistic"}, {"params": {"solver": "lbfgs"}}])
def test_no_epochs_no_history(bars_table, options):
    X, y = bars_table.pixels, bars_table.labels
    fitted = fit_alone(build_pipeline(**options), X, y)
    assert epoch_history(fitted, X, y, (np.arange(9), np.arange(9, 18)), seed=0) == (None, None)


@pytest.mark.skipif(
    int(sklearn.__version__.split(".")[1]) < 8,
    reason="scikit-learn 1.7 cannot stop early where labels are texts",
)
def test_a_classifier_that_stops_early_is_watched_too(bars_table):
    X, y = bars_table.pixels, bars_table.labels
    how = {"early_stopping": True, "max_iter": 5}
    fitted = fit_alone(build_pipeline("sklearn-mlp", how), X, y)
    fold = (np.arange(0, 60, 2), np.arange(1, 60, 2))
    history, _ = epoch_history(fitted, X, y, fold, seed=0)
    assert len(history["epoch"]) == fitted["classify"].n_iter_
