"""Stochastic gradient descent over the rows of a table, epoch by epoch.

Floor 1: works on arrays, prints nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np

from sklimg.gradients import Gradient
from sklimg.networks import Network, forward, losses
from sklimg.optimisers import SGD, Adam, Nadam, RMSprop
from sklimg.partners import Partners

__all__ = ["Descent", "Rows"]

_BLOCK = 131_072  # parameters that are updated at a time, so that the passes find them in a cache
_TWO_THREADS = 10_000_000  # products of a forward pass over a batch that are worth two threads


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


class Descent:
    """Steps of a network down its loss; a context, since a thread may stand by.

    With two threads, each takes half the rows of every batch, and half the
    parameters of every update. Whether there are two depends on the sizes of layers
    and batch alone, so that results repeat.

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
    n_threads : {1, 2} or None
        None chooses.
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
        n_threads: int | None = None,
        seed: int | None = None,
    ):
        self.network, self.optimiser, self.alpha = network, optimiser, alpha
        self.batch_size = batch_size
        if n_threads is None:
            n_threads = 2 if batch_size * network.n_weights >= _TWO_THREADS else 1
        n_threads = min(n_threads, batch_size)
        self.partners = Partners(n_threads)
        most = -(-batch_size // n_threads)
        rngs = [
            np.random.Generator(np.random.SFC64(s))
            for s in np.random.SeedSequence(seed).spawn(n_threads)
        ]
        self.gradients = [Gradient(network, most, dropout, smoothing, rng) for rng in rngs]
        blocks = _blocks(network.n_weights, len(network.params))
        self.blocks = [blocks[: -(-len(blocks) // 2)], blocks[-(-len(blocks) // 2) :]]
        if n_threads == 1:
            self.blocks = [blocks]
        size = max(block.stop - block.start for block in blocks)
        self.spare = [np.empty(size, network.params.dtype) for _ in range(n_threads)]

    def __enter__(self) -> "Descent":
        self.partners.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.partners.__exit__(*error)

    def epoch(self, rows: Rows, rate_of: Callable[[float], float]) -> tuple[float, float, float]:
        """Take a step for each batch of *rows*, in the order of their index.

        Parameters
        ----------
        rows : Rows
        rate_of : callable
            Returns the learning rate when a share of the epoch is done.

        Returns
        -------
        loss : float
            Mean over the rows, each judged before its step, with the penalty.
        accuracy : float
            Share of rows that were right, each judged before its step.
        rate : float
            The last learning rate.
        """
        loss, n_right, n, rate = 0.0, 0, len(rows), 0.0
        for start in range(0, n, self.batch_size):
            index = rows.index[start : start + self.batch_size]
            weight = rows.weight(index)
            rate = rate_of(start / n)
            batch_loss, right = self._step(rows, index, weight, rate)
            loss += batch_loss * len(index) / weight
            n_right += right
        return loss / n, n_right / n, rate

    def _step(self, rows: Rows, index: np.ndarray, weight: float, rate: float) -> tuple[float, int]:
        """Take one step; return the loss of its rows, weighted and summed, and those right."""
        half = -(-len(index) // self.partners.n)
        scale = 1 / weight

        def compute(k: int) -> tuple[float, int]:
            part = index[k * half : (k + 1) * half]
            return self.gradients[k].compute(rows.X, part, rows.targets, rows.weights, scale)

        def update(k: int) -> float:
            return sum(self._update(block, self.spare[k], scale) for block in self.blocks[k])

        parts = self.partners.share(compute)
        self.optimiser.begin(rate)
        squares = sum(self.partners.share(update))
        loss, right = (sum(values) for values in zip(*parts, strict=True))
        return loss + 0.5 * self.alpha * squares, right

    def _update(self, block: slice, spare: np.ndarray, scale: float) -> float:
        """Update a block of the parameters; return the sum of its weights' squares."""
        params, grad = self.network.params[block], self.gradients[0].flat[block]
        spare = spare[: len(params)]
        if len(self.gradients) == 2:
            np.add(grad, self.gradients[1].flat[block], out=grad)
        squares = 0.0
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


def _blocks(n_weights: int, n: int) -> list[slice]:
    """Cut a vector into blocks; none holds both weights and biases."""
    starts = [*range(0, n_weights, _BLOCK), *range(n_weights, n, _BLOCK)]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], n], strict=True)]
