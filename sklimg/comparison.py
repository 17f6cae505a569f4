"""Runs side by side: how good, how sure, on which images, and what was asked of each.

Where two runs were tested on the same images, they are compared picture by picture: only
those that one reads better than the other tell them apart. Copies are one picture.

Floor 5: reads run folders, prints nothing.

References
----------
.. [1] Q. McNemar, "Note on the sampling error of the difference between correlated
   proportions or percentages", Psychometrika 12, 1947.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

from sklimg.errors import UsageError
from sklimg.files import count
from sklimg.runfiles import RunFiles, damage_told, read_run

__all__ = ["compare_runs"]

_DOUBT = 0.05  # chance of as large a difference between equals, from where it may be one
_KEPT = ("accuracy", "accuracy_interval", "n_test", "n_test_images", "log_loss")
_LEFT_OUT = {  # of the settings that are told
    *("params", "chosen", "data", "max_time", "n_folds"),
    *("parent", "added", "recorded", "shares", "from_scratch"),  # of runs that go on
}


def compare_runs(runs: Sequence[str | os.PathLike]) -> dict[str, Any]:
    """Compare runs, the best first.

    Parameters
    ----------
    runs : sequence of path
        At least two run folders.

    Returns
    -------
    comparison : dict
        ``runs``: for each its ``name``, ``accuracy``, ``accuracy_interval``,
        ``n_test``, ``n_test_images``, ``log_loss``, ``expected_calibration_error``,
        ``cross_validation`` (its accuracy, or None), ``data`` and ``settings``, those that
        are not the same in all; ``versus_best``: of each other, ``n_only_best`` and
        ``n_only_other`` pictures (groups) that one reads better, and ``p_value``; None
        where they were not tested on the same images; ``notes``: what it means.

    Raises
    ------
    UsageError
        If there are fewer than two.
    DataError, TableError
        If one is no finished run.
    """
    if len({os.path.realpath(run) for run in runs}) < max(2, len(runs)):
        raise UsageError(f"compare: expected two different runs or more, got {len(runs)}")
    read = [read_run(run) for run in runs]
    with damage_told(", ".join(run.name for run in read)):
        read.sort(key=lambda run: -run.metrics["accuracy"])
        settings = _differing(read)
        told = [_row(run, own) for run, own in zip(read, settings, strict=True)]
        versus = [_versus(read[0], other) for other in read[1:]]
        return {"runs": told, "versus_best": versus, "notes": _notes(read, versus)}


def _row(run: RunFiles, settings: dict[str, Any]) -> dict[str, Any]:
    metrics = run.metrics
    folds = metrics.get("cross_validation")
    return {
        "name": run.name,
        **{key: metrics.get(key) for key in _KEPT},
        "expected_calibration_error": metrics.get("expected_calibration_error"),
        "cross_validation": folds and folds["accuracy"],
        "data": run.data.get("path"),
        "settings": settings,
    }


def _differing(runs: Sequence[RunFiles]) -> list[dict[str, Any]]:
    """Return the settings of each run that are not the same in all."""
    every = [{**run.config, **run.config.get("params", {})} for run in runs]
    names = dict.fromkeys(name for config in every for name in config)
    varied = [
        name
        for name in names
        if name not in _LEFT_OUT and any(config.get(name) != every[0].get(name) for config in every)
    ]
    return [{name: config.get(name) for name in varied} for config in every]


def _images(run: RunFiles) -> list[tuple[str, ...]]:
    """Return what tells the test images of a run from others."""
    columns = (run.predictions[name] for name in ("row", "path", "label", "group"))
    return list(zip(*columns, strict=True))


def _versus(best: RunFiles, other: RunFiles) -> dict[str, Any] | None:
    """Compare two runs image by image [1]_, if these are the same."""
    same_data = best.data.get("sha256") == other.data.get("sha256")
    if not same_data or _images(best) != _images(other):
        return None
    _, group = np.unique(best.predictions["group"], return_inverse=True)
    first, second = (
        np.bincount(group, weights=run.labels == run.predicted) for run in (best, other)
    )
    only_best, only_other = int(np.sum(first > second)), int(np.sum(second > first))
    n = only_best + only_other
    p_value = float(binomtest(only_best, n).pvalue) if n else 1.0
    return {
        "name": other.name,
        "n_only_best": only_best,
        "n_only_other": only_other,
        "p_value": p_value,
    }


def _notes(runs: Sequence[RunFiles], versus: Sequence[dict[str, Any] | None]) -> list[str]:
    """Return in words what the comparison means."""
    notes = []
    for other, found in zip(runs[1:], versus, strict=True):
        if found is None:
            notes.append(
                f"{other.name} was tested on other images than {runs[0].name}: only their "
                "intervals can be compared"
            )
            continue
        n = found["n_only_best"] + found["n_only_other"]
        told = f"of {count(n, 'picture')} that one reads better, {found['n_only_best']} by "
        told += f"{runs[0].name}"
        if found["p_value"] < _DOUBT:
            names = [runs[0].name, other.name]
            if found["n_only_best"] < found["n_only_other"]:
                names.reverse()
            notes.append(f"{names[0]} is better than {names[1]}: {told}")
        else:
            notes.append(
                f"{runs[0].name} and {other.name} cannot be told apart by these pictures: {told} "
                f"(p = {found['p_value']:.2f})"
            )
    if len(runs) > 2:
        notes.append("the best of many on one test part looks better than it is")
    return notes
