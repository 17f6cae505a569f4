"""Hyperband draws, races, and finds what a grid would."""

import numpy as np
import pytest

from sklimg.errors import DataError, UsageError
from sklimg.hyperband import hyperband_search
from sklimg.journal import Journal
from sklimg.pipeline import build_pipeline, full_names
from sklimg.spans import Span
from sklimg.splits import grouped_folds
from sklimg.workers import Workers

BASE = build_pipeline(params={"max_iter": 9, "learning_rate": "constant", "batch_size": 4})
SPACE = full_names(
    BASE,
    {
        "hidden_layer_sizes": (Span(4, 32), 8),
        "learning_rate_init": Span(1e-6, 1e-1),
        "solver": ["adam", "sgd"],
    },
)


def search_of(table, **how):
    rows = grouped_folds(table.labels, np.arange(len(table)), 2, np.random.default_rng(0))
    how = {"workers": Workers(1), **how}
    return hyperband_search(BASE, how.pop("space", SPACE), table.pixels, table.labels, rows, **how)


@pytest.fixture(scope="module")
def found(bars_table):
    return search_of(bars_table)


def test_candidates_are_drawn_from_the_space(found):
    assert len(found.trials.candidates) == 9 + 5 + 3
    for params in found.trials.candidates:
        first, second = params["classify__hidden_layer_sizes"]
        assert 4 <= first <= 32
        assert second == 8
        assert 1e-6 <= params["classify__learning_rate_init"] <= 1e-1
        assert params["classify__solver"] in ("adam", "sgd")
    rates = [params["classify__learning_rate_init"] for params in found.trials.candidates]
    assert np.median(rates) < 0.02  # by their logarithm


def test_it_finds_a_rate_that_learns(found):
    assert found.trials.means[found.trials.best] > 0.9
    assert found.best_params["classify__learning_rate_init"] > 1e-4
    assert found.grid is None
    assert found.history["epoch"][-1] == found.trials.more["epochs"][found.trials.best]


def test_processes_change_nothing(bars_table, found):
    other = search_of(bars_table, workers=Workers(2))
    assert other.trials.candidates == found.trials.candidates
    np.testing.assert_array_equal(other.trials.scores, found.trials.scores)


def test_a_journal_is_read_instead_of_training_again(bars_table, found, tmp_path, monkeypatch):
    search_of(bars_table, journal=Journal(tmp_path))

    def never(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr("sklimg.races.train_on_fold", never)
    again = search_of(bars_table, journal=Journal(tmp_path))
    assert again.trials.candidates == found.trials.candidates
    assert again.best_params == found.best_params
    with pytest.raises(DataError, match="other parameters"):
        search_of(bars_table, journal=Journal(tmp_path), space={"classify__alpha": Span(1, 2)})


@pytest.mark.parametrize("params", [{"learning_rate": "one-cycle"}, {"solver": "lbfgs"}])
def test_what_has_no_stages_is_refused(bars_table, params):
    base = build_pipeline(params=params)
    rows = [(np.arange(40), np.arange(40, 60))]
    with pytest.raises(UsageError, match="hyperband trains in stages"):
        hyperband_search(base, SPACE, bars_table.pixels, bars_table.labels, rows)


def test_if_all_fail_the_reason_is_told(bars_table):
    with pytest.raises(DataError, match="no candidate could be fitted: alpha: expected a number"):
        search_of(bars_table, space={"classify__alpha": [-1.0, -2.0]})


def test_many_images_are_judged_by_one_fold(bars_table, monkeypatch):
    monkeypatch.setattr("sklimg.hyperband._MANY", 50)
    assert search_of(bars_table).trials.scores.shape == (17, 1)
