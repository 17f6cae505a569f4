"""Test a saved model on other data, leaving out what it was trained on.

Floor 5: reads data and a model, prints nothing.
"""

import os
from dataclasses import dataclass

import numpy as np

from sklimg.duplicates import pixel_digests
from sklimg.errors import DataError, TableError
from sklimg.evaluation import evaluate_predictions, vote_weights
from sklimg.model import load
from sklimg.parts import group_rows, name_of, spec_notes
from sklimg.sources import read_data
from sklimg.table import Table

__all__ = ["Assessment", "assess"]


@dataclass
class Assessment:
    """What `assess` found.

    Attributes
    ----------
    metrics : dict
        As in ``metrics.json``, and ``n_seen_images``: those left out. The
        nearest-neighbour baseline is None: it would take the training images.
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
    table, notes = read.table, [*loaded.notes, *read.notes]
    notes += spec_notes(table, loaded.spec, name_of(data))
    digests = pixel_digests(table.pixels)
    labelled, seen = table.labels != "", np.isin(digests, loaded.seen)
    if not labelled.any():
        raise DataError(f"{name_of(data)}: expected labelled images, got none with a label")
    if not np.any(labelled & ~seen):
        raise DataError(
            f"{name_of(data)}: the model was trained on all of these images, so they "
            "cannot test it; give it others"
        )
    if not labelled.all():
        notes.append(f"{np.sum(~labelled)} images have no label: left out")
    if np.any(labelled & seen):
        notes.append(f"{np.sum(labelled & seen)} images were in its training part: left out")
    rows = np.flatnonzero(labelled & ~seen)
    labels = table.labels[rows]
    groups = group_rows(table.take(rows), "auto", digests[rows], lambda topic, text: None)
    unknown = sorted(set(labels) - set(loaded.classes))
    if unknown:
        notes.append(f"{len(unknown)} classes are unknown to the model: {', '.join(unknown[:5])}")
    try:
        probabilities = loaded.predict_proba(table.pixels[rows])
    except TableError as err:
        raise TableError(f"{name_of(data)}: {err}") from err
    metrics = evaluate_predictions(labels, probabilities, loaded.classes, groups)
    most = max(loaded.counts, key=loaded.counts.get)
    frequent = float(np.average(labels == most, weights=vote_weights(groups)))
    metrics["baselines"] = {"most_frequent": frequent, "nearest_neighbour": None}
    metrics["n_seen_images"] = int(np.sum(labelled & seen))
    return Assessment(metrics, notes, read.refused)
