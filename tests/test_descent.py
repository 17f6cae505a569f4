"""Steps over a table, on one thread and on two."""

import tracemalloc

import numpy as np
import pytest

from sklimg.descent import Descent, Rows
from sklimg.firstweights import draw_weights
from sklimg.networks import Network, forward, losses
from sklimg.optimisers import SGD, Adam

N = 90


@pytest.fixture
def small_is_large(monkeypatch):
    """Let two threads share whatever there is to share."""
    for name in ("sklimg.descent.LARGE", "sklimg.descent._LARGE_NETWORK", "sklimg.partners.LARGE"):
        monkeypatch.setattr(name, 0)


@pytest.fixture
def table():
    """Rows of 12 features whose class is the largest of the first three."""
    X = np.random.default_rng(0).normal(size=(N, 12))
    return X, X[:, :3].argmax(axis=1)


def network_of(dtype=np.float64, units=(12, 8, 3)):
    network = Network(units, "tanh", dtype)
    draw_weights(network, np.random.RandomState(0))
    return network


def trained(table, n_threads, weights=None, index=None, n_epochs=3, **options):
    X, targets = table
    network = network_of()
    rows = Rows(X, targets, weights, np.arange(N) if index is None else index)
    optimiser = Adam(network.params, 0.9, 0.999, 1e-8)
    with Descent(network, optimiser, n_threads=n_threads, **options) as descent:
        ends = [descent.epoch(rows, lambda share: 0.01) for _ in range(n_epochs)]
    return network, ends


@pytest.mark.parametrize("batch_size", [1, 7, 20, 90])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_two_threads_walk_the_way_of_one(table, batch_size, alpha, small_is_large):
    weights = np.random.default_rng(1).random(N)
    how = {"batch_size": batch_size, "alpha": alpha, "dropout": [0.2], "seed": 0}
    (one, ends_of_one), (two, ends_of_two) = (trained(table, n, weights, **how) for n in (1, 2))
    np.testing.assert_allclose(one.params, two.params, rtol=1e-8)
    np.testing.assert_allclose(ends_of_one, ends_of_two, rtol=1e-8)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_dropout_repeats(table, n_threads, small_is_large):
    how = {"batch_size": 20, "dropout": [0.5], "seed": 3}
    first, again = (trained(table, n_threads, **how)[0].params for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = trained(table, n_threads, **how | {"seed": 4})[0].params
    assert np.abs(first - other).max() > 1e-3


def test_a_row_of_weight_two_is_two_rows(table):
    twice = np.append(np.arange(N), 5)
    weights = np.ones(N)
    weights[5] = 2
    one, _ = trained(table, 1, weights, batch_size=N)
    two, _ = trained(table, 1, None, twice, batch_size=N + 1)
    np.testing.assert_allclose(one.params, two.params, rtol=1e-7)


def test_the_loss_has_the_penalty_and_is_taken_before_the_step(table):
    X, targets = table
    network = network_of()
    loss = losses(forward(X, network.coefs, network.intercepts, "tanh"), targets).mean()
    squares = sum(float(np.sum(W**2)) for W in network.coefs)
    _, ends = trained(table, 1, batch_size=N, alpha=0.5, n_epochs=1)
    assert ends[0][0] == pytest.approx(loss + 0.5 * 0.5 * squares / N)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_judging_is_a_forward_pass(table, n_threads, small_is_large):
    X, targets = table
    network, index = network_of(), np.arange(0, N, 2)
    weights = np.random.default_rng(1).random(N)
    with Descent(network, SGD(network.params, 0, False), n_threads=n_threads) as descent:
        before = network.params.copy()
        loss, accuracy = descent.judge(Rows(X, targets, weights, index))
    Z = forward(X[index], network.coefs, network.intercepts, "tanh")
    assert loss == pytest.approx(np.average(losses(Z, targets[index]), weights=weights[index]))
    assert accuracy == np.mean(Z.argmax(axis=1) == targets[index])
    np.testing.assert_array_equal(network.params, before)


@pytest.mark.parametrize(
    ("units", "batch_size", "n"), [((784, 600, 300, 10), 200, 2), ((12, 8, 3), 200, 1),
                                   ((784, 600, 10), 1, 1)]
)  # fmt: skip
def test_threads_follow_the_sizes(units, batch_size, n):
    network = network_of(np.float32, units)
    descent = Descent(network, SGD(network.params, 0, False), batch_size=batch_size)
    assert descent.partners.n == n


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_epoch_allocates_nothing_that_grows_with_the_layers(n_threads):
    rng = np.random.default_rng(1)
    network = network_of(np.float32, (784, 600, 300, 10))
    X, targets = rng.random((600, 784), np.float32), rng.integers(0, 10, 600)
    rows, adam = Rows(X, targets, None, np.arange(600)), Adam(network.params, 0.9, 0.999, 1e-8)
    with Descent(network, adam, n_threads=n_threads, alpha=1e-4, dropout=[0.1, 0.1]) as descent:
        descent.epoch(rows, lambda share: 0.001)
        tracemalloc.start()
        descent.epoch(rows, lambda share: 0.001)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 100_000  # the smallest array of a batch but its outputs takes 240,000
