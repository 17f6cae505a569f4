"""Which values the parameters of the MLP may have.

Floor 1: looks at values, keeps nothing.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np

from sklimg.errors import UsageError
from sklimg.networks import ACTIVATIONS
from sklimg.optimisers import SOLVERS
from sklimg.schedules import SCHEDULES

__all__ = ["DTYPES", "MONITORS", "check_mlp_params", "dropout_of", "layers_of", "mlp_params"]

MONITORS = ("loss", "accuracy")  # the first is the default
DTYPES = ("float32", "float64")
_BATCH = 200  # rows of a step, unless told

_WORDS = {
    "activation": ACTIVATIONS,
    "solver": (*SOLVERS, "lbfgs"),
    "learning_rate": SCHEDULES,
    "monitor": MONITORS,
    "dtype": DTYPES,
}
_FLAGS = ("early_stopping", "nesterovs_momentum", "shuffle", "warm_start")


def _number(kind: type, least: float, most: float = np.inf, ends: str = "[]") -> tuple:
    """Return the check of a number within bounds, and its text."""

    def is_good(value: Any) -> bool:
        return (
            isinstance(value, kind)
            and not isinstance(value, bool)
            and (least <= value if ends[0] == "[" else least < value)
            and (value <= most if ends[1] == "]" else value < most)
        )

    name = "an integer" if kind is Integral else "a number"
    if most == np.inf:
        return is_good, f"{name} {'of at least' if ends[0] == '[' else 'above'} {least}"
    return is_good, f"{name} in {ends[0]}{least}, {most}{ends[1]}"


_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "alpha": _number(Real, 0),
    "beta_1": _number(Real, 0, 1, "[)"),
    "beta_2": _number(Real, 0, 1, "[)"),
    "epsilon": _number(Real, 0, ends="()"),
    "label_smoothing": _number(Real, 0, 1, "[)"),
    "learning_rate_init": _number(Real, 0, ends="()"),
    "max_fun": _number(Integral, 1),
    "max_iter": _number(Integral, 1),
    "momentum": _number(Real, 0, 1),
    "n_iter_no_change": _number(Real, 1),
    "power_t": _number(Real, 0),
    "rho": _number(Real, 0, 1, "[)"),
    "tol": _number(Real, 0),
    "validation_fraction": _number(Real, 0, 1, "()"),
}


def mlp_params(model: Any) -> dict[str, Any]:
    """Return a model's parameters, checked; layers and dropout as lists, the batch as a number."""
    params = model.get_params(deep=False)
    check_mlp_params(params)
    layers = layers_of(params["hidden_layer_sizes"])
    batch = _BATCH if params["batch_size"] == "auto" else int(params["batch_size"])
    dropout = dropout_of(params["dropout"], layers)
    return params | {"hidden_layer_sizes": layers, "dropout": dropout, "batch_size": batch}


def check_mlp_params(params: Mapping[str, Any]) -> None:
    """Check the parameters of an MLPClassifier, by their names.

    Raises
    ------
    UsageError
        For a value that cannot be used; for a word, the nearest is told.
    """
    dtype = params["dtype"]
    if isinstance(dtype, type | np.dtype):
        dtype = np.dtype(dtype).name
    for name, words in _WORDS.items():
        value = dtype if name == "dtype" else params[name]
        if not (isinstance(value, str) and value in words):
            near = get_close_matches(str(value), words, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"{name}: expected one of {', '.join(words)}, got {value!r}{hint}")
    for name in _FLAGS:
        if not isinstance(params[name], bool | np.bool_):
            raise UsageError(f"{name}: expected True or False, got {params[name]!r}")
    for name, (is_good, text) in _RANGES.items():
        if not is_good(params[name]):
            raise UsageError(f"{name}: expected {text}, got {params[name]!r}")
    size = params["batch_size"]
    if size != "auto" and not _number(Integral, 1)[0](size):
        raise UsageError(f"batch_size: expected auto or an integer of at least 1, got {size!r}")
    if params["n_jobs"] not in (None, -1, 1, 2):
        raise UsageError(f"n_jobs: expected None, -1, 1 or 2 threads, got {params['n_jobs']!r}")
    weight = params["class_weight"]
    if weight not in (None, "balanced") and not isinstance(weight, Mapping):
        raise UsageError(f"class_weight: expected balanced, none or a mapping, got {weight!r}")
    dropout_of(params["dropout"], layers_of(params["hidden_layer_sizes"]))


def layers_of(sizes: Any) -> list[int]:
    """Return the sizes of the hidden layers, given as one number or a sequence."""
    layers = [sizes] if isinstance(sizes, Integral) else sizes
    try:
        layers = list(layers)
    except TypeError:
        layers = [None]
    if not all(_number(Integral, 1)[0](size) for size in layers):
        raise UsageError(
            "hidden_layer_sizes: expected integers of at least 1, such as (600, 300), "
            f"got {sizes!r}"
        )
    return [int(size) for size in layers]


def dropout_of(dropout: Any, layers: list[int]) -> list[float]:
    """Return the dropout of each hidden layer, given as one number or a sequence."""
    shares = [dropout] * len(layers) if isinstance(dropout, Real) else dropout
    try:
        shares = list(shares)
    except TypeError:
        shares = [None]
    if not all(_number(Real, 0, 1, "[)")[0](share) for share in shares):
        raise UsageError(f"dropout: expected numbers in [0, 1), got {dropout!r}")
    if len(shares) != len(layers):
        raise UsageError(
            f"dropout: expected one number, or one for each of {len(layers)} hidden layers, "
            f"got {dropout!r}"
        )
    return [float(share) for share in shares]
