"""Races: the best third goes on, for three times as many epochs."""

from itertools import pairwise

import numpy as np
import pytest

from sklimg import races
from sklimg.foldruns import Budget, SharedFolds
from sklimg.journal import Journal
from sklimg.pipeline import build_pipeline
from sklimg.races import Race, brackets
from sklimg.splits import grouped_folds
from sklimg.workers import Workers

BASE = build_pipeline(
    params={"max_iter": 9, "hidden_layer_sizes": (6,), "learning_rate": "constant"}
)
RATES = [{"classify__learning_rate_init": rate} for rate in np.geomspace(1e-5, 1e-1, 9).tolist()]


@pytest.fixture
def folds(bars_table):
    rows = grouped_folds(bars_table.labels, np.arange(60), 2, np.random.default_rng(0))
    return SharedFolds(bars_table.pixels, bars_table.labels, None, rows, Workers(1))


def count_epochs(monkeypatch):
    made, plain = [], races.train_on_fold

    def counted(classifier, fold, n_epochs):
        made.append(n_epochs)
        return plain(classifier, fold, n_epochs)

    monkeypatch.setattr(races, "train_on_fold", counted)
    return made


@pytest.mark.parametrize("n_epochs", [1, 2, 3, 12, 27, 81, 100])
def test_brackets_are_those_of_the_paper(n_epochs):
    ladder = brackets(n_epochs)
    assert len(ladder) == 1 + int(np.log(n_epochs) / np.log(3) + 1e-9)
    for rungs in ladder:
        sizes, epochs = zip(*rungs, strict=True)
        assert epochs[-1] == n_epochs
        assert list(epochs) == sorted(set(epochs))
        assert epochs[0] >= 1
        assert all(a // 3 == b or b == 1 for a, b in pairwise(sizes))
    assert brackets(81)[0] == [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]


def test_the_best_third_goes_on_from_where_it_was(folds, monkeypatch):
    made = count_epochs(monkeypatch)
    race = Race(BASE, folds, Journal(), brackets(9))
    reports = race.run(RATES, brackets(9)[0])
    assert made == [1] * 18 + [2] * 6 + [6] * 2
    first = [scores[1] for scores in reports]
    went_on = [i for i, scores in enumerate(reports) if 3 in scores]
    assert set(went_on) == set(np.argsort([-a for a in first], kind="stable")[:3])
    assert race.trials.more["epochs"].count(9) == 1
    assert race.trials.more["bracket"] == [1] * 9


def test_a_resumed_race_equals_an_undisturbed_one(folds, monkeypatch):
    journal = Journal()
    whole = Race(BASE, folds, journal, brackets(9))
    whole.run(RATES, brackets(9)[0])
    made, part = count_epochs(monkeypatch), Journal()
    for params in RATES[:7]:  # what was there when it was killed
        for name in ("fold1-epochs1", "fold2-epochs1", "fold1-epochs3"):
            if record := journal.get(params, name):
                part.put(params, name, record)
    again = Race(BASE, folds, part, brackets(9))
    again.run(RATES, brackets(9)[0])
    assert made.count(1) == 4  # two candidates, two folds
    np.testing.assert_array_equal(again.trials.scores, whole.trials.scores)
    assert again.trials.more == whole.trials.more
    histories = [[record["history"]["loss"] for row in race.trials.records for record in row]
                 for race in (whole, again)]  # fmt: skip
    assert histories[0] == histories[1]


def test_history_covers_all_stages(folds):
    race = Race(BASE, folds, Journal(), brackets(9))
    race.run(RATES, brackets(9)[0])
    best = race.trials.more["epochs"].index(9)
    history = race.trials.records[best][0]["history"]
    assert history["epoch"] == list(range(1, 10))
    assert len(history["validation_accuracy"]) == 9
    assert history["validation_accuracy"][-1] == race.trials.records[best][0]["accuracy"]


def test_who_fails_does_not_go_on(folds):
    wrong = [{"classify__alpha": -1.0}, {"classify__alpha": 0.1}, {"classify__alpha": -2.0}]
    race = Race(BASE, folds, Journal(), [[(3, 1), (1, 3)]])
    reports = race.run(wrong, [(3, 1), (1, 3)])
    assert [sorted(scores) for scores in reports] == [[], [1, 3], []]
    assert race.trials.n_failed == 2


def test_a_race_ends_when_its_time_is_up(folds):
    race = Race(BASE, folds, Journal(), brackets(9), budget=Budget(1e-9))
    race.run(RATES, brackets(9)[0])
    assert race.is_over
    assert race.trials.best is not None
    assert race.trials.n_untried > 0


def test_progress_and_cost(folds):
    said, seen = [], []
    race = Race(BASE, folds, Journal(), brackets(9), tell=lambda *words: said.append(words),
                progress=seen.append)  # fmt: skip
    for rungs in brackets(9):
        race.run(RATES[: rungs[0][0]], rungs)
    ((topic, text),) = said
    assert topic == "cost"
    assert text.startswith("an epoch took ")
    assert (seen[-1].done, seen[-1].total) == (44, 44)
