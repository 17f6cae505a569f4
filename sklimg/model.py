"""A model: load it from its files, ask it for answers.

What answers are arrays and a manifest, read without scikit-learn; no code comes from a
model's files. ``pipeline.joblib``, which runs code when it is opened, is opened by
`load_pipeline` alone, when somebody says that they trust it.

Floor 4: reads files, prints nothing.
"""

import os
import pickle
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from sklimg.arraysteps import ArrayPipeline, read_arrays
from sklimg.errors import ModelError, TableError, UsageError
from sklimg.files import one_line
from sklimg.images import read_image
from sklimg.modelfiles import (
    ARRAYS,
    BACKBONE,
    PIPELINE,
    ModelFiles,
    read_manifest,
    read_model_files,
)
from sklimg.partners import one_blas_thread
from sklimg.spec import ImageSpec

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["Model", "load", "load_pipeline"]

_SAME = 1e-3  # answers that differ by less are the same on another machine, too
_UNFIT = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
_OPENING_ERRORS = (*_UNFIT, EOFError, ImportError, OSError, pickle.UnpicklingError, zlib.error)
_UNFIT += (EOFError, RecursionError, zipfile.BadZipFile, zlib.error, UsageError)


@dataclass(frozen=True, eq=False)
class Model:
    """A classifier ready to answer.

    Attributes
    ----------
    pipeline : ArrayPipeline or sklearn.pipeline.Pipeline
        Takes vectors of pixels; scikit-learn's where `fit` returns it.
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
    threshold : float or None
        The probability below which an answer is better "unknown", so that of the
        others about *error_rate* are wrong; None if too few images could tell.
    error_rate : float
    id : str
        Twelve hexadecimal digits that change with any of its files.
    """

    pipeline: "ArrayPipeline | Pipeline"
    classes: tuple[str, ...]
    spec: ImageSpec
    seen: np.ndarray
    counts: dict[str, int]
    spec_is_known: bool = True
    threshold: float | None = None
    error_rate: float = 0.02
    id: str = ""

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


def load(path: str | os.PathLike | None = None, *, trust: bool = False) -> Model:
    """Load a model; nothing in its files is run.

    Parameters
    ----------
    path : path, optional
        A run folder, its ``model/``, an exported zip, or "latest", the default:
        ``artifacts/latest``.
    trust : bool, default=False
        Whether the pipeline itself may be opened, which can run any code, where no
        arrays stand for it.

    Returns
    -------
    model : Model

    Raises
    ------
    ModelError
        If there is no model; if it is damaged, or answers otherwise than when it was
        saved; if it has no arrays and is not trusted.
    """
    files = read_model_files(path)
    manifest = read_manifest(files)
    try:
        arrays = read_arrays(files.contents[ARRAYS])
        steps, classes = manifest["steps"], tuple(manifest["classes"])
        if steps is not None:
            network = files.contents.get(BACKBONE, b"")
            pipeline = ArrayPipeline(steps, arrays, manifest["columns"], network)
        elif trust:
            pipeline = _opened(files, manifest)
        else:
            raise ModelError(
                f"{files.place}: no arrays stand for it: {manifest['no_arrays']}; if you trust "
                "who made it, predict --trust or sklimg.load_pipeline opens the pipeline itself"
            )
        model = Model(
            pipeline,
            classes,
            ImageSpec(**manifest["image"]),
            arrays["seen"],
            manifest["counts"],
            manifest["image_is_known"],
            manifest["threshold"],
            manifest["error_rate"],
            files.id,
        )
        _check_probes(files, model, manifest["probes"])
    except ModelError:
        raise
    except _UNFIT as err:
        raise ModelError(
            f"{files.place}: its manifest and its arrays disagree ({type(err).__name__}: "
            f"{one_line(err)[:200]}); copy or fit the model again"
        ) from err
    return model


def load_pipeline(path: str | os.PathLike | None = None, *, trust: bool = False) -> "Pipeline":
    """Open the scikit-learn Pipeline of a model that you or someone you trust has made.

    Parameters
    ----------
    path : path, optional
        As of `load`.
    trust : bool
        Has to be True: a joblib file can run any code when it is opened. The sums that are
        checked first show that it is the file that was saved, not who saved it.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Fitted. Of another version of scikit-learn, it warns.

    Raises
    ------
    ModelError
        If it is not trusted, damaged, or cannot be opened by this scikit-learn.
    """
    files = read_model_files(path)
    if trust is not True:
        raise ModelError(
            f"{files.place}: opening a pipeline can run any code; if you trust who made it, pass "
            "trust=True; sklimg.load answers without opening it"
        )
    return _opened(files, read_manifest(files))


def _check_probes(files: ModelFiles, model: Model, probes: Mapping[str, Any]) -> None:
    """Ask the model what it was asked when it was saved."""
    pixels = np.frombuffer(b64decode(probes["pixels"]), np.uint8).reshape(-1, model.spec.n_pixels)
    expected = np.array(probes["probabilities"], np.float64)
    with np.errstate(all="ignore"):
        found = model.predict_proba(pixels)
    if not len(pixels) or set(model.classes) != set(model.pipeline.classes_):
        raise ValueError("no probes, or other classes than columns")
    if not np.all(np.abs(found - expected) <= _SAME):
        far = np.abs(found - expected).max()
        raise ModelError(
            f"{files.place}: answers otherwise than when it was saved, by {far:.2g} at most; "
            "its files do not belong together, or it cannot be run here; copy or fit it again"
        )


def _opened(files: ModelFiles, manifest: Mapping[str, Any]) -> "Pipeline":
    """Open the pipeline, which is trusted; the one place that does."""
    import joblib  # with scikit-learn, which what answers from arrays does without
    from sklearn import __version__ as here
    from sklearn.pipeline import Pipeline

    try:
        made, columns = manifest["versions"]["scikit-learn"], manifest["columns"]
    except (LookupError, TypeError) as err:
        raise ModelError(f"{files.place}: damaged manifest; copy or fit the model again") from err
    try:
        pipeline = joblib.load(BytesIO(files.contents[PIPELINE]))
    except _OPENING_ERRORS as err:
        remedy = "fit it again" if made == here else f"install {made}, which made it"
        raise ModelError(
            f"{files.place}: cannot be opened by scikit-learn {here}: {one_line(err)[:200]}; "
            f"{remedy}"
        ) from err
    if not isinstance(pipeline, Pipeline) or list(pipeline.classes_) != columns:
        raise ModelError(f"{files.place}: its manifest and its pipeline disagree; fit it again")
    for _, step in pipeline.steps:
        if BACKBONE in files.contents and hasattr(step, "with_network"):
            step.with_network(files.contents[BACKBONE])
    return pipeline
