"""A fitted pipeline as plain numbers: steps by their names, and their arrays.

What answers here is numpy, Pillow and, for a network, onnxruntime; a model is read and
asked without scikit-learn, and no code comes from its files.

Floor 2: works on arrays, prints nothing.
"""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from io import BytesIO
from typing import Any

import numpy as np

from sklimg.colours import colour_histogram
from sklimg.frozennets import FrozenNetwork
from sklimg.hog import hog
from sklimg.networks import ACTIVATIONS, forward, probabilities
from sklimg.patches import Dictionary, encode_patches
from sklimg.pixelrows import as_images, whole_levels
from sklimg.slants import deslant

__all__ = ["ArrayPipeline", "read_arrays"]

_Arrays = Mapping[str, np.ndarray]
_Work = Callable[[np.ndarray], np.ndarray]


def read_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a model's npz file, none of them of objects or packed.

    Raises
    ------
    ValueError, LookupError, EOFError, zipfile.BadZipFile
        If it is none.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ValueError("arrays that are packed")
    with np.load(BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    if arrays["seen"].dtype != np.uint64 or arrays["seen"].ndim != 1:
        raise ValueError("digests of another kind")
    return arrays


class ArrayPipeline:
    """Answers as a fitted Pipeline does, from its arrays.

    Parameters
    ----------
    steps : sequence of dict
        Each with its ``op`` and the settings of that; the last one classifies.
    arrays : mapping of str to ndarray
        Those of step 0 are named ``0.mean`` and the like, those of part 1 of its union
        ``0.1.mean``.
    classes : sequence of str
        In the order of the columns.
    network : bytes, default=b""
        Content of an ONNX file, if a step runs one.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError, LookupError, TypeError
        If there is no such step, or an array or a setting is missing.

    Examples
    --------
    >>> steps = [{"op": "scale", "maximum": 255.0}, {"op": "dense", "activation": "identity"}]
    >>> arrays = {"1.coefs0": np.ones((4, 1)), "1.intercepts0": np.zeros(1)}
    >>> ArrayPipeline(steps, arrays, ["a", "b"]).predict_proba(np.zeros((1, 4), np.uint8))
    array([[0.5, 0.5]])
    """

    def __init__(
        self,
        steps: Sequence[Mapping[str, Any]],
        arrays: _Arrays,
        classes: Sequence[str],
        network: bytes = b"",
    ):
        self.classes_ = np.array(classes, object)
        self._work = _chain(steps, arrays, network, "")

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class, of shape (n_images, n_classes).

        Parameters
        ----------
        X : ndarray of shape (n_images, n_pixels)
            Values of 0 to 255.
        """
        shares = self._work(X)
        if shares.shape[1] != len(self.classes_):
            raise ValueError(f"{shares.shape[1]} answers for {len(self.classes_)} classes")
        return shares


def _chain(
    steps: Sequence[Mapping[str, Any]], arrays: _Arrays, network: bytes, prefix: str
) -> _Work:
    """Return the work of steps, one after the other."""
    works = []
    for i, step in enumerate(steps):
        settings = {name: value for name, value in step.items() if name != "op"}
        own = f"{prefix}{i}."
        if step["op"] == "union":
            parts = [
                _chain(part, arrays, network, f"{own}{k}.")
                for k, part in enumerate(settings["parts"])
            ]
            works.append(partial(_union, parts=parts))
        elif step["op"] == "network":
            works.append(partial(_network, network=FrozenNetwork.from_settings(network, settings)))
        else:
            its = {
                name.removeprefix(own): value
                for name, value in arrays.items()
                if name.startswith(own)
            }
            works.append(partial(_OPS[step["op"]], arrays=its, **settings))
    return partial(_through, works=works)


def _through(X: np.ndarray, works: Sequence[_Work]) -> np.ndarray:
    return reduce(lambda values, work: work(values), works, X)


def _union(X: np.ndarray, parts: Sequence[_Work]) -> np.ndarray:
    return np.hstack([part(X) for part in parts])


def _network(X: np.ndarray, network: FrozenNetwork) -> np.ndarray:
    return network.features(whole_levels(as_images(X)))


def _scale(X: np.ndarray, arrays: _Arrays, maximum: float) -> np.ndarray:
    return np.divide(X, np.float32(maximum), dtype=np.float32, casting="unsafe")


def _standardise(X: np.ndarray, arrays: _Arrays) -> np.ndarray:
    X = X - arrays["mean"] if "mean" in arrays else X
    return X / arrays["scale"] if "scale" in arrays else X


def _hog(X: np.ndarray, arrays: _Arrays, **settings: Any) -> np.ndarray:
    return hog(as_images(X), **settings)


def _colours(X: np.ndarray, arrays: _Arrays, **settings: Any) -> np.ndarray:
    return colour_histogram(whole_levels(as_images(X)), **settings)


def _patches(X: np.ndarray, arrays: _Arrays, patch_side: int, **settings: Any) -> np.ndarray:
    dictionary = Dictionary(arrays["weights"], arrays["offsets"], patch_side)
    return encode_patches(as_images(X), dictionary, **settings)


def _deslant(X: np.ndarray, arrays: _Arrays) -> np.ndarray:
    return deslant(whole_levels(as_images(X))).reshape(X.shape)


def _glyph(X: np.ndarray, arrays: _Arrays, content: str, shape: Sequence[int]) -> np.ndarray:
    from sklimg.glyphs import centre_glyph  # brings scipy, which all others do without

    images = np.clip(X, 0, 255).astype(np.uint8).reshape(-1, *shape)
    return np.stack([centre_glyph(image, image.shape[:2], content) for image in images]).reshape(
        X.shape
    )


def _dense(X: np.ndarray, arrays: _Arrays, activation: str) -> np.ndarray:
    """Return what the layers of a network say of each class."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation: expected one of {ACTIVATIONS}, got {activation!r}")
    n_layers = len(arrays) // 2
    coefs = [arrays[f"coefs{i}"] for i in range(n_layers)]
    intercepts = [arrays[f"intercepts{i}"] for i in range(n_layers)]
    return probabilities(forward(X, coefs, intercepts, activation))


_OPS = {
    "scale": _scale,
    "standardise": _standardise,
    "hog": _hog,
    "colours": _colours,
    "patches": _patches,
    "deslant": _deslant,
    "glyph": _glyph,
    "dense": _dense,
}
