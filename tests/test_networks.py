"""Layers over one vector, and what they answer."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from sklimg.networks import ACTIVATIONS, Network, activate, forward, losses, probabilities


def test_weights_and_biases_are_views_weights_first():
    network = Network((3, 4, 2), "relu")
    network.params[:] = np.arange(len(network.params))
    assert network.n_weights == 20
    assert [W.shape for W in network.coefs] == [(3, 4), (4, 2)]
    assert network.coefs[1][-1].tolist() == [18, 19]
    assert [bias.tolist() for bias in network.intercepts] == [[20, 21, 22, 23], [24, 25]]
    network.intercepts[1][:] = 7
    assert network.params[-2:].tolist() == [7, 7]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    z = np.linspace(-90, 90, 7)
    expected = {
        "identity": z,
        "relu": [0, 0, 0, 0, 30, 60, 90],
        "tanh": np.tanh(z),
        "logistic": 1 / (1 + np.exp(-z)),
    }[name]
    activate(name, z := z.copy())
    np.testing.assert_allclose(z, expected, atol=1e-15)


def test_a_pass_over_many_rows_is_the_pass_over_each():
    rng = np.random.default_rng(0)
    coefs, intercepts = [rng.normal(size=(5, 4)), rng.normal(size=(4, 3))], [np.ones(4), np.ones(3)]
    X = rng.normal(size=(5000, 5))
    expected = np.tanh(X @ coefs[0] + 1) @ coefs[1] + 1
    np.testing.assert_allclose(forward(X, coefs, intercepts, "tanh"), expected)
    assert forward(X[:0], coefs, intercepts, "tanh").shape == (0, 3)


@pytest.mark.parametrize("n_outputs", [1, 2, 5])
def test_shares_and_losses_agree(n_outputs):
    rng = np.random.default_rng(1)
    Z = 30 * rng.normal(size=(40, n_outputs))
    targets = rng.integers(0, max(n_outputs, 2), 40)
    loss = losses(Z, targets)
    shares = probabilities(Z.copy())
    assert shares.shape == (40, max(n_outputs, 2))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    right = shares[np.arange(40), targets]
    seen = right > 1e-12
    np.testing.assert_allclose(loss[seen], -np.log(right[seen]), rtol=1e-3, atol=1e-9)
    labels = np.arange(max(n_outputs, 2))
    assert loss[seen].mean() == pytest.approx(
        log_loss(targets[seen], shares[seen], labels=labels), rel=1e-3, abs=1e-9
    )


def test_a_far_output_is_no_infinity():
    Z = np.array([[1e4, -1e4, 0]], np.float32)
    assert losses(Z, np.array([1]))[0] == 20_000
    np.testing.assert_array_equal(probabilities(Z), [[1, 0, 0]])
