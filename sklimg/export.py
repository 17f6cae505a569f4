"""A model in one file, to hand on: its files, its card, its report.

Floor 5: reads a model, writes a zip, prints nothing.
"""

import os
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from sklimg.errors import ModelError, UsageError
from sklimg.files import write_bytes
from sklimg.modelcard import CARD
from sklimg.modelfiles import MOST_OF_PAGE, SUMS, pages_of_zip, read_model_files, sums_of
from sklimg.regular import read_regular
from sklimg.report import REPORT

__all__ = ["export_model"]

_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same model is the same file


def export_model(model: str | os.PathLike | None, out: str | os.PathLike) -> list[str]:
    """Write a model, with the card and the report of its run, into a zip.

    Parameters
    ----------
    model : path or None
        As of `sklimg.load`.
    out : path
        Ends in ``.zip``; it is replaced whole.

    Returns
    -------
    names : list of str
        What is in it.

    Raises
    ------
    ModelError
        If there is no model, or it is damaged.
    UsageError
        If *out* has another ending.
    OutputError
        If it cannot be written.
    """
    if Path(out).suffix.lower() != ".zip":
        raise UsageError(f"{out}: expected a name ending in .zip")
    files = read_model_files(model)
    buffer, names = BytesIO(), []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files.contents, SUMS: sums_of(files.contents)}.items():
            names.append(f"model/{name}")
            archive.writestr(zipfile.ZipInfo(names[-1], _DATE), content, zipfile.ZIP_DEFLATED)
        for name, content in _pages(files.place):
            names.append(name)
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    write_bytes(out, buffer.getvalue())
    return names


def _pages(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the pages beside a model, in its run or in the zip that it stands in."""
    if place.is_file():
        yield from pages_of_zip(place, (CARD, REPORT))
        return
    for name in (CARD, REPORT):
        file = place.absolute().parent / name
        if place.name == "model" and file.is_file():
            try:
                yield name, read_regular(file, MOST_OF_PAGE)
            except OSError as err:
                raise ModelError(f"{file}: cannot be read: {err.strerror}; check it") from err
