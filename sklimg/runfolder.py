"""The folder of a run before the run is finished.

A run without a search appears whole. One with a search begins with its settings and
its journal, so that it can be resumed; its model comes last, and with it the run is
finished.

Floor 5: writes files, prints nothing.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.errors import DataError, OutputError, UsageError
from sklimg.files import as_json, count, new_folder, write_bytes
from sklimg.journal import Journal
from sklimg.partials import only_in
from sklimg.records import records_csv
from sklimg.spans import span_ends, span_text
from sklimg.trials import Trials

__all__ = [
    "CONFIG",
    "JOURNAL",
    "TRIALS",
    "begin_run",
    "is_finished",
    "plain_settings",
    "save_trials",
]

CONFIG, JOURNAL, TRIALS = "config.json", "journal", "trials.csv"


@contextmanager
def begin_run(
    out: str | os.PathLike | None, settings: Mapping[str, Any], resume: bool
) -> Iterator[Journal]:
    """Make or reopen the folder of a run with a search, for one process alone.

    Parameters
    ----------
    out : path or None
        None for a journal in memory.
    settings : mapping
        What was asked for, for ``config.json``.
    resume : bool
        Whether the folder is one that was begun before; else it is removed again if
        the data or the parameters are of no use and no fit has been made.

    Yields
    ------
    journal : Journal

    Raises
    ------
    UsageError
        If the folder is in use, or is none that can be resumed.
    OutputError
        If it cannot be written, or another process works in it.
    """
    if out is None:
        yield Journal()
        return
    place = Path(out)
    if resume and not (place / CONFIG).is_file():
        raise UsageError(
            f"{out}: expected a run that was begun with a search and not finished, got "
            f"{'something else' if place.exists() else 'nothing there'}; check --resume"
        )
    if not resume:
        was_there = place.is_dir()
        with new_folder(place) as folder:
            (folder / CONFIG).write_bytes(as_json(plain_settings(settings)))
    with only_in(place) as is_alone:
        if not is_alone:
            raise OutputError(f"{out}: another fit is at work in it; wait for it, or stop it")
        try:
            yield Journal(place / JOURNAL)
        except (DataError, UsageError):
            if not resume and not _has_fits(place):
                shutil.rmtree(place)
                if was_there:
                    place.mkdir()
            raise


def _has_fits(place: Path) -> bool:
    """Tell whether the journal in a run folder holds a fit that came to something."""
    records = (place / JOURNAL).glob("*/*/*.json")
    return any(json.loads(path.read_bytes())["reason"] == "" for path in records)


def is_finished(place: str | os.PathLike) -> bool:
    """Tell whether a run folder holds all that it will hold."""
    return Path(place, "model").is_dir()


def save_trials(trials: Trials, out: str | os.PathLike | None, tell: Callable) -> None:
    """Write the table of a search that was ended into its run folder, and tell how to go on."""
    if out is None:
        return
    write_bytes(Path(out, TRIALS), records_csv(trials.columns()))
    fits = count(trials.scores.size, "fit")
    tell("saved", f"{trials.n_done} of {fits} in {out}; go on with: sklimg fit --resume {out}")


def plain_settings(value: Any) -> Any:
    """Return settings as JSON takes them: layers as lists, spans and other objects as text."""
    if span_ends(value):
        return span_text(value)
    if isinstance(value, dict):
        return {str(key): plain_settings(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_settings(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
