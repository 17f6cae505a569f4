"""The search is GridSearchCV's, seen from outside while it runs."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_info

from sklimg import foldruns
from sklimg.augment import Augmented
from sklimg.errors import DataError
from sklimg.fitting import one_quiet_thread
from sklimg.foldruns import Progress
from sklimg.journal import Journal
from sklimg.pipeline import build_pipeline, full_names
from sklimg.search import grid_search
from sklimg.splits import grouped_folds
from sklimg.trials import SearchInterrupted
from sklimg.workers import Workers

BASE = build_pipeline(params={"max_iter": 15, "hidden_layer_sizes": (8,)})


@pytest.fixture(scope="module")
def data(bars_table):
    X, y = bars_table.pixels, bars_table.labels
    return X, y, grouped_folds(y, np.arange(len(y)), 3, np.random.default_rng(0))


def search_of(grid, data, **options):
    X, y, folds = data
    return grid_search(BASE, full_names(BASE, grid), X, y, folds, workers=Workers(1), **options)


@pytest.mark.parametrize(
    ("grid", "params"),
    [
        ({"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]}, {}),
        ({"alpha": [1e-4, 1.0], "max_iter": [3, 15, 6]}, {"learning_rate": "constant"}),
        ({"max_iter": [3, 15]}, {"learning_rate": "constant", "early_stopping": True}),
        ({"max_iter": [3, 15]}, {"solver": "lbfgs"}),
    ],
)
def test_it_equals_a_plain_grid_search(data, grid, params):
    X, y, folds = data
    base = clone(BASE).set_params(**full_names(BASE, params))
    grid = full_names(base, grid)
    ours = grid_search(base, grid, X, y, folds, workers=Workers(2)).grid
    with one_quiet_thread():
        plain = GridSearchCV(base, grid, scoring="accuracy", cv=folds).fit(X, y)
    assert isinstance(ours, GridSearchCV)
    assert set(ours.cv_results_) == set(plain.cv_results_)
    assert (ours.best_params_, ours.best_index_) == (plain.best_params_, plain.best_index_)
    assert ours.cv_results_["params"] == plain.cv_results_["params"]
    for key, values in plain.cv_results_.items():
        if "test_score" in key:
            np.testing.assert_array_equal(ours.cv_results_[key], values)


def test_a_search_with_copies_equals_a_plain_one(data):
    X, y, folds = data
    base = Augmented(BASE, random_state=0, shape=(8, 8))
    grid = {"classify__alpha": [1e-4, 1.0]}
    ours = grid_search(base, grid, X, y, folds, workers=Workers(1)).grid
    wrapped = {f"estimator__{name}": values for name, values in grid.items()}
    with one_quiet_thread():
        plain = GridSearchCV(base, wrapped, scoring="accuracy", cv=folds, refit=False).fit(X, y)
    for key, values in plain.cv_results_.items():
        if "test_score" in key:
            np.testing.assert_array_equal(ours.cv_results_[key], values)


def test_a_search_that_was_ended_goes_on_from_its_journal(data, tmp_path, monkeypatch):
    grid = {"alpha": [1e-4, 1.0], "activation": ["relu", "tanh"]}
    whole = search_of(grid, data)
    plain, made = foldruns.fit_on_fold, []

    def interrupted(*args):
        made.append(1)
        if len(made) == 6:
            raise KeyboardInterrupt
        return plain(*args)

    monkeypatch.setattr(foldruns, "fit_on_fold", interrupted)
    with pytest.raises(SearchInterrupted) as caught:
        search_of(grid, data, journal=Journal(tmp_path))
    assert sum(record is not None for row in caught.value.trials.records for record in row) == 5
    again = search_of(grid, data, journal=Journal(tmp_path))
    assert len(made) == 6 + 7
    np.testing.assert_array_equal(again.trials.scores, whole.trials.scores)
    with pytest.raises(DataError, match="a journal of other parameters"):
        search_of(grid | {"alpha": [1e-4, 2.0]}, data, journal=Journal(tmp_path))


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
    assert (seen[-1].done, seen[-1].total) == (6, 6)
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
