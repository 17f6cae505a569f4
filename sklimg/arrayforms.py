"""From a fitted Pipeline to plain steps and arrays, where there is a way.

Our own transformers tell their ``array_form``; what is scikit-learn's is told here.
What is of no known class has none: what it does is not known by its numbers.

Floor 3: reads fitted estimators, prints nothing.
"""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklimg.backbone import OnnxBackbone
from sklimg.errors import UsageError
from sklimg.features import HOG, ColourHistogram, Deslant, PatchFeatures
from sklimg.mlp import MLPClassifier
from sklimg.plainmlp import layer_arrays
from sklimg.transformers import CenterGlyph, PixelScaler

__all__ = ["NoArrayForm", "array_form"]

_OURS = (CenterGlyph, ColourHistogram, Deslant, HOG, OnnxBackbone, PatchFeatures, PixelScaler)
_NETWORKS = (MLPClassifier, PlainMLPClassifier)
_Steps = list[dict[str, Any]]
_Arrays = dict[str, np.ndarray]


class NoArrayForm(UsageError):
    """A step of a pipeline is of a class that plain arrays cannot stand for."""


def array_form(pipeline: Pipeline) -> tuple[_Steps, _Arrays]:
    """Return the steps of a fitted pipeline as `sklimg.arraysteps.ArrayPipeline` takes them.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted; its last step classifies.

    Returns
    -------
    steps : list of dict
    arrays : dict of str to ndarray

    Raises
    ------
    NoArrayForm
        If a step is of another class than those known here; subclasses are others.
    """
    if type(pipeline[-1]) not in (*_NETWORKS, LogisticRegression):
        raise _none_of(pipeline.steps[-1][0], pipeline[-1])
    return _of_steps(pipeline.steps, "")


def _of_steps(steps: list[tuple[str, Any]], prefix: str) -> tuple[_Steps, _Arrays]:
    """Return steps one after the other, without those that do nothing."""
    told: _Steps = []
    arrays: _Arrays = {}
    for name, step in steps:
        if _does_nothing(step):
            continue
        own = f"{prefix}{len(told)}."
        if type(step) is FeatureUnion:
            parts = []
            if step.transformer_weights:
                raise _none_of(name, step)
            for part_name, part in step.transformer_list:
                if part == "drop":
                    continue
                some, its = _of_steps([(f"{name}, {part_name}", part)], f"{own}{len(parts)}.")
                parts.append(some)
                arrays |= its
            told.append({"op": "union", "parts": parts})
            continue
        if type(step) is Pipeline:
            some, its = _of_steps(step.steps, f"{own}0.")
            told.append({"op": "union", "parts": [some]})
            arrays |= its
            continue
        settings, its = _of_step(name, step)
        told.append(settings)
        arrays |= {f"{own}{key}": value for key, value in its.items()}
    return told, arrays


def _does_nothing(step: Any) -> bool:
    """Tell whether a step hands on what it is given."""
    is_function = type(step) is FunctionTransformer  # what a fitted union has for "passthrough"
    return step is None or step == "passthrough" or (is_function and step.func is None)


def _of_step(name: str, step: BaseEstimator) -> tuple[dict[str, Any], _Arrays]:
    """Return one step and its arrays."""
    if type(step) in _OURS:
        return step.array_form()
    if type(step) is StandardScaler:
        both = {"mean": step.mean_, "scale": step.scale_}
        used = {"mean": step.with_mean, "scale": step.with_std}
        return {"op": "standardise"}, {
            key: value.astype(np.float32) for key, value in both.items() if used[key]
        }
    if type(step) in _NETWORKS:
        return {"op": "dense", "activation": step.activation}, layer_arrays(step)
    if type(step) is LogisticRegression:
        arrays = {"coefs0": np.ascontiguousarray(step.coef_.T), "intercepts0": step.intercept_}
        return {"op": "dense", "activation": "identity"}, arrays
    raise _none_of(name, step)


def _none_of(name: str, step: BaseEstimator) -> NoArrayForm:
    kind = type(step)
    return NoArrayForm(
        f"{name}: expected a step that plain arrays can stand for, got "
        f"{kind.__module__}.{kind.__qualname__}"
    )
