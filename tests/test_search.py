"""The search is GridSearchCV's, seen from outside while it runs."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_info

from sklimg.errors import DataError
from sklimg.fitting import one_quiet_thread
from sklimg.foldruns import Progress
from sklimg.pipeline import build_pipeline, full_names
from sklimg.search import grid_search, n_fits
from sklimg.splits import grouped_folds
from sklimg.workers import Workers

BASE = build_pipeline(params={"max_iter": 15, "hidden_layer_sizes": (8,)})


@pytest.fixture(scope="module")
def data(bars_table):
    X, y = bars_table.pixels, bars_table.labels
    return X, y, grouped_folds(y, np.arange(len(y)), 3, np.random.default_rng(0))


def search_of(grid, data, **options):
    X, y, folds = data
    return grid_search(BASE, full_names(BASE, grid), X, y, folds, workers=Workers(1), **options)


def test_it_equals_a_plain_grid_search(data):
    X, y, folds = data
    grid = full_names(BASE, {"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]})
    ours = grid_search(BASE, grid, X, y, folds, workers=Workers(2)).grid
    with one_quiet_thread():
        plain = GridSearchCV(BASE, grid, scoring="accuracy", cv=folds).fit(X, y)
    assert isinstance(ours, GridSearchCV)
    assert ours.best_params_ == plain.best_params_
    for key, values in plain.cv_results_.items():
        if key.endswith("test_score"):
            np.testing.assert_array_equal(ours.cv_results_[key], values)


class ThreadSpy(BaseEstimator, TransformerMixin):
    """Leaves a file named after the number of BLAS threads each fit has."""

    def __init__(self, folder=""):
        self.folder = folder

    def fit(self, X, y=None):
        for pool in threadpool_info():
            Path(self.folder, f"{pool['num_threads']}-{os.getpid()}").touch()
        return self

    def transform(self, X):
        return X


def test_every_fit_has_one_thread_whatever_the_jobs(data, tmp_path):
    X, y, folds = data
    watched = Pipeline([("spy", ThreadSpy(str(tmp_path))), *BASE.steps])
    for jobs in (1, 2):
        grid = full_names(watched, {"alpha": [1e-4, 1.0]})
        grid_search(watched, grid, X, y, folds, workers=Workers(jobs))
    seen = [path.name.split("-") for path in tmp_path.iterdir()]
    assert {threads for threads, _ in seen} == {"1"}
    assert len({pid for _, pid in seen}) > 1


def test_progress_counts_to_the_end(data):
    seen: list[Progress] = []
    search = search_of({"alpha": [1e-4, 1.0]}, data, progress=seen.append)
    assert (seen[-1].done, seen[-1].total) == n_fits({"alpha": [1, 2]}, 3)[1:] * 2 == (6, 6)
    assert seen[-1].best == pytest.approx(search.grid.best_score_)
    assert all(a.done <= b.done for a, b in pairwise(seen))


def test_the_table_of_trials(data):
    search = search_of({"hidden_layer_sizes": [(4,), (8, 4)]}, data)
    columns = search.trials.columns()
    assert set(columns["classify__hidden_layer_sizes"]) == {"4", "8-4"}
    assert columns["rank"] == sorted(columns["rank"])
    assert columns["mean_accuracy"][0] == search.grid.best_score_
    folds = [columns[f"fold{k}_accuracy"][0] for k in (1, 2, 3)]
    assert np.mean(folds) == pytest.approx(columns["mean_accuracy"][0])


def test_a_candidate_that_fails_does_not_end_the_search(data):
    search = search_of({"activation": ["relu", "nonsense"]}, data)
    assert search.best_params == {"classify__activation": "relu"}
    assert search.trials.columns()["mean_accuracy"][-1] == ""


def test_if_all_fail_the_reason_is_told(data):
    with pytest.raises(
        DataError, match="no candidate could be fitted: activation: expected one of"
    ):
        search_of({"activation": ["nonsense", "bogus"]}, data)
