"""Stochastic gradient descent over the rows of a table, epoch by epoch.

Floor 1: works on arrays, prints nothing.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sklimg.gradients import Gradient
from sklimg.networks import Network, forward, losses
from sklimg.optimisers import SGD, Adam, Nadam, RMSprop
from sklimg.partners import LARGE, Partners

__all__ = ["Descent", "Epoch", "Rows"]

_BLOCK = 200_000  # parameters updated at a time: a cache holds them, and calls are few
_LARGE_NETWORK = 200_000  # parameters whose update is worth two threads
_MY_SHARE = 2 / 3  # of the update; the other thread gathers the next batch, too


class Rows:
    """Rows of a table that are trained or judged by.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        C-ordered, of the network's dtype.
    targets : ndarray of shape (n_samples,), int
        Numbers of the classes.
    weights : ndarray of shape (n_samples,) or None
    index : ndarray of int
        The rows that count, of all these.
    """

    def __init__(
        self, X: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, index: np.ndarray
    ):
        self.X, self.targets, self.weights, self.index = X, targets, weights, index

    def __len__(self) -> int:
        return len(self.index)

    def weight(self, index: np.ndarray) -> float:
        """Return the weight of some rows together."""
        return float(len(index) if self.weights is None else self.weights[index].sum())


class Epoch(NamedTuple):
    """What came of an epoch, each row judged before its step.

    Attributes
    ----------
    objective : float
        What was made small, a mean over the rows: the loss, smoothed, with the penalty.
    loss : float
        Mean cross-entropy.
    accuracy : float
        Share of rows that were right.
    rate : float
        The last learning rate.
    """

    objective: float
    loss: float
    accuracy: float
    rate: float


class Descent:
    """Steps of a network down its loss; a context, since a thread may stand by.

    A second thread gathers the rows of the next batch while the parameters are
    updated, and takes half of every large product of matrices and a third of a large
    update. What is shared depends on the sizes of layers and batch alone, and sharing
    changes no weight.

    Parameters
    ----------
    network : Network
        Its parameters are changed in place.
    optimiser : Adam, Nadam, RMSprop or SGD
    alpha : float
        Strength of the L2 penalty, as of scikit-learn: half of it times the summed
        squares of the weights, over the rows of a batch.
    batch_size : int
    dropout : sequence of float
        Of each hidden layer; empty for none.
    smoothing : float
    n_threads : {1, 2}, default=2
        At most.
    seed : int, optional
        Of the dropout.
    """

    def __init__(
        self,
        network: Network,
        optimiser: Adam | Nadam | RMSprop | SGD,
        *,
        alpha: float = 0.0,
        batch_size: int = 200,
        dropout: Sequence[float] = (),
        smoothing: float = 0.0,
        n_threads: int = 2,
        seed: int | None = None,
    ):
        self.network, self.optimiser, self.alpha = network, optimiser, alpha
        self.batch_size = batch_size
        largest = max(W.size for W in network.coefs)
        self.partners = Partners(n_threads if batch_size * largest >= LARGE else 1)
        rng = np.random.Generator(np.random.SFC64(seed))
        self.gradient = Gradient(network, batch_size, dropout, smoothing, rng, self.partners)
        n_params = len(network.params)
        is_shared = self.partners.n == 2 and n_params >= _LARGE_NETWORK
        mine = int(n_params * _MY_SHARE) if is_shared else n_params
        ends = ((0, mine), (mine, n_params))
        self.blocks = [_blocks(*side, network.n_weights) for side in ends]
        size = min(_BLOCK, n_params)
        self.spare = np.empty((2, size), network.params.dtype)

    def __enter__(self) -> "Descent":
        self.partners.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.partners.__exit__(*error)

    def epoch(self, rows: Rows, rate_of: Callable[[float], float]) -> "Epoch":
        """Take a step for each batch of *rows*, in the order of their index.

        Parameters
        ----------
        rows : Rows
        rate_of : callable
            Returns the learning rate when a share of the epoch is done.

        Returns
        -------
        epoch : Epoch
        """
        objective, loss, n_right, n, rate = 0.0, 0.0, 0, len(rows), 0.0
        starts = range(0, n, self.batch_size)
        batches = [rows.index[start : start + self.batch_size] for start in starts]
        self.gradient.prepare(rows.X, rows.targets, rows.weights, batches[0])
        for i, batch in enumerate(batches):
            ahead = batches[i + 1] if i + 1 < len(batches) else None
            weight = rows.weight(batch)
            rate = rate_of(starts[i] / n)
            smoothed, plain, right = self.gradient.compute(1 / weight)
            penalty = self._step(rows, ahead, 1 / weight, rate)
            objective += (smoothed + penalty) * len(batch) / weight
            loss += plain * len(batch) / weight
            n_right += right
        return Epoch(objective / n, loss / n, n_right / n, rate)

    def _step(self, rows: Rows, ahead: np.ndarray | None, scale: float, rate: float) -> float:
        """Update the parameters and prepare the batch *ahead*; return the penalty."""
        self.optimiser.begin(rate)

        def work(k: int) -> float:
            squares = sum(self._update(block, self.spare[k], scale) for block in self.blocks[k])
            if ahead is not None and k == self.partners.n - 1:
                self.gradient.prepare(rows.X, rows.targets, rows.weights, ahead)
            return squares

        return 0.5 * self.alpha * sum(self.partners.share(work))

    def _update(self, block: slice, spare: np.ndarray, scale: float) -> float:
        """Update a block of the parameters; return the sum of its weights' squares."""
        params, grad = self.network.params[block], self.gradient.flat[block]
        spare, squares = spare[: len(params)], 0.0
        if self.alpha and block.start < self.network.n_weights:
            squares = float(np.dot(params, params))
            np.multiply(params, self.alpha * scale, out=spare)
            np.add(grad, spare, out=grad)
        self.optimiser.update(block, params, grad, spare)
        return squares

    def judge(self, rows: Rows) -> tuple[float, float]:
        """Return the mean loss, weighted, and the accuracy on rows, without changing anything."""
        network, half = self.network, -(-len(rows) // self.partners.n)

        def score(k: int) -> tuple[float, int]:
            index = rows.index[k * half : (k + 1) * half]
            X, targets = rows.X[index], rows.targets[index]
            Z = forward(X, network.coefs, network.intercepts, network.activation)
            loss = losses(Z, targets)
            if rows.weights is not None:
                loss = loss * rows.weights[index]
            guesses = Z[:, 0] > 0 if Z.shape[1] == 1 else Z.argmax(axis=1)
            return float(loss.sum()), int(np.count_nonzero(guesses == targets))

        loss, right = (sum(values) for values in zip(*self.partners.share(score), strict=True))
        return loss / rows.weight(rows.index), right / len(rows)


def _blocks(start: int, stop: int, n_weights: int) -> list[slice]:
    """Cut a stretch of the parameters into blocks; none holds both weights and biases."""
    ends = [start, *([n_weights] if start < n_weights < stop else []), stop]
    starts = [at for a, b in pairwise(ends) for at in range(a, b, _BLOCK)]
    return [slice(a, b) for a, b in pairwise([*starts, stop])]
