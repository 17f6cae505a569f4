"""Fits run into the journal, in the order of the grid, within their time."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from sklimg import foldruns
from sklimg.foldruns import Budget, Progress, SharedFolds, about_search, recorded, run_fits
from sklimg.journal import Journal
from sklimg.pipeline import build_pipeline
from sklimg.sharedfits import shared_fits, with_params
from sklimg.splits import grouped_folds
from sklimg.trials import Trials
from sklimg.workers import Workers

SHORT = {"max_iter": 4, "hidden_layer_sizes": (6,), "learning_rate": "constant"}
BASE = with_params(build_pipeline(params=SHORT), {})
ALPHAS = [{"classify__alpha": alpha} for alpha in (0.1, 0.2, 0.3, 0.4)]


@pytest.fixture
def folds(bars_table):
    rows = grouped_folds(bars_table.labels, np.arange(60), 3, np.random.default_rng(0))
    return SharedFolds(bars_table.pixels, bars_table.labels, None, rows, Workers(1))


def run(folds, candidates=ALPHAS, base=BASE, journal=None, **how):
    """Make the fits of some candidates; return their trials."""
    journal = journal or Journal()
    records = recorded(candidates, len(folds), journal)
    trials = Trials(candidates, records, [(0.0,)] * len(candidates))
    run_fits(shared_fits(base, candidates), trials, folds, journal, **how)
    return trials


def count_fits(monkeypatch):
    made, plain = [], foldruns.fit_on_fold

    def counted(classifier, *rest):
        made.append(classifier.alpha)
        return plain(classifier, *rest)

    monkeypatch.setattr(foldruns, "fit_on_fold", counted)
    return made


def test_every_fit_is_made_once_and_kept(folds, monkeypatch):
    made, journal = count_fits(monkeypatch), Journal()
    first = run(folds, journal=journal)
    assert sorted(made) == sorted([0.1, 0.2, 0.3, 0.4] * 3)
    again = run(folds, journal=journal)
    assert len(made) == 12
    assert again.records == first.records


def test_only_what_is_missing_is_made(folds, monkeypatch):
    made, journal = count_fits(monkeypatch), Journal()
    run(folds, ALPHAS[:2], journal=journal)
    made.clear()
    run(folds, ALPHAS, journal=journal)
    assert sorted(made) == sorted([0.3, 0.4] * 3)


def test_of_a_shared_fit_what_is_there_stays(folds):
    candidates = [{"classify__max_iter": n} for n in (2, 4)]
    journal = Journal()
    mark = {"accuracy": 0.123, "n_epochs": 2, "reason": "", "fit_seconds": 0, "score_seconds": 0}
    journal.put(candidates[0], "fold1", mark)
    trials = run(folds, candidates, journal=journal)
    assert trials.records[0][0] == mark
    assert trials.scores[1].min() > 0.123


class CountedScaler(TransformerMixin, BaseEstimator):
    """Counts the fits of all of its clones."""

    fits = 0

    def __init__(self, by=1.0):
        self.by = by

    def fit(self, X, y=None):
        type(self).fits += 1
        self.fitted_ = True
        return self

    def transform(self, X):
        return (X / (255 * self.by)).astype(np.float32)


def test_features_are_made_once_for_each_fold(folds):
    base = Pipeline([("scale", CountedScaler()), BASE.steps[-1]])
    CountedScaler.fits = 0
    run(folds, ALPHAS, base)
    assert CountedScaler.fits == 3
    run(folds, [{"scale__by": by, **alpha} for by in (2.0, 3.0) for alpha in ALPHAS], base)
    assert CountedScaler.fits == 3 + 2 * 3


@pytest.mark.parametrize("n_kinds", [2, 8])
def test_each_fit_has_the_features_of_its_candidate(folds, n_kinds):
    """Also the first and the last, which are looked at first."""
    base = Pipeline([("scale", CountedScaler()), BASE.steps[-1]])
    kinds = [float(10**k) for k in range(n_kinds)]
    trials = run(folds, [{"scale__by": by, **a} for by in kinds for a in ALPHAS[:2]], base)
    for i, params in enumerate(trials.candidates):
        alone = run(folds, [params], base)
        assert alone.scores.tolist() == trials.scores[i : i + 1].tolist()


def test_features_that_cannot_be_made_fail_their_candidates_alone(folds):
    candidates = [{"scale__maximum": value} for value in (255.0, -1.0, 128.0, 0.0)]
    trials = run(folds, candidates)
    assert [bool(reason) for reason in trials.reasons] == [False, True, False, True]
    assert "maximum must be above 0" in trials.reasons[1]


def test_one_fold_of_many_kinds_of_features(bars_table):
    rows = [(np.arange(0, 60, 2), np.arange(1, 60, 2))]
    one = SharedFolds(bars_table.pixels, bars_table.labels, None, rows, Workers(1))
    said = []
    candidates = [{"scale__maximum": float(k)} for k in range(1, 9)]
    trials = run(one, candidates, tell=lambda *words: said.append(words))
    assert trials.n_untried == 0
    assert len(said) == 1


def test_equal_candidates_are_each_recorded(folds):
    trials = run(folds, [{"classify__alpha": 0.1}] * 2)
    assert trials.n_untried == trials.n_failed == 0


def test_when_the_time_is_up_one_candidate_at_least_is_whole(folds):
    trials = run(folds, budget=Budget(1e-9))
    assert trials.best is not None
    assert trials.n_untried > 0
    assert not Budget().is_over


def test_progress_counts_up_and_ends_with_all(folds):
    seen: list[Progress] = []
    trials = run(folds, progress=seen.append)
    assert [p.done for p in seen] == list(range(1, 13))
    assert {p.total for p in seen} == {12}
    assert seen[-1].best == pytest.approx(trials.means.max())
    assert seen[-1].left_seconds == pytest.approx(0)
    assert seen[0].left_seconds > 0


def test_the_cost_is_told_after_a_first_look(folds):
    said = []
    run(folds, tell=lambda *words: said.append(words))
    ((topic, text),) = said
    assert topic == "cost"
    assert text.endswith("on 1 processes")
    run(folds, ALPHAS[:1], tell=lambda *words: said.append(words))
    assert len(said) == 1  # nothing to foretell


def test_failures_do_not_stop_the_others(folds):
    candidates = [{"classify__activation": name} for name in ("relu", "nonsense", "tanh")]
    trials = run(folds, candidates)
    assert [bool(reason) for reason in trials.reasons] == [False, True, False]
    assert trials.n_failed == 1


def test_what_a_search_is_made_of_shows_in_its_digests(folds, bars_table):
    X, y = bars_table.pixels, bars_table.labels
    space = {"classify__alpha": [1, 2]}
    plain = about_search(BASE, space, X, y, None, folds.rows)
    changed = {
        "data": about_search(BASE, space, X[::-1], y, None, folds.rows),
        "folds": about_search(BASE, space, X, y, None, folds.rows[::-1]),
        "parameters": about_search(BASE, {"classify__alpha": [1, 3]}, X, y, None, folds.rows),
    }
    for name, about in changed.items():
        assert {key for key in plain if plain[key] != about[key]} == {name}
    assert about_search(BASE, space, X, np.roll(y, 1), None, folds.rows)["data"] != plain["data"]
    seeded = with_params(BASE, {"classify__random_state": 5})
    assert about_search(seeded, space, X, y, None, folds.rows)["parameters"] != plain["parameters"]
    threads = with_params(BASE, {}, n_jobs=2)
    assert about_search(threads, space, X, y, None, folds.rows) == plain
