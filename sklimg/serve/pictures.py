"""Pictures as they come in, as they are kept, and as they are learned from.

Floor 7: decodes, keeps nothing.
"""

import re
from pathlib import Path
from typing import NamedTuple

from sklimg.digests import pixel_digests
from sklimg.images import read_image
from sklimg.spec import ImageSpec

__all__ = ["UPLOADS", "Incoming", "Labelled", "Stored", "is_upload", "picture_digest"]

UPLOADS = "uploads/"  # before the id of an upload: its path in a table
_UPLOAD = re.compile(r"uploads/[0-9a-f]{64}")


class Incoming(NamedTuple):
    """A picture that was received, in a file that the store may take.

    Attributes
    ----------
    file : Path
    id : str
        SHA-256 of its bytes, in hexadecimal.
    n_bytes : int
    name, label : str
        Any text that UTF-8 can hold.
    digest : bytes
        As `picture_digest` returns it.
    """

    file: Path
    id: str
    n_bytes: int
    name: str
    label: str
    digest: bytes


class Stored(NamedTuple):
    """A picture that is kept: "new", "known" with this label, or in "conflict".

    It is in conflict once it was given several labels, until one is decided for.
    """

    id: str
    name: str
    label: str
    status: str


class Labelled(NamedTuple):
    """A picture to learn from."""

    id: str
    label: str
    file: Path


def is_upload(path: str) -> bool:
    """Tell whether a row of a table was uploaded to a service."""
    return _UPLOAD.fullmatch(path) is not None


def picture_digest(content: bytes, spec: ImageSpec) -> bytes:
    """Return the digest of a picture's pixels; equal pixels, equal digests.

    Raises
    ------
    ImageError
        If it does not become pixels; its ``code`` names the reason.
    """
    return pixel_digests(read_image(content, spec).reshape(1, -1)).tobytes()
