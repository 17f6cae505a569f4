"""Save a fitted pipeline as a model, verify it, load it, predict.

A model folder holds ``pipeline.joblib`` (the fitted Pipeline), ``manifest.json``
(format, classes, image spec, versions), ``seen.npy`` (digests of the training
images, so that an evaluation can tell what was trained on) and ``SHA256SUMS``
over them all. A joblib file runs code when it is opened: `load` is the only
place that does, after the sums were checked. They show damage, not malice:
load models that you or someone you trust has made.

Floor 4: reads and writes files, prints nothing.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import joblib
import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from sklimg.errors import ModelError, TableError
from sklimg.files import as_json, file_sha256
from sklimg.images import read_image
from sklimg.spec import ImageSpec

__all__ = ["Model", "find_model", "load", "save_model"]

LATEST = Path("artifacts", "latest")
_FORMAT = "sklimg-model-1"
_PIPELINE, _MANIFEST, _SEEN, _SUMS = "pipeline.joblib", "manifest.json", "seen.npy", "SHA256SUMS"


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
    id : str
        Twelve hexadecimal digits that change with any of its files.
    notes : tuple of str
        What a person should know, one line each.
    """

    pipeline: Pipeline
    classes: tuple[str, ...]
    spec: ImageSpec
    seen: np.ndarray
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
                f"shape {pixels.shape}"
            )
        with threadpool_limits(1):
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


def save_model(folder: Path, model: Model) -> None:
    """Write *model* into the new folder *folder*."""
    folder.mkdir()
    buffer = BytesIO()
    joblib.dump(model.pipeline, buffer, compress=3)
    seen = BytesIO()
    np.save(seen, model.seen)
    manifest = {
        "format": _FORMAT,
        "classes": list(model.classes),
        "image": model.spec.as_dict(),
        "steps": [f"{name}: {type(step).__name__}" for name, step in model.pipeline.steps],
        "versions": {name: version(name) for name in ("sklimg", "scikit-learn", "numpy")},
    }
    contents = {
        _PIPELINE: buffer.getvalue(),
        _MANIFEST: as_json(manifest),
        _SEEN: seen.getvalue(),
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items()]
    (folder / _SUMS).write_text("".join(sums))


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
    for folder in (start, start / "model"):
        if (folder / _MANIFEST).is_file():
            return folder
    if not start.exists():
        remedy = "fit one first or pass -m RUN" if start == LATEST else "check the path"
        raise ModelError(f"{start}: expected a model, found nothing there; {remedy}")
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
    sums = _checked_sums(folder)
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        if manifest["format"] != _FORMAT:
            raise ModelError(f"{folder}: expected format {_FORMAT}, got {manifest['format']!r}")
        classes, spec = tuple(manifest["classes"]), ImageSpec(**manifest["image"])
        seen = np.load(folder / _SEEN, allow_pickle=False)
    except (KeyError, OSError, TypeError, ValueError) as err:
        if isinstance(err, ModelError):
            raise
        raise ModelError(f"{folder}: damaged manifest: {err}; copy or fit the model again") from err
    notes = ()
    made, here = manifest["versions"].get("scikit-learn"), version("scikit-learn")
    if made != here:
        notes = (f"the model was made with scikit-learn {made}, this is {here}",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)  # said in the notes
        pipeline = joblib.load(folder / _PIPELINE)
    return Model(pipeline, classes, spec, seen, hashlib.sha256(sums).hexdigest()[:12], notes)


def _checked_sums(folder: Path) -> bytes:
    """Return the content of SHA256SUMS after every file was found equal to its sum."""
    try:
        sums = (folder / _SUMS).read_bytes()
        listed = dict(line.split("  ")[::-1] for line in sums.decode("ascii").splitlines())
        if set(listed) != {_PIPELINE, _MANIFEST, _SEEN}:
            raise ModelError(f"{folder}: {_SUMS} lists other files than a model has; fit it again")
        for name, expected in listed.items():
            if file_sha256(folder / name) != expected:
                raise ModelError(
                    f"{folder / name}: damaged, its SHA-256 is not the recorded one; "
                    "copy or fit the model again"
                )
    except (OSError, ValueError) as err:
        if isinstance(err, ModelError):
            raise
        raise ModelError(f"{folder}: incomplete model: {err}; copy or fit it again") from err
    return sums
