"""Weights to begin with, and those of classes that come later."""

import numpy as np
import pytest

from sklimg.firstweights import draw_weights, grow_outputs
from sklimg.networks import Network, forward, probabilities


def drawn(units, activation="relu"):
    network = Network(units, activation, np.float64)
    draw_weights(network, np.random.RandomState(0))
    return network


@pytest.mark.parametrize(("activation", "factor"), [("relu", 6), ("logistic", 2)])
def test_they_are_small_and_spread(activation, factor):
    network = drawn((300, 200, 4), activation)
    bound = np.sqrt(factor / 500)
    assert 0.98 * bound < np.abs(network.coefs[0]).max() <= bound
    assert abs(network.coefs[0].mean()) < 0.01 * bound
    assert np.abs(network.intercepts[1]).max() > 0


@pytest.mark.parametrize(("n_outputs", "places"), [(3, [0, 2, 3]), (1, [1, 4]), (1, [0, 1])])
def test_among_the_old_classes_the_answers_stay(n_outputs, places):
    network = drawn((6, 5, n_outputs))
    X = np.random.default_rng(0).normal(size=(20, 6))
    before = probabilities(forward(X, network.coefs, network.intercepts, "relu"))
    wider, _ = grow_outputs(network, places, 5, {}, np.random.RandomState(1))
    after = probabilities(forward(X, wider.coefs, wider.intercepts, "relu"))
    assert after.shape == (20, 5)
    among = after[:, places] / after[:, places].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(among, before)


def test_what_an_optimiser_keeps_grows_with_zeros():
    network = drawn((6, 5, 3))
    flat = np.arange(1.0, len(network.params) + 1)
    wider, state = grow_outputs(network, [0, 1, 3], 4, {"mean": flat}, np.random.RandomState(1))
    coefs, intercepts = wider.unflatten(state["mean"])
    old_coefs, old_intercepts = network.unflatten(flat)
    np.testing.assert_array_equal(coefs[0], old_coefs[0])
    np.testing.assert_array_equal(coefs[1][:, [0, 1, 3]], old_coefs[1])
    np.testing.assert_array_equal(intercepts[1], [*old_intercepts[1][:2], 0, old_intercepts[1][2]])
    assert not coefs[1][:, 2].any()
