"""The weights a network begins with, and those of classes that come later.

Floor 1: works on arrays, prints nothing.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from sklimg.networks import Network

__all__ = ["draw_weights", "grow_outputs"]


def draw_weights(network: Network, random: np.random.RandomState) -> None:
    """Fill a network with small random parameters, as scikit-learn draws them [1]_.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", AISTATS, 2010.
    """
    factor = 2 if network.activation == "logistic" else 6
    for W, bias in zip(network.coefs, network.intercepts, strict=True):
        bound = np.sqrt(factor / sum(W.shape))
        W[:] = random.uniform(-bound, bound, W.shape)
        bias[:] = random.uniform(-bound, bound, bias.shape)


def grow_outputs(
    network: Network,
    places: Sequence[int],
    n_classes: int,
    state: Mapping[str, np.ndarray],
    random: np.random.RandomState,
) -> tuple[Network, dict[str, np.ndarray]]:
    """Return a network with outputs for more classes that answers as before among the old.

    Parameters
    ----------
    network : Network
    places : sequence of int
        Where each of the old classes stands among all.
    n_classes : int
        At least 3.
    state : mapping of str to ndarray of shape (n_params,)
        What an optimiser keeps; it becomes zero for the new classes.
    random : numpy.random.RandomState

    Returns
    -------
    network : Network
    state : dict of str to ndarray
    """
    wider = Network((*network.units[:-1], n_classes), network.activation, network.params.dtype)
    draw_weights(wider, random)
    _carry(network, network.params, wider, wider.params, places)
    grown = {name: np.zeros_like(wider.params) for name in state}
    for name, flat in state.items():
        _carry(network, flat, wider, grown[name], places)
    return wider, grown


def _carry(
    network: Network, flat: np.ndarray, wider: Network, into: np.ndarray, places: Sequence[int]
) -> None:
    """Copy a vector of parameters into one of a wider network."""
    for old, new in zip(network.unflatten(flat), wider.unflatten(into), strict=True):
        for a, b in zip(old[:-1], new[:-1], strict=True):
            b[:] = a
        last = old[-1]
        if network.units[-1] == 1:  # one output for two classes: the first one's is always 0
            last = np.stack([np.zeros_like(last[..., 0]), last[..., 0]], axis=-1)
        new[-1][..., places] = last
