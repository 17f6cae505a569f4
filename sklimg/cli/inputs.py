"""What ``predict`` is asked: lines on stdin, images, folders, maps and tables, one after another.

Floor 8: yields answers as they come; prints warnings alone.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sklimg.cli.door import say
from sklimg.errors import DataError, ImageError, SklimgError, TableError
from sklimg.files import path_text
from sklimg.names import SEES_BLACK, SPEC_UNKNOWN

__all__ = ["Answer", "from_inputs", "from_paths", "from_stdin", "is_list"]

_BATCH = 64  # images that are answered at a time


class Answer(NamedTuple):
    """What a model says of one input.

    Attributes
    ----------
    name : str
    shares : ndarray of shape (n_classes,), or SklimgError
        Probabilities, or why there are none.
    label : str
        The true one, where it stands beside.
    pixels : ndarray or None
    """

    name: str
    shares: Any
    label: str = ""
    pixels: Any = None


def is_list(text: str) -> bool:
    """Tell whether a file stands for many inputs: a table or a map."""
    from sklimg.table import is_table

    return Path(text).suffix.lower() == ".csv" or is_table(Path(text))


def from_stdin(model) -> Iterator[Answer]:
    """Answer each vector, named by its line, as it comes; or one image."""
    from sklimg.formats import looks_like_image
    from sklimg.images import read_image
    from sklimg.vectors import parse_vector

    if sys.stdin is None:
        raise TableError("stdin: expected a vector or an image, got a closed stdin; pass an INPUT")
    stream = sys.stdin.buffer
    if sys.stdin.isatty():
        say(f"type a vector of {model.spec.n_pixels} numbers from 0 to 255 and press Enter:")
    first, number = stream.readline(), 1
    while first and not first.strip(b"\xef\xbb\xbf \t\r\n"):
        first, number = stream.readline(), number + 1
    if looks_like_image(first):
        try:
            pixels = read_image(first + stream.read(), model.spec)
        except ImageError as err:
            raise ImageError(str(err).replace("image:", "stdin:", 1), err.code) from err
        _warn_of_pictures(model, "stdin")
        yield Answer("-", model.predict_proba(pixels.reshape(1, -1))[0])
        return
    if not first:
        raise TableError(
            "stdin: expected a vector or an image, got nothing; pass an INPUT or pipe one"
        )
    line = first
    while line:
        if line.strip():
            try:
                text = line.decode("utf-8-sig", "backslashreplace")
                vector = parse_vector(text, model.spec.n_pixels, f"stdin, line {number}")
            except TableError as err:
                yield Answer(str(number), err)
            else:
                if number == 1 and len(vector) > 4 and vector.tolist() == list(range(len(vector))):
                    say("warning: stdin, line 1: taken as a header of numbers", warning=True)
                    number, line = number + 1, stream.readline()
                    continue
                if vector.max() == 1:
                    say(f"warning: {SEES_BLACK}", warning=True)
                yield Answer(str(number), model.predict_proba(vector[None])[0])
        number, line = number + 1, stream.readline()


def from_paths(model, lines: Iterable[bytes]) -> Iterator[Answer]:
    """Answer the image that each line names, as it comes."""
    _warn_of_pictures(model, "--paths")
    for line in lines:
        if name := line.rstrip(b"\r\n"):
            path = Path(os.fsdecode(name))
            yield from _of_images(model, [(path_text(path), path, path.resolve().parent.name)])


def from_inputs(model, inputs: tuple[str, ...]) -> Iterator[Answer]:
    """Answer each image or row of each input, in natural order."""
    for text in inputs:
        try:
            yield from from_stdin(model) if text == "-" else _of_input(model, text)
        except SklimgError as err:
            yield Answer(text, err)


def _of_input(model, text: str) -> Iterator[Answer]:
    """Answer a table, or the images of a folder, a map or one file."""
    from sklimg.table import is_table

    path = Path(text)
    if path.is_file() and is_table(path):
        yield from _of_table(model, path)
        return
    from sklimg.listing import IGNORED, list_images

    listing = list_images(path)
    for name, code, reason in listing.rejects:
        if code != IGNORED:
            yield Answer(name, ImageError(f"{path / name}: {reason}", code))
    if not listing.items and all(code == IGNORED for _, code, _ in listing.rejects):
        raise DataError(f"{text}: expected images, found none")
    base = path if path.is_dir() else path.parent
    named = [(path_text(base / item.name), item.file, item.label) for item in listing.items]
    if named:
        _warn_of_pictures(model, text)
    for start in range(0, len(named), _BATCH):
        yield from _of_images(model, named[start : start + _BATCH])


def _warn_of_pictures(model, name: str) -> None:
    """Say so where it is not known what pictures are to become."""
    if not model.spec_is_known:
        say(f"warning: {name}: {SPEC_UNKNOWN} {model.spec}, not inverted", warning=True)


def _of_images(model, named: list[tuple[str, Path, str]]) -> Iterator[Answer]:
    """Answer a batch of images, each given by a name, a file and a label."""
    import numpy as np

    from sklimg.images import read_image

    read = []
    for name, file, label in named:
        try:
            read.append((name, read_image(file, model.spec).reshape(-1), label))
        except ImageError as err:
            read.append((name, err, label))
    vectors = [pixels for _, pixels, _ in read if not isinstance(pixels, ImageError)]
    shares = iter(model.predict_proba(np.stack(vectors)) if vectors else ())
    for name, pixels, label in read:
        if isinstance(pixels, ImageError):
            yield Answer(name, pixels, label)
        else:
            yield Answer(name, next(shares), label, pixels)


def _of_table(model, path: Path) -> Iterator[Answer]:
    """Answer the rows of a table; an error names the table."""
    from sklimg.table import read_table, spec_notes

    table = read_table(path)
    for note in spec_notes(table, model.spec, str(path)):
        say(f"warning: {note}", warning=True)
    names = [name or f"row {i}" for i, name in enumerate(table.paths, start=1)]
    try:
        shares = model.predict_proba(table.pixels)
    except TableError as err:
        raise TableError(f"{path}: {err}") from err
    yield from map(Answer, names, shares, table.labels, table.pixels)
