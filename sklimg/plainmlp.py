"""From our MLP to scikit-learn's, and back.

Floor 2: estimators; through public methods and attributes alone.
"""

import warnings
from copy import copy

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklimg.errors import UsageError

__all__ = [
    "SHARED",
    "epoch_copy",
    "fit_plain",
    "layer_arrays",
    "plain_copy",
    "plain_params",
    "take_fitted",
]

SHARED = tuple(MLPClassifier().get_params())  # parameters of both
_FITTED = (
    *("best_loss_", "classes_", "feature_names_in_", "loss_", "n_features_in_"),
    *("n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_"),
)
_OF_EPOCHS = (
    *("best_epoch_", "best_validation_score_", "loss_curve_", "stop_reason_"),
    "validation_scores_",
)


def plain_params(model: MLPClassifier) -> dict:
    """Return the parameters of one of ours as scikit-learn's knows them."""
    params = {name: getattr(model, name) for name in SHARED}
    if model.solver not in ("sgd", "lbfgs"):
        params["solver"] = "adam"
    if model.learning_rate == "one-cycle":
        params["learning_rate"] = "constant"
    return params


def fit_plain(
    model: MLPClassifier, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None
) -> MLPClassifier:
    """Let scikit-learn fit one of ours: there is nothing to add to lbfgs."""
    plain = MLPClassifier(**plain_params(model))
    of_others = ("_training", "best_epoch_", "history_", "held_back_", "kept_weights_")
    for name in (*of_others, "stop_reason_"):
        vars(model).pop(name, None)  # of another solver
    take_fitted(model, plain.fit(X, y, weights))
    for parts in (model.coefs_, model.intercepts_):
        parts[:] = [part.astype(model.dtype) for part in parts]
    return model


def layer_arrays(model: MLPClassifier) -> dict[str, np.ndarray]:
    """Return the weights and biases of a fitted one by their names."""
    kinds = {"coefs": model.coefs_, "intercepts": model.intercepts_}
    return {f"{kind}{i}": part for kind, parts in kinds.items() for i, part in enumerate(parts)}


def plain_copy(model: MLPClassifier) -> MLPClassifier:
    """Return scikit-learn's MLPClassifier with the weights and answers of a fitted one."""
    plain = MLPClassifier(solver="lbfgs", max_iter=1, hidden_layer_sizes=())
    X = np.zeros((len(model.classes_), model.n_features_in_), model.coefs_[0].dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        plain.fit(X, model.classes_)  # for what scikit-learn keeps to itself
    take_fitted(plain.set_params(**plain_params(model)), model)
    return plain


def epoch_copy(model: MLPClassifier, epoch: int) -> MLPClassifier:
    """Return a copy of one of ours with the weights it would have from ``max_iter=epoch``.

    Raises
    ------
    UsageError
        If the training went on for longer and did not keep that epoch, or if its
        learning rate depends on its end.
    """
    is_free = model.learning_rate != "one-cycle" and model.solver != "lbfgs"
    kept = model.kept_weights_ if is_free else {}
    is_end = epoch == model.max_iter or (is_free and epoch >= model.n_iter_)
    if epoch not in kept and not is_end:
        raise UsageError(
            f"epoch {epoch}: expected one of those kept, {sorted(kept) or 'none'}, or the end, "
            f"{model.n_iter_}; name it in keep_epochs of fit, without a one-cycle learning rate"
        )
    early = clone(model).set_params(max_iter=epoch)
    take_fitted(early, model)
    if epoch in kept:
        early.coefs_, early.intercepts_ = kept[epoch]
    early.n_iter_ = min(epoch, model.n_iter_)
    return early


def take_fitted(model: MLPClassifier, other: MLPClassifier) -> None:
    """Give *model* what *other* has learned."""
    model.coefs_ = [W.copy() for W in other.coefs_]
    model.intercepts_ = [bias.copy() for bias in other.intercepts_]
    for name in (*_FITTED, *_OF_EPOCHS):
        if hasattr(other, name):
            setattr(model, name, copy(getattr(other, name)))
