"""The form of an upload: pictures, their labels, an archive.

Files are spooled as they come in; only labels are kept in memory.

Floor 7: writes spool files.
"""

import re
from collections import Counter
from typing import NamedTuple

from sklimg.listing import JUNK, is_junk
from sklimg.serve.problems import Problem
from sklimg.serve.spools import Spool, Spools
from sklimg.serve.zips import MOST_BYTES, TOO_LARGE

__all__ = ["MOST_NAME", "MOST_PICTURES", "Image", "UploadForm", "check_label"]

MOST_PICTURES = 10_000
MOST_NAME = 1000  # characters of a name that are kept
_MOST_LABEL = 1000  # characters
_LABEL = f"1 to {_MOST_LABEL:,} characters, not only spaces"
_MOST = {"images": MOST_PICTURES, "label": MOST_PICTURES, "archive": 1}  # parts


class Image(NamedTuple):
    """A file that was sent as an image.

    Attributes
    ----------
    name : str
        As the client calls it; any text.
    spool : Spool
    refusal : tuple of str or None
        Code and reason, if it is not to be read; then the spool file is gone.
    """

    name: str
    spool: Spool
    refusal: tuple[str, str] | None


class UploadForm:
    """Takes the parts of a form.

    Parameters
    ----------
    spools : Spools

    Attributes
    ----------
    images : list of Image
    archive : Spool or None
    """

    def __init__(self, spools: Spools):
        self.images: list[Image] = []
        self.archive: Spool | None = None
        self._labels: list[str] = []
        self._spools, self._n_begun = spools, Counter()
        self._field, self._name, self._text = "", "", bytearray()
        self._spool: Spool
        self._refusal: tuple[str, str] | None = None

    def begin(self, field: str, name: str) -> None:
        """Begin a part."""
        if field not in _MOST:
            got = f"one called {field[:80]!r}; leave it out"
            raise _unusable("body", 'parts called "images", "label" or "archive"', got)
        self._n_begun[field] += 1
        if self._n_begun[field] > _MOST[field]:
            raise _unusable(field, f"at most {_MOST[field]:,} of them", "more; send several forms")
        self._field, self._name, self._refusal = field, name[:MOST_NAME], None
        if field == "label":
            self._text.clear()
            return
        self._spool = self._spools.new()
        if field == "images" and is_junk(re.split(r"[/\\]", name)[-1:]):
            self._refuse(JUNK)

    def take(self, data: bytes) -> None:
        """Take some of its bytes."""
        if self._field == "label":
            self._text += data
            if len(self._text) > 4 * _MOST_LABEL:  # bytes of as many characters
                raise _unusable("label", _LABEL, "more")
        elif self._refusal:
            return
        elif self._field == "images" and self._spool.n_bytes + len(data) > MOST_BYTES:
            self._refuse(TOO_LARGE)
        else:
            self._spool.write(data)

    def end(self) -> None:
        """End it."""
        if self._field == "label":
            try:
                label = self._text.decode()
            except UnicodeDecodeError as err:
                raise _unusable("label", "UTF-8", "other bytes") from err
            check_label(label)
            self._labels.append(label)
            return
        self._spool.close()
        if not self._name and not self._spool.n_bytes:
            self._spools.drop(self._spool)  # a field of a page that nobody filled
        elif self._field == "archive":
            self.archive = self._spool
        else:
            self.images.append(Image(self._name, self._spool, self._refusal))

    def labels(self) -> tuple[list[str], str | None]:
        """Return the label of each image, and that of all others, None if there is none.

        Raises
        ------
        Problem
            If there are more or fewer than there should be, or no files.
        """
        n, labels = len(self.images), self._labels
        if not n and self.archive is None:
            raise _unusable("body", 'files called "images" or "archive"', "none")
        if len(labels) not in ((1, n) if n else (0, 1)):
            expected = f"one for all images, or one for each of {n:,}" if n else "at most one"
            raise _unusable("label", expected, f"{len(labels):,}")
        return (labels * n, labels[0]) if len(labels) == 1 else (labels, None)

    def _refuse(self, refusal: tuple[str, str]) -> None:
        self._refusal = refusal
        self._spools.drop(self._spool)


def check_label(label: str) -> None:
    """Raise unless a text can be a label.

    Raises
    ------
    Problem
        422 if it is empty, of spaces alone, too long, holds NUL or what UTF-8 cannot hold.
    """
    try:
        label.encode()
    except UnicodeEncodeError as err:
        raise _unusable("label", "text that UTF-8 can hold", "half a character") from err
    if "\0" in label:
        raise _unusable("label", _LABEL, "one with NUL")
    if not label.strip() or len(label) > _MOST_LABEL:
        got = f"{len(label):,}" if label.strip() or not label else "spaces"
        raise _unusable("label", _LABEL, got)


def _unusable(where: str, expected: str, got: str) -> Problem:
    return Problem(422, "content", f"{where}: expected {expected}, got {got}")
