"""A journal: what came of each fit, one whole file each.

A search that is killed has lost nothing that it had finished: whoever resumes it
reads here what need not be done again. Without a folder, a journal is kept in memory.

Floor 1: reads and writes small files, prints nothing.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.errors import DataError
from sklimg.files import as_json, write_bytes

__all__ = ["Journal", "digest_of"]

_ABOUT = "about.json"
_DIGITS = 16  # of a digest that names a folder


class Journal:
    """Records of fits, by the digest of their parameters and a name.

    Parameters
    ----------
    folder : path, optional
        ``<folder>/<digest>/<name>.json`` is a record.

    Examples
    --------
    >>> journal = Journal()
    >>> journal.put({"alpha": 0.1}, "fold1", {"accuracy": 0.5})
    >>> journal.get({"alpha": 0.1}, "fold1"), journal.get({"alpha": 0.1}, "fold2")
    ({'accuracy': 0.5}, None)
    """

    def __init__(self, folder: str | os.PathLike | None = None):
        self.folder = None if folder is None else Path(folder)
        self._records: dict[tuple[str, str], dict] = {}

    def part(self, name: str) -> "Journal":
        """Return the journal of a part of the work, in a folder of its own."""
        return Journal(None if self.folder is None else self.folder / name)

    def begin(self, about: Mapping[str, str]) -> None:
        """Say what the fits are made of, and read what is there already.

        Parameters
        ----------
        about : mapping of str to str
            Digests of the data, the folds, the parameters.

        Raises
        ------
        DataError
            If what is there was made of something else, or is damaged.
        OutputError
            If the folder cannot be written.
        """
        if self.folder is None:
            return
        file = self.folder / _ABOUT
        if not file.exists():
            if any(self.folder.glob("*/*.json")):
                raise DataError(
                    f"{file}: expected what the fits beside it are made of, got no such file; fit "
                    "into another folder"
                )
            write_bytes(file, as_json(dict(about)))
            return
        there = _read(file)
        for name, digest in about.items():
            if there.get(name) != digest:
                raise DataError(
                    f"{self.folder}: a journal of other {name}: expected {digest[:_DIGITS]}, got "
                    f"{str(there.get(name))[:_DIGITS]}; resume with the data and options it was "
                    "begun with, or fit into another folder"
                )
        for path in sorted(self.folder.glob("*/*.json")):
            record = _read(path)
            _check(path, record)
            self._records[path.parent.name, path.stem] = record

    def get(self, params: Mapping[str, Any], name: str) -> dict | None:
        """Return a record, or None if there is none yet."""
        return self._records.get((_place(params), name))

    def put(self, params: Mapping[str, Any], name: str, record: Mapping[str, Any]) -> None:
        """Keep a record; it is on the disk when this returns.

        Raises
        ------
        OutputError
            If it cannot be written; records that are there stay good.
        """
        place = _place(params)
        if self.folder is not None:
            what = {"params": {key: _text(value) for key, value in params.items()}}
            write_bytes(self.folder / place / f"{name}.json", as_json(what | dict(record)))
        self._records[place, name] = dict(record)


def digest_of(*values: Any) -> str:
    """Return a SHA-256 over arrays and over the texts of other values, in hexadecimal."""
    total = hashlib.sha256()
    for value in values:
        if isinstance(value, np.ndarray):
            head = f"{value.dtype.str} {value.shape} "
            is_plain = value.dtype.kind != "O"
            data = value.tobytes() if is_plain else json.dumps(value.tolist()).encode()
        else:
            head, data = "text ", _text(value).encode("utf-8", "backslashreplace")
        total.update(head.encode())
        total.update(data)
    return total.hexdigest()


def _place(params: Mapping[str, Any]) -> str:
    return digest_of(params)[:_DIGITS]


def _text(value: Any) -> str:
    """Write a value down, the same for equal values in every process."""
    if isinstance(value, Mapping):
        pairs = sorted((str(key), _text(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_text, value))})"
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value)


def _read(path: Path) -> dict:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as err:
        raise DataError(f"{path}: not a record of a fit: {err}; remove it to fit anew") from err
    if not isinstance(found, dict):
        raise DataError(f"{path}: expected a record of a fit, got {found!r}; remove it to fit anew")
    return found


def _check(path: Path, record: Mapping[str, Any]) -> None:
    """Raise unless a record says how a fit went."""
    accuracy, reason = record.get("accuracy"), record.get("reason")
    has_score = isinstance(accuracy, int | float) and reason == ""
    has_reason = accuracy is None and isinstance(reason, str) and reason
    is_timed = all(isinstance(record.get(k), int | float) for k in ("fit_seconds", "score_seconds"))
    if not (has_score or has_reason) or not is_timed:
        raise DataError(f"{path}: expected a record of a fit, got another; remove it to fit anew")
