"""A fitted Pipeline from the arrays of a model: what `sklimg.arrayforms` does, the other way.

No pickle is opened: the steps are built from what the run was asked for, and are given
what they had learned. What answers otherwise than the model is not gone on with.

Floor 5: works on estimators and arrays, prints nothing.
"""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from sklimg.arraysteps import read_arrays
from sklimg.backbone import OnnxBackbone
from sklimg.errors import ModelError
from sklimg.features import PatchFeatures
from sklimg.mlp import MLPClassifier
from sklimg.modelfiles import ARRAYS, BACKBONE, ModelFiles, read_manifest
from sklimg.plainmlp import take_fitted

__all__ = ["restored"]

_SAME = 1e-4  # answers, of probabilities
_PROBES = 32  # made-up images that both are asked
_REMEDY = "pass --from-scratch to fit it anew"


def restored(base: Pipeline, files: ModelFiles, answers_of: Any) -> Pipeline:
    """Return a pipeline that has learned what a saved model has.

    Parameters
    ----------
    base : Pipeline
        Unfitted, as the model's was; its steps are fitted in place. It ends in an
        `MLPClassifier` of ours.
    files : ModelFiles
        Of the model.
    answers_of : function
        Returns the model's own probabilities of rows of pixels, columns in natural order.

    Returns
    -------
    pipeline : Pipeline

    Raises
    ------
    ModelError
        If the arrays are not those of such a pipeline.
    """
    manifest = read_manifest(files)
    arrays = read_arrays(files.contents[ARRAYS])
    network = files.contents.get(BACKBONE, b"")
    n_pixels = _n_pixels(manifest)
    try:
        _restore_steps(base.steps, manifest["steps"], arrays, "", n_pixels, network)
        base[-1].classes_ = np.array(manifest["columns"], object)
        rng = np.random.default_rng(0)
        probes = rng.integers(0, 256, (_PROBES, n_pixels), np.uint8)
        order = [list(base.classes_).index(label) for label in manifest["classes"]]
        off = np.abs(base.predict_proba(probes)[:, order] - answers_of(probes)).max()
    except (AttributeError, LookupError, TypeError, ValueError) as err:
        raise ModelError(
            f"{files.place}: its arrays are not those of the pipeline that its run tells of "
            f"({type(err).__name__}: {err}); {_REMEDY}"
        ) from err
    if not off <= _SAME:
        raise ModelError(
            f"{files.place}: the pipeline that its run tells of answers otherwise than the model, "
            f"by {off:.2g}; {_REMEDY}"
        )
    return base


def _n_pixels(manifest: Mapping[str, Any]) -> int:
    image = manifest["image"]
    return image["side"] ** 2 * (3 if image["mode"] == "RGB" else 1)


def _restore_steps(
    steps: Sequence[tuple[str, BaseEstimator]],
    told: Sequence[Mapping[str, Any]],
    arrays: Mapping[str, np.ndarray],
    prefix: str,
    n_columns: int,
    network: bytes,
) -> int:
    """Give steps, one after the other, what they had learned; return how many columns they make."""
    for i, ((_, step), settings) in enumerate(zip(steps, told, strict=True)):
        own = f"{prefix}{i}."
        if type(step) is FeatureUnion:
            parts = zip(step.transformer_list, settings["parts"], strict=True)
            n_columns = sum(
                _restore_steps([named], part, arrays, f"{own}{k}.", n_columns, network)
                for k, (named, part) in enumerate(parts)
            )
            continue
        its = {
            name.removeprefix(own): value for name, value in arrays.items() if name.startswith(own)
        }
        n_columns = _restore(step, settings, its, n_columns, network)
    return n_columns


def _restore(
    step: BaseEstimator,
    settings: Mapping[str, Any],
    its: Mapping[str, np.ndarray],
    n_columns: int,
    network: bytes,
) -> int:
    """Give one step what it had learned; return how many columns it makes."""
    if type(step) is MLPClassifier:
        _restore_mlp(step, its)
        return len(step.intercepts_[-1])
    if type(step) is PatchFeatures:
        step.with_dictionary(its["weights"], its["offsets"], n_columns)
    elif type(step) is OnnxBackbone:
        step.with_settings(settings, network, n_columns)
    elif type(step) is StandardScaler:
        step.fit(np.zeros((1, n_columns), np.float32))
        step.mean_ = its["mean"].astype(np.float64) if step.with_mean else step.mean_
        if step.with_std:
            step.scale_ = its["scale"].astype(np.float64)
            step.var_ = step.scale_**2
        return n_columns
    else:  # learns nothing from the values of images
        step.fit(np.zeros((1, n_columns), np.uint8))
    blank = np.zeros((1, n_columns), np.uint8)
    return step.transform(blank).shape[1]


def _restore_mlp(model: MLPClassifier, its: Mapping[str, np.ndarray]) -> None:
    """Give a network its weights."""
    n_layers = len(its) // 2
    coefs = [its[f"coefs{i}"].astype(model.dtype) for i in range(n_layers)]
    intercepts = [its[f"intercepts{i}"].astype(model.dtype) for i in range(n_layers)]
    n_outputs, sizes = len(intercepts[-1]), [len(biases) for biases in intercepts[:-1]]
    if sizes != np.ravel(model.hidden_layer_sizes).tolist():
        raise ValueError(f"layers of {sizes} units")
    learned = SimpleNamespace(
        coefs_=coefs,
        intercepts_=intercepts,
        n_features_in_=len(coefs[0]),
        n_layers_=n_layers + 1,
        n_outputs_=n_outputs,
        out_activation_="logistic" if n_outputs == 1 else "softmax",
    )
    take_fitted(model, learned)
