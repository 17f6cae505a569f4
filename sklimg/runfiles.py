"""What a run folder holds, read back for those who tell of it.

Only plain files are read: JSON, CSV, PNG, and arrays without pickles. The model is
not touched.

Floor 5: reads files, prints nothing.
"""

import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from sklimg.errors import DataError, SklimgError
from sklimg.evaluation import confusion_counts, worst_confusions
from sklimg.files import natural_key, one_line, path_text
from sklimg.names import LATEST
from sklimg.records import read_records
from sklimg.regular import read_regular
from sklimg.runfolder import CONFIG, TRIALS

__all__ = ["PICTURES", "RunFiles", "damage_told", "read_run"]

PICTURES = "pictures.npz"
_MOST_BYTES = 2**28  # of a file of a run
_REMEDY = "name a run that sklimg fit has finished, or fit it anew"
_PNG = b"\x89PNG\r\n\x1a\n"
_NEEDED = {
    "metrics.json": {
        "accuracy": (int, float),
        "accuracy_interval": list,
        "n_test": int,
        "n_test_images": int,
        "per_class": dict,
    },
    "data.json": {"n_images": int, "n_groups": int, "classes": dict, "image": dict},
    CONFIG: {"seed": int, "model": str},
}


@dataclass(frozen=True)
class RunFiles:
    """The files of a run, as plain values.

    Attributes
    ----------
    place : Path
        The run folder.
    name : str
        What the run is called.
    config, data, metrics : dict
        As in their JSON files.
    environment : dict
        Empty if it was not recorded.
    splits, predictions : dict of str to list of str
        Columns by name.
    trials, history, features, rejects : dict of str to list of str
        The same; empty where there is no such file.
    pictures : dict of int to ndarray
        Pixels of some test images, by their row.
    plots : dict of str to bytes
        PNG files by their bare name.
    """

    place: Path
    name: str
    config: dict[str, Any]
    data: dict[str, Any]
    metrics: dict[str, Any]
    environment: dict[str, Any]
    splits: dict[str, list[str]]
    predictions: dict[str, list[str]]
    trials: dict[str, list[str]]
    history: dict[str, list[str]]
    features: dict[str, list[str]]
    rejects: dict[str, list[str]]
    pictures: dict[int, np.ndarray]
    plots: dict[str, bytes]

    @cached_property
    def labels(self) -> np.ndarray:
        """True class of each test image."""
        return np.array(self.predictions["label"], object)

    @cached_property
    def predicted(self) -> np.ndarray:
        """Predicted class of each test image."""
        return np.array(self.predictions["predicted"], object)

    @cached_property
    def certainty(self) -> np.ndarray:
        """Highest probability of each test image."""
        return np.array(self.predictions["probability"], float)

    @cached_property
    def classes(self) -> list[str]:
        """The classes of the model, then those that only the test images have."""
        known = list(self.data["classes"])
        others = (set(self.labels) | set(self.predicted)) - set(known)
        return known + sorted(others, key=natural_key)

    @cached_property
    def counts(self) -> np.ndarray:
        """Test images by true (rows) and predicted class."""
        return confusion_counts(self.labels, self.predicted, self.classes)[0]

    @cached_property
    def mistakes(self) -> list[tuple[str, str, int]]:
        """True class, predicted class and count, the most frequent first."""
        return worst_confusions(self.counts, self.classes, most=self.counts.size)


def read_run(run_dir: str | os.PathLike, name: str | None = None) -> RunFiles:
    """Read the files of a run folder, but not its model.

    Parameters
    ----------
    run_dir : path
    name : str, optional
        What the run is called; by default its path as given.

    Returns
    -------
    run : RunFiles

    Raises
    ------
    DataError, TableError
        If a file without which there is nothing to tell is missing, or one is damaged.
    """
    place = LATEST if str(run_dir) == "latest" else Path(run_dir)
    if not place.is_dir():
        raise DataError(f"{run_dir}: expected a run folder, got none; {_REMEDY}")
    found = {file: _json(place / file, keys) for file, keys in _NEEDED.items()}
    environment = place / "environment.json"
    run = RunFiles(
        place=place,
        name=name or path_text(run_dir),
        config=found[CONFIG],
        data=found["data.json"],
        metrics=found["metrics.json"],
        environment=_json(environment, {}) if environment.exists() else {},
        splits=_table(place / "splits.csv", ("row", "label", "path", "group", "split")),
        predictions=_table(
            place / "predictions.csv",
            ("row", "path", "group", "label", "predicted", "probability"),
        ),
        trials=_optional(place / TRIALS),
        history=_optional(place / "history.csv"),
        features=_optional(place / "features.csv"),
        rejects=_optional(place / "rejects.csv"),
        pictures=_pictures(place / PICTURES),
        plots={path.stem: _plot(path) for path in sorted((place / "plots").glob("*.png"))},
    )
    _check_numbers(run)
    return run


@contextmanager
def damage_told(run_dir: str | os.PathLike) -> Iterator[None]:
    """Raise DataError for what values fail at that no fit has written.

    Around what tells of a run from its files, of which the inner values are not looked at
    one by one.
    """
    try:
        yield
    except SklimgError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as err:
        raise DataError(
            f"{run_dir}: a file of it holds what sklimg fit does not write ({type(err).__name__}: "
            f"{one_line(err)[:100]}); {_REMEDY}"
        ) from err


def _json(path: Path, keys: dict) -> dict:
    """Read an object that has *keys* of their types."""
    try:
        value = json.loads(read_regular(path, _MOST_BYTES))
    except FileNotFoundError as err:
        raise DataError(f"{path}: no such file, so this is no finished run; {_REMEDY}") from err
    except OSError as err:
        raise DataError(f"{path}: cannot be read: {err.strerror}; {_REMEDY}") from err
    except (RecursionError, ValueError) as err:
        raise DataError(f"{path}: expected JSON, got {err}; the run is damaged: {_REMEDY}") from err
    for key, kind in keys.items():
        if not isinstance(value, dict) or not isinstance(value.get(key), kind):
            raise DataError(
                f"{path}: expected {key!r} as sklimg fit writes it, got none; the run is damaged "
                f"or of another version: {_REMEDY}"
            )
    return value


def _table(path: Path, required: tuple[str, ...]) -> dict[str, list[str]]:
    if not path.exists():
        raise DataError(f"{path}: no such file, so this is no finished run; {_REMEDY}")
    return read_records(path, required)


def _optional(path: Path) -> dict[str, list[str]]:
    """Read a table that not every run has."""
    return read_records(path) if path.exists() else {}


def _pictures(path: Path) -> dict[int, np.ndarray]:
    """Read the images that the report shows, by row."""
    if not path.exists():
        return {}
    try:
        file = BytesIO(read_regular(path, _MOST_BYTES))
        ZipFile(file).close()  # raises for what numpy would take for a plain array
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            rows, pixels = arrays["rows"], arrays["pixels"]
    except (OSError, ValueError, KeyError, EOFError, MemoryError, BadZipFile, zlib.error) as err:
        raise DataError(
            f"{path}: expected the arrays rows and pixels, got {err}; remove it to do without "
            "pictures"
        ) from err
    are_images = (
        pixels.dtype == np.uint8 and pixels.ndim in (3, 4) and pixels.shape[3:] in ((), (3,))
    )
    if rows.shape != pixels.shape[:1] or not are_images or not pixels.size:
        raise DataError(
            f"{path}: expected uint8 images, one a row, got {pixels.dtype} of shape "
            f"{pixels.shape} for rows of shape {rows.shape}; remove it to do without pictures"
        )
    return dict(zip(rows.tolist(), pixels, strict=True))


def _plot(path: Path) -> bytes:
    try:
        content = read_regular(path, _MOST_BYTES)
    except OSError as err:
        raise DataError(f"{path}: cannot be read: {err.strerror}; remove it to do without") from err
    if not content.startswith(_PNG) or len(content) < 24:
        raise DataError(f"{path}: expected a PNG file, got other bytes; remove it to do without")
    return content


def _check_numbers(run: RunFiles) -> None:
    """Raise DataError unless the tables are as long as the numbers say, and hold numbers."""
    for table, length in (
        ("predictions", run.metrics["n_test_images"]),
        ("splits", run.data["n_images"]),
    ):
        columns = getattr(run, table)
        if len(columns["row"]) != length:
            raise DataError(
                f"{run.place / table}.csv: expected {length} rows, got {len(columns['row'])}; "
                f"the run is damaged: {_REMEDY}"
            )
        try:
            _ = [int(row) for row in columns["row"]]
            _ = [float(p) for p in columns.get("probability", ())]
        except ValueError as err:
            raise DataError(
                f"{run.place / table}.csv: expected numbers, got {err}; the run is damaged: "
                f"{_REMEDY}"
            ) from err
