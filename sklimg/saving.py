"""Save a fitted pipeline as a model: its arrays, its manifest, itself.

The arrays are asked before they are written: they have to answer what the pipeline
answers.

Floor 5: writes files, prints nothing.
"""

import io
from base64 import b64encode
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import Pipeline

from sklimg.arrayforms import NoArrayForm, array_form
from sklimg.arraysteps import ArrayPipeline
from sklimg.backbone import OnnxBackbone
from sklimg.files import as_json
from sklimg.mlp import MLPClassifier
from sklimg.model import Model
from sklimg.modelfiles import ARRAYS, BACKBONE, FORMAT, MANIFEST, PIPELINE, SUMS, id_of, sums_of
from sklimg.plainmlp import plain_copy
from sklimg.spec import ImageSpec

__all__ = ["no_arrays", "save_model"]

_PROBES, _FEW_PROBES = 16, 2  # images that a model is asked; the few where a network is slow
_SAME = 1e-5  # the arrays' answers and the pipeline's
_VERSIONS = ("sklimg", "scikit-learn", "numpy", "pillow")


def save_model(folder: Path, model: Model) -> str:
    """Write *model* into the empty folder *folder* and return its id.

    Parameters
    ----------
    folder : Path
    model : Model
        With a fitted scikit-learn Pipeline.
    """
    folder.mkdir(exist_ok=True)
    pipeline = model.pipeline
    networks = [step for _, step in pipeline.steps if isinstance(step, OnnxBackbone)]
    network = networks[0].graph_.content if networks else b""
    probes = _probes(model.spec, _FEW_PROBES if networks else _PROBES)
    answers = model.predict_proba(probes)
    steps, arrays, reason = _array_form(model, network, probes, answers)
    manifest = {
        "format": FORMAT,
        "classes": list(model.classes),
        "columns": [str(label) for label in pipeline.classes_],
        "counts": model.counts,
        "image": model.spec.as_dict(),
        "image_is_known": model.spec_is_known,
        "threshold": model.threshold,
        "error_rate": model.error_rate,
        "pipeline": [f"{name}: {type(step).__name__}" for name, step in pipeline.steps],
        "steps": steps,
        "no_arrays": reason,
        "versions": {name: version(name) for name in _VERSIONS},
        "probes": {
            "pixels": b64encode(probes.tobytes()).decode(),
            "probabilities": answers.tolist(),
        },
    }
    contents = {
        ARRAYS: _npz({"seen": model.seen, **arrays}),
        MANIFEST: as_json(manifest),
        PIPELINE: _slim(pipeline),
    }
    if network:
        contents[BACKBONE] = network
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    sums = sums_of(contents)
    (folder / SUMS).write_bytes(sums)
    return id_of(sums)


def no_arrays(model: Model) -> str:
    """Return why a model's pipeline has no array form; an empty text if it has one."""
    try:
        array_form(model.pipeline)
    except NoArrayForm as err:
        return str(err)
    return ""


def _array_form(
    model: Model, network: bytes, probes: np.ndarray, answers: np.ndarray
) -> tuple[list[dict[str, Any]] | None, dict[str, np.ndarray], str]:
    """Return the steps and arrays that answer as a model does, or why there are none."""
    try:
        steps, arrays = array_form(model.pipeline)
    except NoArrayForm as err:
        return None, {}, str(err)
    pipeline = ArrayPipeline(steps, arrays, list(model.pipeline.classes_), network)
    order = [list(pipeline.classes_).index(label) for label in model.classes]
    found = pipeline.predict_proba(probes)[:, order]
    if not np.allclose(found, answers, rtol=0, atol=_SAME):
        raise AssertionError(f"arrays answer otherwise by {np.abs(found - answers).max():.2g}")
    return steps, arrays, ""


def _probes(spec: ImageSpec, n: int) -> np.ndarray:
    """Return images to ask: soft blots and noise, none of them anybody's picture."""
    rng = np.random.default_rng(0)
    channels = spec.shape[2:] or (1,)
    images = []
    for k in range(n):
        coarse = rng.integers(0, 256, (2 + k, 2 + k, *channels))
        at = np.linspace(0, len(coarse) - 1, spec.side).round().astype(int)
        images.append(coarse[at][:, at].reshape(-1))
    return np.array(images, np.uint8)


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Return the bytes of an npz file, the same for the same arrays."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _slim(pipeline: Pipeline) -> bytes:
    """Return a pipeline as joblib writes it, without what no answer needs."""
    buffer = io.BytesIO()
    steps = [(name, _bare(step)) for name, step in pipeline.steps]
    joblib.dump(Pipeline(steps), buffer, compress=3)
    return buffer.getvalue()


def _bare(step: BaseEstimator) -> BaseEstimator:
    """Return a fitted step without what differs between two equal fits, or stands apart."""
    if isinstance(step, OnnxBackbone):
        return step.without_network()
    if isinstance(step, MLPClassifier):
        return step.without_history()
    if type(step) is PlainMLPClassifier and step.solver != "lbfgs":
        return plain_copy(step)  # the state of its optimiser is large
    return step
