"""Write the folder of a run: everything that can be asked about it.

Floor 5: writes files, prints nothing.
"""

import io
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.digests import joint_digest
from sklimg.evaluation import confusion_counts
from sklimg.files import as_json, file_sha256, new_folder, path_text, write_bytes
from sklimg.modelcard import write_card
from sklimg.names import TABLE
from sklimg.records import records_csv
from sklimg.report import write_report
from sklimg.reportpictures import choose_pictures, shown_size
from sklimg.runfiles import PICTURES, read_run
from sklimg.runfolder import CONFIG, TRIALS, plain_settings
from sklimg.runplots import run_plots
from sklimg.runs import Run
from sklimg.saving import save_model
from sklimg.sources import Collection
from sklimg.table import Table, write_table
from sklimg.tablewriter import reject_columns

__all__ = ["write_run"]

_VERSIONS = ("sklimg", "scikit-learn", "numpy", "scipy", "pandas", "pillow", "joblib", "matplotlib")


def write_run(
    run: Run,
    out: str | os.PathLike,
    settings: Mapping[str, Any],
    data: str | os.PathLike | Table,
    read: Collection,
    keep_table: bool = False,
) -> None:
    """Write the run folder; the model comes last, and where nothing was begun, all at once.

    Parameters
    ----------
    run : Run
    out : path
        Absent or empty; or begun by `begin_run`.
    settings : mapping
        What was asked for, for ``config.json``.
    data : path or Table
        Where the table came from.
    read : Collection
        The table as read, with its rejects.
    keep_table : bool, default=False
        Whether the folder holds the table itself, as it stands nowhere else; not of a run
        with a search.

    Raises
    ------
    UsageError, OutputError
        If the folder is in use or cannot be written.
    """
    if run.search is not None:
        place = Path(out)
        for name, content in _files(run, settings, _about_data(run, data, read), read).items():
            write_bytes(place / name, content)
        _write_pages(place, out)
        with new_folder(place / "model") as model_dir:
            run.model = replace(run.model, id=save_model(model_dir, run.model))
        return
    with new_folder(out) as folder:
        (folder / "plots").mkdir()
        about = _about_data(run, data, read)
        if keep_table:
            (folder / TABLE).parent.mkdir()
            write_table(run.parts.table, folder / TABLE)
            about |= {"path": path_text(Path(out).absolute() / TABLE)}
            about |= {"sha256": file_sha256(folder / TABLE)}
        for name, content in _files(run, settings, about, read).items():
            (folder / name).write_bytes(content)
        _write_pages(folder, out)
        run.model = replace(run.model, id=save_model(folder / "model", run.model))


def _write_pages(place: Path, out: str | os.PathLike) -> None:
    """Write the report and the model card of the run that will stand at *out*."""
    run = read_run(place, path_text(out))
    write_report(run)
    write_card(run)


def _files(
    run: Run, settings: Mapping[str, Any], about: Mapping[str, Any], read: Collection
) -> dict[str, bytes]:
    """Return the files of a run folder but for its model."""
    test = run.parts.test
    labels = run.parts.table.labels[test]
    counts, names = confusion_counts(labels, run.predicted, run.model.classes)
    chosen = {} if run.search is None else run.search.best_params
    files = {
        CONFIG: as_json(plain_settings({**settings, "chosen": chosen})),
        "environment.json": as_json(_environment()),
        "data.json": as_json(about),
        "splits.csv": records_csv(_splits(run)),
        "metrics.json": as_json(run.metrics),
        "per_class.csv": records_csv(_per_class(run.metrics)),
        "confusion.csv": records_csv(
            [("label", names), *zip(names, counts.T.tolist(), strict=True)]
        ),
        "predictions.csv": records_csv(_predictions(run, test)),
        "rejects.csv": records_csv(reject_columns(read.rejects)),
    }
    if len(test):
        files[PICTURES] = _pictures(run, test, labels)
    if run.search is not None:
        trials = run.search.trials
        files[TRIALS] = records_csv(trials.columns())
    if run.features is not None:
        files["features.csv"] = records_csv(run.features.columns())
    if run.history is not None:
        files["history.csv"] = records_csv(run.history)
    return files | {f"plots/{name}.png": content for name, content in run_plots(run).items()}


def _pictures(run: Run, test: np.ndarray, labels: np.ndarray) -> bytes:
    """Return the test images that the report shows, and their rows, as an npz file."""
    rows = test[choose_pictures(labels, run.predicted, run.probabilities)]
    table, buffer = run.parts.table, io.BytesIO()
    images = table.pixels[rows].reshape(-1, *table.spec.shape)
    np.savez(buffer, rows=rows, pixels=np.stack([shown_size(image) for image in images]))
    return buffer.getvalue()


def _splits(run: Run) -> dict[str, list]:
    return {
        "row": list(range(len(run.parts.table))),
        "label": run.parts.table.labels.tolist(),
        "path": run.parts.table.paths.tolist(),
        "group": run.parts.groups.tolist(),
        "split": run.parts.split.tolist(),
    }


def _predictions(run: Run, test: np.ndarray) -> dict[str, list]:
    columns = {
        "row": test.tolist(),
        "path": run.parts.table.paths[test].tolist(),
        "group": run.parts.groups[test].tolist(),
        "label": run.parts.table.labels[test].tolist(),
        "predicted": run.predicted.tolist(),
        "probability": run.probabilities.max(axis=1).tolist(),
    }
    shares = zip(run.model.classes, run.probabilities.T.tolist(), strict=True)
    return columns | {f"p({label})": share for label, share in shares}


def _per_class(metrics: dict) -> dict[str, list]:
    scores = metrics["per_class"]
    names = ("precision", "recall", "f1", "support")
    return {"label": list(scores)} | {n: [scores[c][n] for c in scores] for n in names}


def _about_data(run: Run, data: str | os.PathLike | Table, read: Collection) -> dict:
    """Describe the data: where it is, its digest, and what it holds."""
    path = None if isinstance(data, Table) else Path(data)
    is_file = path is not None and path.is_file()
    classes, counts = np.unique(run.parts.table.labels, return_counts=True)
    of_class = dict(zip(classes, counts.tolist(), strict=True))
    return {
        "path": None if path is None else str(path.absolute()),
        "sha256": file_sha256(path) if is_file else None,
        "pixels_sha256": joint_digest(run.parts.digests),
        "n_images": len(run.parts.table),
        "n_groups": len(np.unique(run.parts.groups)),
        "turned": run.parts.turned,
        "n_rejects": len(read.rejects),
        "classes": {label: of_class[label] for label in run.model.classes if label in of_class},
        "image": run.parts.table.spec.as_dict(),
    }


def _environment() -> dict:
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in _VERSIONS},
    }
