"""The table of a search's candidates, and what it says."""

import numpy as np
import pytest

from sklimg.trials import NOT_TRIED, Trials, plain_value, value_text


def record(accuracy, seconds=1.0):
    if isinstance(accuracy, str):
        nothing = {"accuracy": None, "reason": accuracy}
        return nothing | {"fit_seconds": seconds, "score_seconds": 0.0}
    return {"accuracy": accuracy, "reason": "", "fit_seconds": seconds, "score_seconds": 0.5}


def trials_of(scores, values=None, complexities=None):
    """Return trials of alpha; a score of None was not tried, a text failed."""
    values = values or [float(i) for i in range(len(scores))]
    return Trials(
        [{"classify__alpha": value} for value in values],
        [[None if a is None else record(a) for a in row] for row in scores],
        complexities or [(float(-i), 1.0, 0.0) for i in range(len(scores))],
        {"classify__alpha": values},
    )


SOME = [[0.5, 0.7], [0.9, 0.8], [0.8, 0.85], ["too large", 0.9], [0.99, None]]


def test_the_best_has_the_highest_mean_over_all_folds():
    trials = trials_of(SOME)
    np.testing.assert_allclose(trials.means, [0.6, 0.85, 0.825, np.nan, np.nan])
    assert trials.best == 1
    assert (trials.n_failed, trials.n_untried) == (1, 1)
    assert trials.reasons == ["", "", "", "too large", NOT_TRIED]


def test_of_equals_the_first_is_best():
    assert trials_of([[0.5, 0.9], [0.7, 0.7]]).best == 0


def test_without_a_fit_there_is_no_best():
    trials = trials_of([["no", "no"], [None, None]])
    assert trials.best is trials.standard_error is trials.simplest is None
    assert trials.level == trials.edges() == []
    assert trials.columns()["rank"] == ["", ""]


def test_the_simplest_within_one_standard_error_is_found():
    scores = [[0.90, 0.94, 0.92], [0.90, 0.92, 0.91], [0.5, 0.5, 0.5]]
    trials = trials_of(scores, complexities=[(9.0, 1.0, 0.0), (3.0, 1.0, 0.0), (1.0, 1.0, 0.0)])
    assert trials.standard_error == pytest.approx(np.std(scores[0], ddof=1) / np.sqrt(3))
    assert (trials.best, trials.level, trials.simplest) == (0, [0, 1], 1)


def test_one_fold_has_no_standard_error():
    trials = trials_of([[0.9], [0.9], [0.8]])
    assert (trials.standard_error, trials.level, trials.simplest) == (None, [0], 0)


@pytest.mark.parametrize(
    ("values", "best", "expected"),
    [
        ([1, 2, 3], 2, True),
        ([1, 2, 3], 1, False),
        ([1, 2], 1, False),
        (["a", "b", "c"], 2, False),
        ([(50,), (100,), (200,)], 2, True),
        ([(50,), (100,), (200,)], 1, False),
        ([(50,), (100, 50), (200,)], 2, False),
    ],
)
def test_a_best_value_on_the_edge_of_its_grid_is_told(values, best, expected):
    scores = [[0.9 if i == best else 0.1] * 2 for i in range(len(values))]
    assert (trials_of(scores, values).edges() == ["classify__alpha"]) is expected


def test_an_edge_is_not_told_while_values_were_not_tried():
    assert trials_of([[0.9, 0.9], [None, None], [None, None]], [1, 2, 3]).edges() == []


def test_the_table_is_best_first_and_tells_why_there_is_no_mean():
    columns = trials_of(SOME).columns()
    assert columns["rank"] == [1, 2, 3, "", ""]
    assert columns["classify__alpha"] == [1.0, 2.0, 0.0, 3.0, 4.0]
    assert columns["mean_accuracy"][3:] == ["", ""]
    assert columns["fold1_accuracy"] == [0.9, 0.8, 0.5, "", 0.99]
    assert columns["reason"] == ["", "", "", "too large", NOT_TRIED]
    assert columns["within_one_standard_error"] == [True, True, False, False, False]
    assert columns["fit_seconds"] == [1.0] * 5
    times = [name for name in columns if name.endswith("_seconds")]
    assert times == ["fit_seconds", "score_seconds"] == list(columns)[-2:]


def test_equal_candidates_share_a_rank():
    assert trials_of([[0.5], [0.9], [0.9]]).columns()["rank"] == [1, 1, 3]


def test_values_as_they_are_typed():
    assert (plain_value((600, 300)), plain_value(0.1)) == ("600-300", 0.1)
    assert (value_text(0.000123456), value_text((5,)), value_text("relu")) == (
        "0.0001235", "5", "relu",
    )  # fmt: skip
