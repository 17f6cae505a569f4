"""The gradient of a network's loss, batch by batch.

All buffers are made once: a batch allocates nothing that grows with the layers.

Floor 1: works on arrays, prints nothing.
"""

from collections.abc import Sequence

import numpy as np

from sklimg.networks import Network, activate
from sklimg.partners import Partners

__all__ = ["Gradient"]


class Gradient:
    """The gradient of a network's loss over batches of rows, in a vector of its own.

    Parameters
    ----------
    network : Network
    n_rows : int
        Rows of the largest batch.
    dropout : sequence of float, default=()
        Share of each hidden layer's units that are silent in a batch, in [0, 1);
        the others speak louder, so that nothing changes on average [1]_.
    smoothing : float, default=0
        Share of each label that is spread over all classes, in [0, 1) [2]_.
    rng : numpy.random.Generator, optional
        Needed for dropout.
    partners : Partners, optional
        What multiplies large matrices; by default this thread alone.

    Attributes
    ----------
    flat : ndarray of shape (n_params,)
        As `Network.params`; `compute` fills it.

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: a simple way to prevent neural networks
       from overfitting", Journal of Machine Learning Research, 2014.
    .. [2] C. Szegedy et al., "Rethinking the Inception architecture for computer
       vision", CVPR, 2016.
    """

    def __init__(
        self,
        network: Network,
        n_rows: int,
        dropout: Sequence[float] = (),
        smoothing: float = 0.0,
        rng: np.random.Generator | None = None,
        partners: Partners | None = None,
    ):
        self.network, self.smoothing, self.rng = network, smoothing, rng
        self._dot = (partners or Partners(1)).dot
        self.keep = [1 - share for share in dropout] or [1.0] * (len(network.units) - 2)
        self.flat = np.zeros_like(network.params)
        self._coefs, self._intercepts = network.unflatten(self.flat)
        self._whole = _Buffers(
            network.units, n_rows, network.params.dtype, min(self.keep, default=1) < 1
        )
        self._parts = {n_rows: self._whole}

    def prepare(
        self, X: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, rows: np.ndarray
    ) -> None:
        """Gather the rows of the next batch, and draw which units are silent in it.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), of the network's dtype
        targets : ndarray of shape (n_samples,), int
            Numbers of the classes.
        weights : ndarray of shape (n_samples,) or None
            What each row's loss is multiplied by.
        rows : ndarray of int
            At most *n_rows* of them.
        """
        b = self._parts.get(len(rows))
        if b is None:
            b = self._parts[len(rows)] = self._whole.first(len(rows))
        np.take(X, rows, axis=0, out=b.inputs[0], mode="clip")  # "raise" would copy
        np.take(targets, rows, out=b.targets, mode="clip")
        self._is_weighted = weights is not None
        if self._is_weighted:
            np.take(weights, rows, out=b.weights, mode="clip")
        for noise, mask, keep in zip(b.noise, b.masks, self.keep, strict=False):
            if keep < 1:
                self.rng.random(out=noise, dtype=noise.dtype)
                np.less(noise, keep, out=mask)
                np.multiply(mask, noise.dtype.type(1 / keep), out=noise)
        self._batch = b

    def compute(self, scale: float) -> tuple[float, float, int]:
        """Fill `flat` with *scale* times the gradient of the summed loss of the batch.

        The batch is used up; prepare another one.

        Parameters
        ----------
        scale : float
            One over the batch's weight.

        Returns
        -------
        loss : float
            Sum over the rows, weighted.
        plain_loss : float
            That of the labels as they are, not smoothed.
        n_right : int
            Rows whose class was the most probable, while some units were silent.
        """
        b, network = self._batch, self.network
        last = len(network.coefs) - 1
        for i in range(last):
            self._layer(i, b.inputs[i], b.inputs[i + 1])
            activate(network.activation, b.inputs[i + 1])
            if self.keep[i] < 1:
                np.multiply(b.inputs[i + 1], b.noise[i], out=b.inputs[i + 1])
        self._layer(last, b.inputs[last], b.output)
        n_right = _n_right(b)
        totals = [
            float(np.dot(loss, b.weights) if self._is_weighted else np.sum(loss))
            for loss in _loss_and_delta(b, self.smoothing)
        ]
        if self._is_weighted:
            np.multiply(b.output, b.weights[:, None], out=b.output)
        np.multiply(b.output, scale, out=b.output)
        for i in range(last, -1, -1):
            delta = b.deltas[i]
            self._dot(b.inputs[i].T, delta, self._coefs[i])
            np.sum(delta, axis=0, out=self._intercepts[i])
            if i:
                before = b.deltas[i - 1]
                self._dot(delta, network.coefs[i].T, before)
                self._derive(i, b, before)
        return *totals, n_right

    def _layer(self, i: int, inputs: np.ndarray, out: np.ndarray) -> None:
        self._dot(inputs, self.network.coefs[i], out)
        np.add(out, self.network.intercepts[i], out=out)

    def _derive(self, i: int, b: "_Buffers", delta: np.ndarray) -> None:
        """Take *delta* back through the hidden layer that is input of layer *i*.

        What the layer said is not needed after this and is written over.
        """
        said, name = b.inputs[i], self.network.activation
        if self.keep[i - 1] < 1:
            np.multiply(delta, b.noise[i - 1], out=delta)
            np.multiply(said, self.keep[i - 1], out=said)
        if name == "relu":
            np.greater(said, 0, out=b.masks[i - 1])
            np.multiply(delta, b.masks[i - 1], out=delta)
        elif name == "tanh":
            np.multiply(said, said, out=said)
            np.subtract(1, said, out=said)
            np.multiply(delta, said, out=delta)
        elif name == "logistic":
            np.multiply(delta, said, out=delta)
            np.subtract(1, said, out=said)
            np.multiply(delta, said, out=delta)


class _Buffers:
    """What a batch of a given number of rows needs between two layers."""

    def __init__(self, units: Sequence[int], n: int, dtype: np.dtype, is_noisy: bool):
        self.inputs = [np.empty((n, size), dtype) for size in units[:-1]]
        self.output = np.empty((n, units[-1]), dtype)
        self.deltas = [np.empty((n, size), dtype) for size in units[1:-1]] + [self.output]
        self.masks = [np.empty((n, size), bool) for size in units[1:-1]]
        self.noise = [np.empty((n, size), dtype) for size in units[1:-1]] if is_noisy else []
        self.targets, self.guesses = np.empty(n, np.intp), np.empty(n, np.intp)
        self.starts = np.arange(n) * units[-1]  # of the rows in the flat output
        self.weights, self.loss = np.empty(n, dtype), np.empty(n, dtype)
        self.column = np.empty((n, 1), dtype)

    def first(self, n: int) -> "_Buffers":
        """Return the first *n* rows of all of them, as views."""
        part = object.__new__(_Buffers)
        for name, whole in vars(self).items():
            cut = [array[:n] for array in whole] if isinstance(whole, list) else whole[:n]
            setattr(part, name, cut)
        part.deltas[-1] = part.output
        return part


def _n_right(b: _Buffers) -> int:
    """Count the rows whose class has the largest output."""
    if b.output.shape[1] == 1:
        np.greater(b.output[:, 0], 0, out=b.guesses)
    else:
        np.argmax(b.output, axis=1, out=b.guesses)
    return int(np.count_nonzero(b.guesses == b.targets))


def _loss_and_delta(b: _Buffers, smoothing: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's cross-entropy, smoothed and plain; make the outputs its gradient."""
    Z, n_outputs, loss = b.output, b.output.shape[1], b.loss
    if n_outputs == 1:
        logit = Z[:, 0].copy()
        np.logaddexp(0, logit, out=loss)
        loss -= b.targets * logit
        wanted = (1 - smoothing) * b.targets + smoothing / 2
        activate("logistic", Z)
        Z[:, 0] -= wanted
        return loss - (wanted - b.targets) * logit, loss
    flat, places = Z.reshape(-1), b.starts + b.targets
    np.max(Z, axis=1, keepdims=True, out=b.column)
    np.subtract(Z, b.column, out=Z)
    np.negative(flat[places], out=loss)
    smoothed = (1 - smoothing) * loss - smoothing * Z.mean(axis=1) if smoothing else loss
    np.exp(Z, out=Z)
    np.sum(Z, axis=1, keepdims=True, out=b.column)
    np.divide(Z, b.column, out=Z)
    flat[places] -= 1 - smoothing
    if smoothing:
        np.subtract(Z, smoothing / n_outputs, out=Z)
    np.log(b.column, out=b.column)
    loss += b.column[:, 0]
    if not smoothing:
        return loss, loss
    smoothed += b.column[:, 0]
    return smoothed, loss
