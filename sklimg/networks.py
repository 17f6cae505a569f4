"""Dense layers over one flat vector of parameters, and what they answer.

Floor 1: works on arrays, prints nothing.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

__all__ = ["ACTIVATIONS", "Network", "activate", "forward", "losses", "probabilities"]

ACTIVATIONS = ("identity", "logistic", "relu", "tanh")
_CHUNK_ROWS = 2_048  # that a forward pass holds at a time


class Network:
    """Weights and biases as views of one vector: all weights first, then all biases.

    Parameters
    ----------
    units : sequence of int
        Sizes of the layers: inputs, hidden layers, outputs. One output stands for
        two classes, by a logistic function; more are a softmax.
    activation : {"identity", "logistic", "relu", "tanh"}
        Of the hidden layers.
    dtype : dtype, default=float32

    Attributes
    ----------
    params : ndarray of shape (n_params,)
    n_weights : int
        How many of them are weights.
    coefs : list of ndarray of shape (units[i], units[i + 1])
    intercepts : list of ndarray of shape (units[i + 1],)
    """

    def __init__(self, units: Sequence[int], activation: str, dtype: np.dtype = np.float32):
        self.units = tuple(units)
        self.activation = activation
        self.n_weights = sum(a * b for a, b in pairwise(self.units))
        self.params = np.zeros(self.n_weights + sum(self.units[1:]), dtype)
        self.coefs, self.intercepts = self.unflatten(self.params)

    def unflatten(self, flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return views of a vector like `params` as weights and biases of the layers."""
        coefs, intercepts, at = [], [], 0
        for a, b in pairwise(self.units):
            coefs.append(flat[at : at + a * b].reshape(a, b))
            at += a * b
        for b in self.units[1:]:
            intercepts.append(flat[at : at + b])
            at += b
        return coefs, intercepts


def activate(name: str, Z: np.ndarray) -> None:
    """Apply an activation function in place."""
    if name == "relu":
        np.maximum(Z, 0, out=Z)
    elif name == "tanh":
        np.tanh(Z, out=Z)
    elif name == "logistic":  # by tanh, which does not overflow
        np.multiply(Z, 0.5, out=Z)
        np.tanh(Z, out=Z)
        np.add(Z, 1, out=Z)
        np.multiply(Z, 0.5, out=Z)


def forward(
    X: np.ndarray,
    coefs: Sequence[np.ndarray],
    intercepts: Sequence[np.ndarray],
    activation: str,
) -> np.ndarray:
    """Return the outputs of a network, before the last function.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), of the dtype of *coefs*
    coefs, intercepts : sequence of ndarray
        Of the layers.
    activation : str
        Of the hidden layers.

    Returns
    -------
    Z : ndarray of shape (n_samples, n_outputs)
    """
    Z = np.empty((len(X), coefs[-1].shape[1]), coefs[-1].dtype)
    for start in range(0, len(X), _CHUNK_ROWS):
        chunk = X[start : start + _CHUNK_ROWS]
        for i, (W, bias) in enumerate(zip(coefs, intercepts, strict=True)):
            chunk = chunk @ W
            chunk += bias
            if i < len(coefs) - 1:
                activate(activation, chunk)
        Z[start : start + _CHUNK_ROWS] = chunk
    return Z


def probabilities(Z: np.ndarray) -> np.ndarray:
    """Return the share of each class from a network's outputs, which are written over.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_outputs)
        As from `forward`; one output stands for two classes.

    Returns
    -------
    shares : ndarray of shape (n_samples, n_classes)
        Each row sums to 1.
    """
    if Z.shape[1] == 1:
        activate("logistic", Z)
        return np.hstack([1 - Z, Z])
    Z -= Z.max(axis=1, keepdims=True)
    np.exp(Z, out=Z)
    Z /= Z.sum(axis=1, keepdims=True)
    return Z


def losses(Z: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each row, from outputs and the numbers of its class."""
    if Z.shape[1] == 1:
        return np.logaddexp(0, Z[:, 0]) - targets * Z[:, 0]
    top = Z.max(axis=1)
    right = Z[np.arange(len(Z)), targets]
    return np.log(np.exp(Z - top[:, None]).sum(axis=1)) + top - right
