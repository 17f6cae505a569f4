"""The gradient is the one that finite differences find."""

import tracemalloc

import numpy as np
import pytest

from sklimg.gradients import Gradient
from sklimg.networks import ACTIVATIONS, Network, forward, losses

STEP = 1e-6


class SameNoise:
    """A generator that gives the same numbers each time: dropout, fixed."""

    def random(self, out, dtype):
        out[:] = np.random.default_rng(out.shape).random(out.shape)


def gradient_of(network, X, targets, weights=None, **options):
    gradient = Gradient(network, len(X), **options)
    gradient.prepare(X, targets, weights, np.arange(len(X)))
    smoothed, plain, n_right = gradient.compute(1 / len(X))
    return gradient.flat.copy(), smoothed / len(X), plain / len(X), n_right


@pytest.fixture(params=[(6, 5, 4, 3), (6, 5, 1), (6, 2), (6, 1)], ids=str)
def units(request):
    return request.param


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_it_equals_finite_differences(units, activation, dropout, smoothing):
    rng = np.random.default_rng(0)
    network = Network(units, activation, np.float64)
    network.params[:] = rng.normal(size=len(network.params))
    X, targets = rng.normal(size=(7, 6)), rng.integers(0, max(units[-1], 2), 7)
    weights = rng.random(7)
    options = {"dropout": [dropout] * (len(units) - 2), "smoothing": smoothing, "rng": SameNoise()}
    found, *_ = gradient_of(network, X, targets, weights, **options)
    expected = np.empty_like(found)
    for i in range(len(network.params)):
        ends = []
        for step in (STEP, -STEP):
            network.params[i] += step
            ends.append(gradient_of(network, X, targets, weights, **options)[1])
            network.params[i] -= step
        expected[i] = (ends[0] - ends[1]) / (2 * STEP)
    np.testing.assert_allclose(found, expected, atol=1e-8, rtol=1e-5)
    assert np.abs(found).max() > 1e-3


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_is_that_of_a_forward_pass(units, smoothing):
    rng = np.random.default_rng(3)
    network = Network(units, "relu", np.float64)
    network.params[:] = rng.normal(size=len(network.params))
    X, targets = rng.normal(size=(9, 6)), rng.integers(0, max(units[-1], 2), 9)
    _, smoothed, loss, n_right = gradient_of(network, X, targets, smoothing=smoothing)
    Z = forward(X, network.coefs, network.intercepts, "relu")
    assert loss == pytest.approx(losses(Z, targets).mean())
    others = [losses(Z, np.full(9, k)) for k in range(max(units[-1], 2))]
    even = np.mean(others)
    assert smoothed == pytest.approx((1 - smoothing) * loss + smoothing * even)
    guesses = Z[:, 0] > 0 if units[-1] == 1 else Z.argmax(axis=1)
    assert n_right == np.sum(guesses == targets)


def test_dropout_silences_its_share_and_keeps_the_mean():
    network = Network((3, 4000, 2), "identity", np.float64)
    network.coefs[0][:] = 1 / 3
    network.coefs[1][:, 0] = 1
    gradient = Gradient(network, 5, [0.3], rng=np.random.default_rng(0))
    gradient.prepare(np.ones((5, 3)), np.zeros(5, int), None, np.arange(5))
    spoke = np.unique(gradient._whole.noise[0])
    np.testing.assert_allclose(spoke, [0, 1 / 0.7])
    assert np.mean(gradient._whole.noise[0] == 0) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_smaller_batch_uses_the_same_buffers(n):
    rng = np.random.default_rng(1)
    network = Network((6, 5, 3), "tanh", np.float64)
    network.params[:] = rng.normal(size=len(network.params))
    X, targets, rows = rng.normal(size=(9, 6)), rng.integers(0, 3, 9), np.arange(n)
    large, small = Gradient(network, 9), Gradient(network, max(n, 1))
    large.prepare(X, targets, None, np.arange(9))
    large.compute(1.0)
    for gradient in (large, small):
        gradient.prepare(X, targets, None, rows)
    assert large.compute(1.0) == small.compute(1.0)
    np.testing.assert_allclose(large.flat, small.flat)


def test_a_batch_allocates_nothing_that_grows_with_the_layers():
    rng = np.random.default_rng(1)
    network = Network((784, 600, 300, 10), "relu")
    network.params[:] = rng.normal(size=len(network.params))
    X, targets = rng.random((400, 784), np.float32), rng.integers(0, 10, 400)
    gradient = Gradient(network, 200, [0.2, 0.2], rng=rng)
    for rows in (np.arange(200), np.arange(150, 350)):
        tracemalloc.start()
        gradient.prepare(X, targets, None, rows)
        gradient.compute(1 / 200)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 100_000  # the smaller layer of a batch takes 240,000
