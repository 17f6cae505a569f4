"""Test a saved model on other data, leaving out what it was trained on.

Floor 5: reads data and a model, prints nothing.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.duplicates import find_copies
from sklimg.errors import DataError, TableError
from sklimg.evaluation import (
    baseline_accuracies,
    evaluate_predictions,
    rejection_scores,
    vote_weights,
)
from sklimg.files import count, path_text
from sklimg.grouping import group_rows
from sklimg.model import Model, load
from sklimg.modelfiles import find_model
from sklimg.names import TURNED
from sklimg.parts import name_of
from sklimg.recorded import kept_table
from sklimg.regular import read_regular
from sklimg.sources import read_data
from sklimg.table import Table, spec_notes

__all__ = ["Assessment", "assess"]


@dataclass
class Assessment:
    """What `assess` found.

    Attributes
    ----------
    metrics : dict
        As in ``metrics.json``, and ``n_seen_images``: those left out. The
        nearest-neighbour baseline is None where the training images are gone.
    notes : list of str
        What a person should know, one line each.
    refused : list of str
        Why files were not read, one line each.
    """

    metrics: dict
    notes: list[str]
    refused: list[str]


def assess(
    data: str | os.PathLike | Table, model: str | os.PathLike | None = None, jobs: int = -1
) -> Assessment:
    """Score a model on the labelled images of *data* that it has not seen.

    Parameters
    ----------
    data : path or Table
        Whatever `sklimg.fit` takes.
    model : path, optional
        Whatever `sklimg.load` takes.
    jobs : int, default=-1
        Processes that decode images; -1 for one a core.

    Returns
    -------
    assessment : Assessment

    Raises
    ------
    DataError
        If no image has a label, or all were seen in training.
    TableError
        If the images are of another size than the model's.
    """
    loaded = load(model)
    read = read_data(data, loaded.spec, jobs=jobs)
    table, notes = read.table, list(read.notes)
    notes += spec_notes(table, loaded.spec, name_of(data))
    if table.pixels.shape[1] != loaded.spec.n_pixels:
        raise TableError(
            f"{name_of(data)}: expected images of {loaded.spec.n_pixels} pixels ({loaded.spec}), "
            f"got {table.pixels.shape[1]}; make the table with the model's size and mode"
        )
    model_dir = find_model(model)
    about = _data_of_run(model_dir)
    place = kept_table(model_dir.parent, about.get("path"))
    known = _training_part(place, loaded, jobs)
    group, turned = _as_fitted(about)
    digests = pixel_digests(table.pixels)
    near = None if group == "exact" else known
    labelled, seen = table.labels != "", _seen(table, digests, loaded.seen, near, turned)
    if not labelled.any():
        raise DataError(f"{name_of(data)}: expected labelled images, got none with a label")
    if not np.any(labelled & ~seen):
        raise DataError(
            f"{name_of(data)}: the model was trained on all of these images, so they "
            "cannot test it; give it others"
        )
    if not labelled.all():
        notes.append(f"left out, as without a label: {count(np.sum(~labelled), 'image')}")
    if np.any(labelled & seen):
        left_out = count(np.sum(labelled & seen), "image")
        copies = "" if group == "exact" else " or near copies of it"
        notes.append(f"left out, as in its training part{copies}: {left_out}")
    rows = np.flatnonzero(labelled & ~seen)
    labels = table.labels[rows]
    groups, _ = group_rows(table.take(rows), group, digests[rows], lambda *_: None, turned)
    unknown = sorted(set(labels) - set(loaded.classes))
    if unknown:
        classes = count(len(unknown), "class", "classes")
        notes.append(f"unknown to the model: {classes}: {', '.join(unknown[:5])}")
    probabilities = loaded.predict_proba(table.pixels[rows])
    metrics = evaluate_predictions(labels, probabilities, loaded.classes, groups)
    if known is None:
        notes.append(
            "its training images are not where they were: the nearest neighbour is not told, and "
            "only exact copies of them are left out"
        )
        most = max(loaded.counts, key=loaded.counts.get)
        frequent = float(np.average(labels == most, weights=vote_weights(groups)))
        metrics["baselines"] = {"most_frequent": frequent, "nearest_neighbour": None}
    else:
        notes.append(f"its training images were read from {path_text(place)}")
        n_gone = len(np.setdiff1d(loaded.seen, pixel_digests(known.pixels)))
        if n_gone and group != "exact":
            images = count(n_gone, "training image")
            notes.append(f"{images} gone or changed: near copies of them are not left out")
        metrics["baselines"] = baseline_accuracies(
            known.pixels, known.labels, table.pixels[rows], labels, groups
        )
    told = labels, probabilities, loaded.classes, groups
    metrics["rejection"] = rejection_scores(*told, loaded.threshold, loaded.error_rate)
    metrics["n_seen_images"] = int(np.sum(labelled & seen))
    return Assessment(metrics, notes, read.refused)


def _seen(
    table: Table, digests: np.ndarray, learned: np.ndarray, known: Table | None, turned: str
) -> np.ndarray:
    """Tell which images are copies, or near copies, of training images."""
    exact = np.isin(digests, learned)
    if known is None:
        return exact
    pixels = np.concatenate([known.pixels, table.pixels])
    labels = np.concatenate([known.labels, table.labels])
    groups = find_copies(pixels, table.spec, labels=labels, turned=turned).groups
    return exact | np.isin(groups[len(known) :], groups[: len(known)])


def _data_of_run(model_dir: Path) -> dict:
    """Return what a run tells of its data; nothing where a model stands alone."""
    file = model_dir.parent / "data.json"
    if model_dir.is_file() or not file.exists():
        return {}
    try:
        about = json.loads(read_regular(file))
    except (OSError, RecursionError, ValueError) as err:
        raise DataError(f"{file}: expected JSON, got {err}; the run is damaged") from err
    is_path = isinstance(about, dict) and isinstance(about.get("path"), str | None)
    if not is_path or about.get("turned") not in (None, True, False):
        raise DataError(f"{file}: expected what sklimg fit writes of its data; the run is damaged")
    return about


def _as_fitted(about: dict) -> tuple[str, str]:
    """Return how the run kept copies together: the options group and turned."""
    if "turned" not in about:
        return "auto", TURNED[0]
    return {None: ("exact", TURNED[0]), True: ("auto", "yes"), False: ("auto", "no")}[
        about["turned"]
    ]


def _training_part(path: Path | None, loaded: Model, jobs: int) -> Table | None:
    """Return the images of some data that a model was trained on, told by their pixels."""
    if path is None:
        return None
    try:
        table = read_data(path, loaded.spec, jobs=jobs).table
    except (DataError, TableError):
        return None
    rows = np.isin(pixel_digests(table.pixels), loaded.seen)
    return table.take(rows) if rows.any() else None
