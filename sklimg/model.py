"""Save a fitted pipeline as a model, verify it, load it, predict.

A model folder holds ``pipeline.joblib`` (the fitted Pipeline), ``backbone.onnx``
(the network of its features, if there is one), ``manifest.json`` (format, classes,
image spec, versions), ``seen.npy`` (digests of the training images, so that an
evaluation can tell what was trained on) and ``SHA256SUMS`` over them all. A joblib
file runs code when it is opened: `load` is the only place that does, after the sums
were checked. They show damage, not malice: load models that you or someone you trust
has made.

Floor 4: reads and writes files, prints nothing.
"""

import hashlib
import json
import os
import pickle
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline

from sklimg.backbone import OnnxBackbone
from sklimg.errors import ModelError, TableError
from sklimg.files import as_json
from sklimg.images import read_image
from sklimg.mlp import MLPClassifier
from sklimg.names import LATEST
from sklimg.partners import one_blas_thread
from sklimg.spec import ImageSpec

__all__ = ["Model", "find_model", "load", "save_model"]

_FORMAT = "sklimg-model-1"
_OPENING_ERRORS = (  # what joblib and pickle raise on what they cannot open
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    OSError,
    pickle.UnpicklingError,
    TypeError,
    ValueError,
    zlib.error,
)
_PIPELINE, _MANIFEST, _SEEN, _SUMS = "pipeline.joblib", "manifest.json", "seen.npy", "SHA256SUMS"
_BACKBONE = "backbone.onnx"  # where there is one


@dataclass(frozen=True, eq=False)
class Model:
    """A classifier ready to answer.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted; takes vectors of pixels.
    classes : tuple of str
        In natural order, 2 before 10.
    spec : ImageSpec
        What images become before they are classified.
    seen : ndarray of uint64
        Sorted digests of the images it was trained on.
    counts : dict of str to int
        Training images of each class.
    spec_is_known : bool
        Whether it was recorded how the training images became pixels.
    id : str
        Twelve hexadecimal digits that change with any of its files.
    notes : tuple of str
        What a person should know, one line each.
    """

    pipeline: Pipeline
    classes: tuple[str, ...]
    spec: ImageSpec
    seen: np.ndarray
    counts: dict[str, int]
    spec_is_known: bool = True
    id: str = ""
    notes: tuple[str, ...] = ()

    def predict_proba(self, pixels: np.ndarray) -> np.ndarray:
        """Return the probability of each class for each image.

        Parameters
        ----------
        pixels : ndarray of shape (n_images, n_pixels), 0 to 255

        Returns
        -------
        probabilities : ndarray of shape (n_images, n_classes)
            Columns in the order of `classes`.

        Raises
        ------
        TableError
            If the width is not that of the model's images.
        """
        pixels = np.asarray(pixels)
        if pixels.ndim != 2 or pixels.shape[1] != self.spec.n_pixels:
            raise TableError(
                f"expected images of {self.spec.n_pixels} pixels ({self.spec}), got an array of "
                f"shape {pixels.shape}; make the table with the model's size and mode"
            )
        if not len(pixels):
            return np.empty((0, len(self.classes)), np.float32)
        if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
            raise TableError("expected pixels from 0 to 255, got NaN or infinity")
        with one_blas_thread():
            probabilities = self.pipeline.predict_proba(pixels)
        column = {label: i for i, label in enumerate(self.pipeline.classes_)}
        return probabilities[:, [column[label] for label in self.classes]]

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        """Return the most probable class of each image; see `predict_proba`."""
        return np.asarray(self.classes, object)[self.predict_proba(pixels).argmax(axis=1)]

    def predict_images(self, sources: Sequence[str | os.PathLike | bytes]) -> np.ndarray:
        """Return the most probable class of each image file, or of its bytes.

        Raises
        ------
        ImageError
            If a source does not become pixels.
        """
        vectors = [read_image(source, self.spec).reshape(-1) for source in sources]
        return self.predict(np.stack(vectors)) if vectors else np.empty(0, object)


def save_model(folder: Path, model: Model) -> str:
    """Write *model* into the empty folder *folder* and return its id."""
    folder.mkdir(exist_ok=True)
    buffer = BytesIO()
    steps = [(name, _bare(step)) for name, step in model.pipeline.steps]
    joblib.dump(Pipeline(steps), buffer, compress=3)
    seen = BytesIO()
    np.save(seen, model.seen)
    manifest = {
        "format": _FORMAT,
        "classes": list(model.classes),
        "counts": model.counts,
        "image": model.spec.as_dict(),
        "image_is_known": model.spec_is_known,
        "steps": [f"{name}: {type(step).__name__}" for name, step in model.pipeline.steps],
        "versions": {name: version(name) for name in ("sklimg", "scikit-learn", "numpy")},
    }
    contents = {
        _PIPELINE: buffer.getvalue(),
        _MANIFEST: as_json(manifest),
        _SEEN: seen.getvalue(),
    }
    for network in _networks(model.pipeline):
        contents[_BACKBONE] = network.graph_.content
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items()]
    (folder / _SUMS).write_text("".join(sums))
    return _id("".join(sums).encode())


def _bare(step: BaseEstimator) -> BaseEstimator:
    """Return a fitted step without what differs between two equal fits, or stands apart."""
    if isinstance(step, OnnxBackbone):
        return step.without_network()
    return step.without_history() if isinstance(step, MLPClassifier) else step


def _networks(pipeline: Pipeline) -> list[OnnxBackbone]:
    """Return the step whose features a network makes, if there is one."""
    return [step for _, step in pipeline.steps if isinstance(step, OnnxBackbone)]


def find_model(path: str | os.PathLike | None = None) -> Path:
    """Return the model folder that *path* means.

    Parameters
    ----------
    path : path, optional
        A run folder, its ``model/``, or "latest", the default: ``artifacts/latest``.

    Raises
    ------
    ModelError
        If there is no model.
    """
    start = LATEST if path is None or str(path) == "latest" else Path(path)
    try:
        for folder in (start, start / "model"):
            if (folder / _MANIFEST).is_file():
                return folder
        is_missing = not start.exists()
    except OSError as err:
        raise ModelError(f"{start}: cannot be read: {err.strerror}; check the path") from err
    if is_missing:
        remedy = "fit one first or pass -m RUN" if start == LATEST else "check the path"
        raise ModelError(f"{start}: expected a model, found nothing there; {remedy}")
    if (start / "journal").is_dir():
        raise ModelError(
            f"{start}: the run is not finished; go on with sklimg fit --resume {start}"
        )
    raise ModelError(f"{start}: expected a run folder or its model/, got something else")


def load(path: str | os.PathLike | None = None) -> Model:
    """Load a model that you or someone you trust has made.

    Parameters
    ----------
    path : path, optional
        A run folder, its ``model/``, or "latest", the default: ``artifacts/latest``.

    Returns
    -------
    model : Model

    Raises
    ------
    ModelError
        If there is no model, or it is damaged.

    Notes
    -----
    A joblib file can run any code when it is opened. The sums that are checked
    first show that the file is the one that was saved, not who saved it.
    """
    folder = find_model(path)
    sums, contents = _checked(folder)
    try:
        manifest = json.loads(contents[_MANIFEST])
        if manifest["format"] != _FORMAT:
            raise ModelError(f"{folder}: expected format {_FORMAT}, got {manifest['format']!r}")
        classes, spec = tuple(manifest["classes"]), ImageSpec(**manifest["image"])
        seen = np.load(BytesIO(contents[_SEEN]), allow_pickle=False)
        counts, made = manifest["counts"], manifest["versions"].get("scikit-learn")
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        if isinstance(err, ModelError):
            raise
        raise ModelError(f"{folder}: damaged manifest: {err}; copy or fit the model again") from err
    if not isinstance(manifest["image_is_known"], bool) or not isinstance(counts, dict):
        raise ModelError(f"{folder}: damaged manifest; copy or fit the model again")
    here = version("scikit-learn")
    notes = () if made == here else (f"made with scikit-learn {made}, this is {here}",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)  # said in the notes
        try:
            pipeline = joblib.load(BytesIO(contents[_PIPELINE]))
        except _OPENING_ERRORS as err:
            remedy = "fit it again" if made == here else f"install {made}, which made it"
            raise ModelError(
                f"{folder}: cannot be opened by scikit-learn {here}: {err}; {remedy}"
            ) from err
    if (
        not isinstance(pipeline, Pipeline)
        or sorted(pipeline.classes_) != sorted(classes)
        or pipeline.n_features_in_ != spec.n_pixels
    ):
        raise ModelError(f"{folder}: its manifest and its pipeline disagree; fit it again")
    for network in _networks(pipeline):
        if _BACKBONE not in contents:
            raise ModelError(f"{folder}: incomplete model: it has no {_BACKBONE}; copy it again")
        network.with_network(contents[_BACKBONE])
    is_known = manifest["image_is_known"]
    return Model(pipeline, classes, spec, seen, counts, is_known, _id(sums), notes)


def _id(sums: bytes) -> str:
    return hashlib.sha256(sums).hexdigest()[:12]


def _checked(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """Return SHA256SUMS and the files it lists, each found equal to its sum."""
    try:
        sums = (folder / _SUMS).read_bytes()
        listed = dict(line.split("  ")[::-1] for line in sums.decode("ascii").splitlines())
        names = [_PIPELINE, _MANIFEST, _SEEN, *[_BACKBONE] * (_BACKBONE in listed)]
        contents = {name: (folder / name).read_bytes() for name in names}
    except (OSError, ValueError) as err:
        raise ModelError(f"{folder}: incomplete model: {err}; copy or fit it again") from err
    if set(listed) != set(contents):
        raise ModelError(f"{folder}: {_SUMS} lists other files than a model has; fit it again")
    for name, data in contents.items():
        if hashlib.sha256(data).hexdigest() != listed[name]:
            raise ModelError(
                f"{folder / name}: damaged, its SHA-256 is not the recorded one; "
                "copy or fit the model again"
            )
    return sums, contents
