"""What a path holds: a run, a model, or data; told without opening anything that runs.

Floor 5: reads files, prints nothing.
"""

import os
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sklimg.errors import DataError
from sklimg.files import natural_key, path_text
from sklimg.listing import IGNORED, list_images
from sklimg.model import load
from sklimg.modelfiles import ARRAYS, SUMS, find_model, read_manifest, read_model_files
from sklimg.names import LATEST
from sklimg.runfiles import RunFiles, damage_told, read_run
from sklimg.table import is_table, read_table

__all__ = ["info"]

_PACKAGES = ("sklimg", "scikit-learn", "numpy", "pillow")  # whose versions are compared


def info(path: str | os.PathLike) -> dict[str, Any]:
    """Tell what stands at a path.

    Parameters
    ----------
    path : path
        A run folder, a model folder, an exported zip, "latest", or data as `fit` takes it.

    Returns
    -------
    told : dict
        ``kind``: "run", "model" or "data", and ``path``. Of a run: what it was asked for,
        its accuracy and that of its folds, its data, and its ``model``. Of a model: its
        ``id``, ``classes`` with their training images, ``image``, ``steps``,
        ``threshold`` and its ``error_rate``, the ``versions`` that made it and those that
        are ``here``, and whether it ``answers_from_arrays``. Of data: ``n_images``, or
        ``n_files`` that may be images, ``classes``, ``image`` and ``rejects``.

    Raises
    ------
    DataError, TableError, ModelError
        If there is nothing to tell of, or it is damaged.
    """
    place = LATEST if str(path) == "latest" else Path(path)
    if (place / "metrics.json").exists():
        return _run(place)
    is_zip = place.is_file() and place.suffix.lower() == ".zip"
    if is_zip or any(
        (folder / name).exists() for folder in (place, place / "model") for name in (SUMS, ARRAYS)
    ):
        return {"kind": "model", "path": path_text(place), **_model(place)}
    if (place / "journal").is_dir():
        find_model(place)  # raises, with what to do
    return {"kind": "data", "path": path_text(place), **_data(place)}


def _run(place: Path) -> dict[str, Any]:
    """Tell of a run that is finished."""
    run = read_run(place)
    with damage_told(place):
        return {**_of_run(run, place), "model": _model(place)}


def _of_run(run: RunFiles, place: Path) -> dict[str, Any]:
    """Tell of a run, but not of its model."""
    folds = run.metrics.get("cross_validation")
    return {
        "kind": "run",
        "path": path_text(place),
        "settings": run.config,
        "data": run.data,
        "accuracy": run.metrics["accuracy"],
        "accuracy_interval": run.metrics["accuracy_interval"],
        "n_test": run.metrics["n_test"],
        "n_test_images": run.metrics["n_test_images"],
        "baselines": run.metrics.get("baselines"),
        "cross_validation": folds and folds["accuracy"],
        "verdict": run.metrics.get("verdict"),
    }


def _model(place: Path) -> dict[str, Any]:
    """Tell of a model, after its answers were compared with those it gave when it was saved."""
    files = read_model_files(place)
    manifest = read_manifest(files)
    has_arrays = manifest.get("steps") is not None
    if has_arrays:
        load(place)
    made = manifest["versions"]
    here = {name: version(name) for name in made if name in _PACKAGES}
    return {
        "id": files.id,
        "format": manifest["format"],
        "classes": manifest["counts"],
        "image": manifest["image"],
        "steps": manifest["pipeline"],
        "threshold": manifest["threshold"],
        "error_rate": manifest["error_rate"],
        "answers_from_arrays": has_arrays,
        "bytes": {name: len(content) for name, content in files.contents.items()},
        "versions": made,
        "here": here,
    }


def _data(place: Path) -> dict[str, Any]:
    """Tell of data: what it holds, without decoding its images."""
    if place.is_file() and is_table(place):
        table = read_table(place)
        image = str(table.spec)
        labels, rejects, notes = table.labels.tolist(), {}, []
    else:
        listing = list_images(place)
        image, notes = None, listing.notes
        labels = [item.label for item in listing.items]
        codes = Counter(code for _, code, _ in listing.rejects)
        rejects = {code: codes[code] for code in sorted(codes)}
        if not labels and not set(rejects) - {IGNORED}:
            raise DataError(f"{place}: expected a run, a model or images, found none of them")
    counts = Counter(labels)
    classes = {label: counts[label] for label in sorted(counts, key=natural_key)}
    return {
        ("n_images" if image else "n_files"): len(labels),
        "classes": classes,
        "image": image,
        "rejects": rejects,
        "notes": notes,
    }
