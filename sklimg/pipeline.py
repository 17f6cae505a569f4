"""Build the scikit-learn Pipeline of a classifier, and the grids it is tuned on.

The steps are named by their job, ``features`` (``scale``, of bare pixels), ``centre``
and ``classify``, so that a grid key survives a swapped classifier. Centring takes the
mean of the training images away: dark ink on light paper is then learned as well as
light ink on dark.

Floor 3: estimators and plain values; nothing is fitted here.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklimg.errors import UsageError
from sklimg.mlp import MLPClassifier
from sklimg.mlpparams import check_mlp_params
from sklimg.names import MODELS, PRESETS
from sklimg.optimisers import SOLVERS
from sklimg.presets import feature_step
from sklimg.spans import Span
from sklimg.transformers import PixelScaler

__all__ = ["build_pipeline", "default_grid", "default_space", "full_names"]

_CLASSIFIER = "classify"


def build_pipeline(
    model: str = MODELS[0],
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    features: str = PRESETS[0],
) -> Pipeline:
    """Build an unfitted Pipeline from pixels of 0-255 to labels.

    Parameters
    ----------
    model : {"mlp", "sklearn-mlp", "logistic"}, default="mlp"
        Our MLPClassifier, or scikit-learn's MLPClassifier or LogisticRegression.
    params : mapping, optional
        Values for parameters of the classifier by their bare names, or of any
        step by their full names, such as ``scale__maximum``; or another step in place of
        ``features``, ``scale`` or ``centre``.
    seed : int, default=0
        Seed of the classifier and of what features learn, 0 to 2**32 - 1.
    features : str, default="pixels"
        One of `sklimg.names.PRESETS`, or "onnx:FILE" for those of a network. All but
        "pixels" are of square images alone.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Takes X of shape (n_images, n_pixels), uint8 or floating point.

    Raises
    ------
    UsageError
        For an unknown model or parameter, the nearest name is told; for a value that
        our MLP cannot use.

    Examples
    --------
    >>> build_pipeline(params={"alpha": 0.01})[-1].alpha
    0.01
    """
    if model == "mlp":
        # one cycle of 50 epochs learns as much as 200 at a constant rate
        classifier = MLPClassifier(
            hidden_layer_sizes=(200,),
            batch_size=64,
            learning_rate="one-cycle",
            learning_rate_init=0.005,
            max_iter=50,
            dropout=0.3,
            label_smoothing=0.02,
            random_state=seed,
        )
    elif model == "sklearn-mlp":
        # scikit-learn's batch of 200 leaves a small table one step an epoch, and its
        # tolerance of 1e-4 trains twice as long for the same accuracy on small images
        classifier = PlainMLPClassifier(batch_size=64, tol=1e-3, random_state=seed)
    elif model == "logistic":
        classifier = LogisticRegression(max_iter=300, random_state=seed)
    else:
        raise UsageError(f"model: expected one of {', '.join(MODELS)}, got {model!r}")
    if features == PRESETS[0]:
        first = ("scale", PixelScaler())
    else:
        first = ("features", feature_step(features, seed))
    centre = ("centre", StandardScaler(with_std=False, copy=False))  # of numbers made here
    pipeline = Pipeline([first, centre, (_CLASSIFIER, classifier)])
    pipeline.set_params(**full_names(pipeline, params or {}))
    if model == "mlp":
        check_mlp_params(pipeline[-1].get_params())  # before anything is read
    return pipeline


def default_grid(model: str = MODELS[0]) -> dict[str, list]:
    """Return the grid that ``fit --grid`` searches, by bare parameter names."""
    if model == "logistic":
        return {"C": [0.001, 0.01, 0.1, 1.0]}
    if model == "mlp":
        return {
            "hidden_layer_sizes": [(100,), (200,)],
            "dropout": [0.0, 0.3],
            "learning_rate_init": [2e-3, 5e-3],
        }
    return {
        "hidden_layer_sizes": [(50,), (100,)],
        "activation": ["relu", "tanh"],
        "alpha": [1e-4, 1e-2],
        "learning_rate_init": [1e-3, 3e-3],
    }


def default_space() -> dict[str, Any]:
    """Return what hyperband draws from unless told, by bare parameter names."""
    layer = Span(100, 1000)
    return {
        "hidden_layer_sizes": (layer, layer),
        "activation": ["relu", "tanh"],
        "learning_rate_init": Span(1e-4, 1e-3),
        "solver": list(SOLVERS),
    }


def full_names(pipeline: Pipeline, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return *params* with bare names made those of the classifier, all checked.

    Raises
    ------
    UsageError
        If the pipeline has no such parameter; the nearest name is told.
    """
    known = pipeline.get_params()
    full = {}
    for name, value in params.items():
        is_full = "__" in name or name in dict(pipeline.steps[:-1])
        key = name if is_full else f"{_CLASSIFIER}__{name}"
        if key not in known:
            bare = [k.removeprefix(f"{_CLASSIFIER}__") for k in known if "__" in k]
            near = get_close_matches(name, bare, n=1, cutoff=0.4) or sorted(bare)
            raise UsageError(
                f"parameter {name!r}: the pipeline has none of this name; did you mean {near[0]!r}?"
            )
        if key in full:
            raise UsageError(f"parameter {name!r}: stands twice, by its bare and its full name")
        full[key] = value
    return full
