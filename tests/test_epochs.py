"""Patience, and what a training keeps."""

import numpy as np
import pytest

from sklimg.descent import Rows
from sklimg.epochs import HISTORY, Training
from sklimg.firstweights import draw_weights
from sklimg.mlp import MLPClassifier
from sklimg.networks import Network


def begun(**changed):
    """Return a training, a small network, rows to learn, and the parameters."""
    params = MLPClassifier(dtype="float64", **changed).get_params(deep=False)
    params |= {"dropout": [0.0], "batch_size": 20}
    random = np.random.RandomState(0)
    network = Network((4, 6, 3), "relu", np.float64)
    draw_weights(network, random)
    X = np.random.default_rng(0).normal(size=(60, 4))
    rows = Rows(X, X[:, :3].argmax(axis=1), None, np.arange(60))
    return Training(params, network, random), network, rows, params


def test_standing_still_is_waited_for():
    training, _, _, params = begun(tol=0.1, n_iter_no_change=2)
    values = [1.0, 0.8, 0.75, 0.74, 0.73, 0.5]
    found = [training._stands_still(value, params) for value in values]
    assert found == [False, False, False, False, True, False]


def test_the_best_epoch_of_those_held_back_is_kept():
    training, network, rows, params = begun(early_stopping=True, learning_rate_init=0.3)
    rng = np.random.default_rng(1)
    other = Rows(rng.normal(size=(30, 4)), rng.integers(0, 3, 30), None, np.arange(30))
    training.run(network, rows, other, params, 50)
    losses = training.history["validation_loss"]
    assert training.reason == "no_improvement"
    assert training.kept_epoch == np.argmin(losses) + 1 < len(losses)
    assert training._descent(network, params).judge(other)[0] == pytest.approx(min(losses))


def test_all_lists_are_of_one_length():
    training, network, rows, params = begun()
    training.run(network, rows, None, params, 7)
    assert tuple(training.history) == HISTORY
    assert {len(values) for values in training.history.values()} == {7}
    assert len(training.objectives) == 7
    assert training.n_seen == 420
    assert np.isnan(training.history["validation_loss"]).all()


@pytest.mark.parametrize(
    ("changed", "is_new"), [({}, False), ({"beta_1": 0.5}, True), ({"solver": "sgd"}, True)]
)
def test_another_optimiser_begins_anew(changed, is_new):
    training, network, _, params = begun()
    before = training.optimiser
    training.adapt(params | changed, network)
    assert (training.optimiser is not before) == is_new
