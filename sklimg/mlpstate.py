"""What an MLP has learned: where a training begins, and what is kept of it.

Floor 2: works on estimators, prints nothing.
"""

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.utils import check_random_state

from sklimg.descent import Rows
from sklimg.epochs import Training
from sklimg.errors import DataError, UsageError
from sklimg.firstweights import draw_weights, grow_outputs
from sklimg.networks import Network

_TEXTS = "OSUT"  # kinds of dtypes of labels that are texts

__all__ = ["Start", "begin_training", "train_on"]


class Start(NamedTuple):
    """Where a training begins: a network, its classes in order, and what goes on."""

    network: Network
    classes: np.ndarray
    training: Training


def begin_training(
    model: MLPClassifier, y: np.ndarray, n_features: int, params: Mapping[str, Any], goes_on: bool
) -> Start:
    """Return where to begin: anew or, if it goes on, from what the model has learned.

    Parameters
    ----------
    model : MLPClassifier
    y : ndarray
        Labels to be told apart; new ones get an output each.
    n_features : int
    params : mapping
        As `Training` takes them.
    goes_on : bool

    Raises
    ------
    DataError
        If there is a single class.
    UsageError
        If the layers are others than before.
    """
    classes = np.unique(y)
    if not goes_on:
        if len(classes) < 2:
            (only,) = classes.tolist()
            raise DataError(
                f"expected at least two classes, got one class, {only!r}; add rows of another, or "
                "name the classes of partial_fit"
            )
        random = check_random_state(model.random_state)
        n_outputs = 1 if len(classes) == 2 else len(classes)
        units = (n_features, *params["hidden_layer_sizes"], n_outputs)
        network = Network(units, model.activation, model.dtype)
        draw_weights(network, random)
        return Start(network, classes, Training(params, network, random))
    network = _learned(model, params["hidden_layer_sizes"])
    training = vars(model).pop("_training", None)  # a call that fails leaves it in disorder
    if training is None:
        training = Training(params, network, check_random_state(model.random_state))
    training.history = {name: list(values) for name, values in training.history.items()}
    training.objectives = list(training.objectives)
    training.adapt(params, network)
    known = model.classes_
    if (known.dtype.kind in _TEXTS) != (classes.dtype.kind in _TEXTS):
        raise UsageError(
            f"y: expected labels of one kind, got {classes.tolist()[0]!r} where there were "
            f"{known.tolist()[0]!r}"
        )
    classes = np.union1d(known, classes)
    if len(classes) > len(known):
        places, state = np.searchsorted(classes, known), training.optimiser.state
        network, training.optimiser.state = grow_outputs(
            network, places, len(classes), state, training.random
        )
    return Start(network, classes, training)


def train_on(
    model: MLPClassifier,
    start: Start,
    rows: Rows,
    held_back: Rows | None,
    params: Mapping[str, Any],
    n_epochs: int,
    in_cycle: bool,
    keep_epochs: Collection[int] = (),
    tell_epoch: Callable[[dict[str, float]], None] | None = None,
) -> MLPClassifier:
    """Train from *start*, set the attributes of the model, and warn if it broke off."""
    network, classes, training = start
    params = params | {"batch_size": min(params["batch_size"], len(rows))}
    training.run(network, rows, held_back, params, n_epochs, in_cycle, keep_epochs, tell_epoch)
    history, kept = training.history, training.kept_epoch - 1
    if training.reason != "diverged":
        model._training = training
    model.history_, model.classes_ = history, classes
    model.coefs_, model.intercepts_ = network.coefs, network.intercepts
    weights = training.kept_weights.items()
    model.kept_weights_ = {epoch: network.unflatten(flat) for epoch, flat in weights}
    model.n_layers_, model.n_outputs_ = len(network.units), network.units[-1]
    model.out_activation_ = "logistic" if model.n_outputs_ == 1 else "softmax"
    model.n_iter_, model.t_ = len(history["epoch"]), training.n_seen
    model.best_epoch_, model.stop_reason_ = training.kept_epoch, training.reason
    model.loss_curve_, model.loss_ = list(training.objectives), training.objectives[kept]
    model.best_loss_ = None if held_back and model.early_stopping else min(training.objectives)
    scores = history["validation_accuracy"]
    model.validation_scores_ = list(scores) if held_back else None
    model.best_validation_score_ = scores[kept] if held_back else None
    if in_cycle or training.reason != "max_iter":
        _warn_of_end(model, training.breakdown(params))
    return model


def _warn_of_end(model: MLPClassifier, breakdown: str) -> None:
    """Warn if the training ended in another way than it should, where `fit` was called."""
    kept = f"the weights of epoch {model.best_epoch_} are kept"
    category, text = ConvergenceWarning, ""
    if model.stop_reason_ == "interrupted":
        category, text = UserWarning, f"Training interrupted by user; {kept}"
    elif model.stop_reason_ == "diverged":
        text = f"{breakdown}; {kept}"
    elif model.stop_reason_ == "max_iter" and model.learning_rate != "one-cycle":
        text = f"training stopped at max_iter={model.max_iter}, still improving; set a higher one"
    if text:
        warnings.warn(text, category, stacklevel=4)


def _learned(model: MLPClassifier, layers: list[int]) -> Network:
    """Return the network of a fitted model, in arrays of its own."""
    units = [*map(len, model.coefs_), len(model.intercepts_[-1])]
    if units[1:-1] != layers:
        raise UsageError(
            f"hidden_layer_sizes: expected {units[1:-1]} as before, to go on from there, "
            f"got {layers}"
        )
    network = Network(units, model.activation, model.dtype)
    for parts, old in ((network.coefs, model.coefs_), (network.intercepts, model.intercepts_)):
        for into, values in zip(parts, old, strict=True):
            into[:] = values
    return network
