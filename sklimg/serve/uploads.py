"""Labelled pictures as a form brings them, alone or in a zip file.

Each file ends as a picture that was decoded, or as a reject whose code is one of
`ImageError`, one of `sklimg.serve.zips`, or ``no_label`` for a file that lies in no folder
of an archive while there is no label for all. Names and labels are only ever told.

Floor 7: reads one file, writes spool files.
"""

from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sklimg.errors import ImageError
from sklimg.serve.multipart import read_parts
from sklimg.serve.pictures import Incoming, picture_digest
from sklimg.serve.problems import Problem
from sklimg.serve.spools import Spool, Spools
from sklimg.serve.uploadforms import MOST_NAME, MOST_PICTURES, Image, UploadForm, check_label
from sklimg.serve.zips import Entry, copy_entry, read_entries
from sklimg.spec import ImageSpec

__all__ = ["Received", "receive"]

_PIECE = 2**16  # bytes


class Received(NamedTuple):
    """What an upload brought: as many files as there are pictures and rejects.

    Attributes
    ----------
    pictures : list of Incoming
        Their files stand in the folder for spool files.
    rejects : list of dict of str to str
        ``name``, ``code`` and ``detail`` of each.
    """

    pictures: list[Incoming]
    rejects: list[dict[str, str]]


def receive(body_file: Path, content_type: str, incoming: Path, spec: ImageSpec) -> Received:
    """Take the pictures out of a form.

    Parameters
    ----------
    body_file : Path
        A form with parts ``images``, which are files; ``label``, one for all of them or one
        for each; ``archive``, a zip file whose pictures lie in folders of their labels, or
        in none if there is one label for all.
    content_type : str
        With the boundary between its parts.
    incoming : Path
        A folder for spool files.
    spec : ImageSpec
        How the model sees pictures.

    Returns
    -------
    received : Received

    Raises
    ------
    Problem
        If the form or the archive cannot be used; then no spool file is left.
    OutputError
        If the disk refuses something; likewise.
    """
    received = Received([], [])
    with Spools(incoming) as spools:
        form = UploadForm(spools)
        with body_file.open("rb") as body:
            read_parts(iter(partial(body.read, _PIECE), b""), content_type, form)
        labels, label_of_all = form.labels()
        entries = _entries(form)
        taker = _Taker(received, spools, spec)
        for image, label in zip(form.images, labels, strict=True):
            taker.take_image(image, label)
        if form.archive:
            with form.archive.file.open("rb") as file:
                for entry in entries:
                    taker.take_entry(file, entry, label_of_all)
            spools.drop(form.archive)
    return received


class _Taker:
    """Turns files into pictures and rejects."""

    def __init__(self, received: Received, spools: Spools, spec: ImageSpec):
        self._received, self._spools, self._spec = received, spools, spec

    def take_image(self, image: Image, label: str) -> None:
        """Take a part of the form."""
        if image.refusal:
            self._reject(image.name, *image.refusal)
        else:
            self._take(image.spool, image.name, label)

    def take_entry(self, file: BinaryIO, entry: Entry, label_of_all: str | None) -> None:
        """Take an entry of the archive."""
        label = entry.parts[-2] if len(entry.parts) > 1 else label_of_all
        if refusal := entry.refusal or _label_refusal(label):
            self._reject(entry.name, *refusal)
            return
        spool = self._spools.new()
        try:
            copy_entry(file, entry, spool.write)
        except ImageError as err:
            self._spools.drop(spool)
            self._reject(entry.name, err.code, str(err))
            return
        spool.close()
        self._take(spool, entry.name, label)

    def _take(self, spool: Spool, name: str, label: str) -> None:
        """Decode a file."""
        try:
            digest = picture_digest(spool.file.read_bytes(), self._spec)
        except ImageError as err:
            self._spools.drop(spool)
            self._reject(name, err.code, str(err).removeprefix("image: "))
            return
        name = name[:MOST_NAME]
        picture = Incoming(spool.file, spool.id, spool.n_bytes, name, label, digest)
        self._received.pictures.append(picture)

    def _reject(self, name: str, code: str, detail: str) -> None:
        self._received.rejects.append({"name": name[:MOST_NAME], "code": code, "detail": detail})


def _entries(form: UploadForm) -> list[Entry]:
    """Return the files in the archive of a form."""
    entries = []
    if form.archive:
        with form.archive.file.open("rb") as file:
            entries = read_entries(file)
    if len(form.images) + len(entries) > MOST_PICTURES:
        got = f"{len(form.images) + len(entries):,}"
        text = (
            f"body: expected at most {MOST_PICTURES:,} files in all, got {got}; send several forms"
        )
        raise Problem(422, "content", text)
    return entries


def _label_refusal(label: str | None) -> tuple[str, str] | None:
    """Return code and reason if an entry has no label."""
    if label is None:
        return "no_label", "expected it in the folder of its label, got none; or send one label"
    try:
        check_label(label)
    except Problem as err:
        return "bad_name", f"its folder is no {err.detail}"
    return None
