"""Going on knows what it knew; beginning anew knows nothing of before."""

import numpy as np
import pytest

from sklimg.augment import Augmented
from sklimg.digests import pixel_digests
from sklimg.errors import UsageError
from sklimg.fitting import fit_alone
from sklimg.learners import Anew, GoingOn
from sklimg.parts import Parts
from sklimg.pipeline import build_pipeline
from tests.builders import bars

QUICK = {"max_iter": 80, "hidden_layer_sizes": (30,)}
OLD = np.arange(24)


@pytest.fixture(scope="module")
def parts():
    """Twelve images of a and of b, then six each of a, b and c."""
    both = bars({"a": 18, "b": 18, "c": 6})
    order = np.r_[0:12, 18:30, 12:18, 30:36, 36:42]
    table = both.take(order)
    split = np.full(len(table), "train", object)
    return Parts(table, np.arange(42), pixel_digests(table.pixels), split, False)


def base(**params):
    return build_pipeline("mlp", QUICK | params)


def fitted(parts, **params):
    table = parts.table
    return fit_alone(base(**params), table.pixels[OLD], table.labels[OLD])


def weights(network):
    return np.concatenate([part.ravel() for part in (*network.coefs_, *network.intercepts_)])


def test_a_new_class_gets_an_output_and_old_answers_stay(parts):
    pipeline = fitted(parts)
    learner = GoingOn(pipeline, parts, None)
    before = pipeline.predict(parts.table.pixels[OLD])
    further = learner.further(None, parts.train)
    assert further.classes_.tolist() == ["a", "b", "c"]
    whole = learner.pipeline(further)
    assert [name for name, _ in whole.steps] == [name for name, _ in pipeline.steps]
    np.testing.assert_array_equal(whole.predict(parts.table.pixels[OLD]), before)
    expected = whole.predict_proba(parts.table.pixels[:5])
    np.testing.assert_array_equal(learner.probabilities(further, np.arange(5)), expected)
    assert np.mean(whole.predict(parts.table.pixels) == parts.table.labels) == 1


def test_what_it_goes_on_from_is_left_as_it_was(parts):
    pipeline = fitted(parts)
    before = weights(pipeline[-1]).copy()
    learner = GoingOn(pipeline, parts, None)
    further = learner.further(None, parts.train)
    learner.further(further, parts.train)
    np.testing.assert_array_equal(weights(pipeline[-1]), before)
    assert pipeline[-1].get_params() == further.get_params()


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, 160), ({"batch_size": 4}, 40), ({"batch_size": 10}, 40), ({"max_iter": 1}, 2)],
)
def test_it_goes_on_for_half_the_epochs_or_more_if_they_are_short(parts, params, expected):
    """200 steps at least, but no more than twice the epochs."""
    learner, told = GoingOn(fitted(parts, **params), parts, None), []
    further = learner.further(None, parts.train, tell_epoch=told.append)
    assert [values["epoch"] for values in told] == list(range(1, expected + 1))
    assert {values["n_epochs"] for values in told} == {expected}
    assert further.n_iter_ == expected
    asked = further.get_params()
    assert (asked["max_iter"], asked["learning_rate_init"]) == (params.get("max_iter", 80), 0.005)
    assert not asked["warm_start"]


def test_a_first_network_begins_at_the_beginning(parts):
    pipeline = fitted(parts)
    learner = GoingOn(pipeline, parts, None)
    first = learner.first(OLD)
    np.testing.assert_array_equal(weights(first), weights(pipeline[-1]))


def test_going_on_twice_is_the_same_twice(parts):
    found = [GoingOn(fitted(parts), parts, None).further(None, parts.train) for _ in range(2)]
    np.testing.assert_array_equal(weights(found[0]), weights(found[1]))


def test_rows_watch_but_for_those_of_a_class_that_it_cannot_know(parts):
    learner = GoingOn(fitted(parts), parts, None)
    further = learner.further(None, np.arange(20), watch=np.arange(24, 42))
    assert np.isfinite(further.history_["validation_accuracy"]).all()
    further = learner.further(None, np.arange(20), watch=np.arange(36, 42))  # of c alone
    assert np.isnan(further.history_["validation_accuracy"]).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_copies_are_made_of_what_it_trains_on_alone(parts, monkeypatch, early_stopping):
    pipeline = fitted(parts, early_stopping=early_stopping)
    copied = []
    plain = Augmented.with_copies
    monkeypatch.setattr(
        Augmented, "with_copies", lambda self, X, y, rng: copied.append(X) or plain(self, X, y, rng)
    )
    copier = Augmented(pipeline, "light", copies=2, random_state=0)
    learner = GoingOn(pipeline, parts, copier)
    assert learner.stops_early == early_stopping
    further = learner.further(None, parts.train[:36])
    (rows,) = copied
    assert len(rows) < 36 if early_stopping else len(rows) == 36
    assert further.t_ == 40 * 3 * len(rows) or early_stopping
    assert np.mean(learner.pipeline(further).predict(parts.table.pixels[:36]) == "a") == 0.5


def test_what_cannot_be_used_is_told_in_one_line(parts):
    pipeline = fitted(parts)
    pipeline[-1].class_weight = {"a": -1.0}
    with pytest.raises(UsageError, match="expected numbers of at least 0, got negative"):
        GoingOn(pipeline, parts, None).further(None, parts.train)


@pytest.mark.parametrize("kind", ["logistic", "mlp", "sklearn-mlp"])
def test_anew_it_knows_nothing_of_before(parts, kind):
    made = build_pipeline(kind, {} if kind == "logistic" else QUICK)
    learner = Anew(made, parts)
    assert not learner.stops_early
    further = learner.further(learner.first(OLD), parts.train, watch=np.arange(36, 42))
    table = parts.table
    expected = fit_alone(made, table.pixels, table.labels).predict_proba(table.pixels)
    found = learner.probabilities(further, parts.train)
    np.testing.assert_array_equal(found, expected)
    assert learner.pipeline(further).classes_.tolist() == ["a", "b", "c"]


def test_anew_an_augmented_pipeline_is_without_its_copies(parts):
    learner = Anew(Augmented(base(early_stopping=True), "light", copies=1, random_state=0), parts)
    assert learner.stops_early
    assert learner.first(OLD).classes_.tolist() == ["a", "b"]
