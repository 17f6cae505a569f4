"""The files of a model, in a folder or an exported zip: found, read, checked by their sums.

    model.npz         the arrays
    manifest.json     format, classes, image spec, steps, versions, probes
    pipeline.joblib   the scikit-learn Pipeline, which nothing here opens
    backbone.onnx     the network of its features, if there is one
    SHA256SUMS        of them all

Sums show damage, not malice; what is read is data and runs nothing.

Floor 1: reads files and the manifest, opens no array.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from sklimg.errors import ModelError
from sklimg.names import LATEST
from sklimg.regular import read_regular

__all__ = [
    "ARRAYS",
    "BACKBONE",
    "FORMAT",
    "MANIFEST",
    "MOST_OF_PAGE",
    "PIPELINE",
    "SUMS",
    "ModelFiles",
    "find_model",
    "id_of",
    "pages_of_zip",
    "read_manifest",
    "read_model_files",
    "sums_of",
]

FORMAT = "sklimg-model-2"
ARRAYS, MANIFEST, PIPELINE = "model.npz", "manifest.json", "pipeline.joblib"
BACKBONE = "backbone.onnx"  # where there is one
SUMS = "SHA256SUMS"
MOST_OF_PAGE = 2**26  # bytes
_NEEDED = (ARRAYS, MANIFEST, PIPELINE)
_MOST_BYTES, _MOST_LISTED = 2**30, 2**16  # of all files of a zip, and of SHA256SUMS
_ZIP_ERRORS = (EOFError, NotImplementedError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)


class ModelFiles(NamedTuple):
    """A model's files as they were read, each equal to its sum.

    Attributes
    ----------
    place : Path
        The folder or zip they were read from.
    id : str
        Twelve hexadecimal digits that change with any of them.
    contents : dict of str to bytes
    """

    place: Path
    id: str
    contents: dict[str, bytes]


def find_model(path: str | os.PathLike | None = None) -> Path:
    """Return the model folder or the exported zip that *path* means.

    Parameters
    ----------
    path : path, optional
        A run folder, its ``model/``, an exported zip, or "latest", the default:
        ``artifacts/latest``.

    Raises
    ------
    ModelError
        If there is no model.
    """
    start = LATEST if path is None or str(path) == "latest" else Path(path)
    try:
        for folder in (start, start / "model"):
            if (folder / MANIFEST).is_file():
                return folder
        is_missing = not start.exists()
        if start.is_file() and start.suffix.lower() == ".zip":
            return start
    except (OSError, ValueError) as err:
        reason = getattr(err, "strerror", None) or err
        raise ModelError(f"{start}: cannot be read: {reason}; check the path") from err
    if is_missing:
        remedy = "fit one first or pass -m RUN" if start == LATEST else "check the path"
        raise ModelError(f"{start}: expected a model, found nothing there; {remedy}")
    if (start / "journal").is_dir() and not (start / "model").exists():
        raise ModelError(
            f"{start}: the run is not finished; go on with sklimg fit --resume {start}"
        )
    raise ModelError(
        f"{start}: expected a run folder, its model/ or an exported zip, got something else"
    )


def read_model_files(path: str | os.PathLike | None = None) -> ModelFiles:
    """Read the files of a model and compare each with its sum.

    Parameters
    ----------
    path : path, optional
        As of `find_model`.

    Raises
    ------
    ModelError
        If there is no model, or a file is missing, damaged or none of a model's.
    """
    place = find_model(path)
    if place.is_file():
        return _from_zip(place)
    try:
        sums = read_regular(place / SUMS, _MOST_LISTED)
    except OSError as err:
        raise _incomplete(place, err) from err
    return _checked(place, sums, lambda name: read_regular(place / name))


def read_manifest(files: ModelFiles) -> dict[str, Any]:
    """Return the manifest among a model's files.

    Raises
    ------
    ModelError
        If it is none, or one of another format.
    """
    try:
        manifest = json.loads(files.contents[MANIFEST])
        made = manifest["format"]
    except (LookupError, RecursionError, TypeError, ValueError) as err:
        raise _damaged(files.place, MANIFEST) from err
    if made != FORMAT:
        raise ModelError(f"{files.place}: expected format {FORMAT}, got {made!r}; fit it anew")
    odd = [
        key
        for key, is_right in _CHECKS.items()
        if key not in manifest or not is_right(manifest[key])
    ]
    if odd or sorted(manifest["counts"]) != sorted(manifest["classes"]):
        raise ModelError(
            f"{files.place}: its manifest is not as sklimg writes it "
            f"({', '.join(odd) or 'counts'}); copy or fit the model again"
        )
    return manifest


def _is_text(value: Any) -> bool:
    """Tell whether it is a text that UTF-8 can hold."""
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _are_named(value: Any, kind: type) -> bool:
    return isinstance(value, dict) and all(type(item) is kind for item in value.values())


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "classes": _are_texts,
    "columns": _are_texts,
    "counts": lambda value: _are_named(value, int),
    "error_rate": _is_share,
    "image": lambda value: isinstance(value, dict),
    "image_is_known": lambda value: isinstance(value, bool),
    "no_arrays": _is_text,
    "pipeline": _are_texts,
    "probes": lambda value: isinstance(value, dict),
    "steps": lambda value: value is None or isinstance(value, list),
    "threshold": lambda value: value is None or _is_share(value),
    "versions": lambda value: _are_named(value, str),
}


def sums_of(contents: Mapping[str, bytes]) -> bytes:
    """Return the content of SHA256SUMS for files by their names."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items()]
    return "".join(lines).encode("ascii")


def id_of(sums: bytes) -> str:
    """Return the name of a model with these sums."""
    return hashlib.sha256(sums).hexdigest()[:12]


def _checked(place: Path, sums: bytes, read: Callable[[str], bytes]) -> ModelFiles:
    """Return the files of a model, all listed and each equal to its sum."""
    try:
        listed = [line.split("  ")[1] for line in sums.decode("ascii").split("\n")[:-1]]
    except (IndexError, ValueError) as err:
        raise _damaged(place, SUMS) from err
    names = [*_NEEDED, *[BACKBONE] * (BACKBONE in listed)]
    if listed != names:
        raise ModelError(
            f"{place}: {SUMS} lists other files than a model has; copy it again or fit it anew"
        )
    try:
        contents = {name: read(name) for name in names}
    except (KeyError, OSError) as err:
        raise _incomplete(place, err) from err
    expected = sums.split(b"\n")
    found = sums_of(contents).split(b"\n")
    for name, one, other in zip([*names, SUMS], expected, found, strict=True):
        if one != other:
            raise _damaged(place, name)
    return ModelFiles(place, id_of(sums), contents)


def _from_zip(file: Path) -> ModelFiles:
    """Return the model in an exported zip; its names are checked, nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(file, entries)
            inside = {entry.filename: entry for entry in entries}
            if f"model/{SUMS}" not in inside:
                raise ModelError(
                    f"{file}: expected an exported model, got a zip without model/{SUMS}; make it "
                    "with sklimg export"
                )
            sums = archive.read(inside[f"model/{SUMS}"])
            return _checked(file, sums, lambda name: archive.read(inside[f"model/{name}"]))
    except _ZIP_ERRORS as err:
        raise ModelError(f"{file}: damaged zip: {err}; export the model again") from err


def pages_of_zip(file: Path, names: Sequence[str]) -> list[tuple[str, bytes]]:
    """Return the names and contents of those pages that an exported zip has.

    Raises
    ------
    ModelError
        If the zip is damaged, or a page too large.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            inside = {entry.filename: entry for entry in archive.infolist()}
            there = [inside[name] for name in names if name in inside]
            if any(entry.file_size > MOST_OF_PAGE for entry in there):
                raise ModelError(
                    f"{file}: expected pages of at most 64 MB, got more; do not trust it"
                )
            return [(entry.filename, archive.read(entry)) for entry in there]
    except _ZIP_ERRORS as err:
        raise ModelError(f"{file}: damaged zip: {err}; export the model again") from err


def _check_entries(file: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse names that lead elsewhere or stand twice, and what is too large."""
    names = [entry.filename for entry in entries]
    for name in names:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise ModelError(
                f"{file}: expected names inside the zip, got {name!r}, which leads out of it; do "
                "not trust this file"
            )
    if len(set(names)) < len(names):
        raise ModelError(f"{file}: a name stands twice in it; do not trust this file")
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise ModelError(f"{file}: expected at most 1 GB of files, got more; do not trust it")


def _incomplete(place: Path, err: Exception) -> ModelError:
    return ModelError(f"{place}: incomplete model: {err}; copy it again or fit it anew")


def _damaged(place: Path, name: str) -> ModelError:
    return ModelError(
        f"{place / name}: damaged, it is not what was saved; copy or fit the model again"
    )
