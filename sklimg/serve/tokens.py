"""The token of a service: made at its first start, kept in a file that only its user reads.

Several services that answer as one are given theirs, in a file that was made elsewhere.

Floor 7: writes one file.
"""

import os
import re
import secrets
import stat
from pathlib import Path

from sklimg.errors import DataError, OutputError
from sklimg.files import replacing_file
from sklimg.partials import alone_in
from sklimg.regular import read_regular

__all__ = ["read_token"]

_NAME = "token"
_TOKEN = re.compile(r"[!-~]{16,256}")
_MOST_BYTES = 1024
_TOO_OPEN = 0o077
_GIVEN_TOO_OPEN = 0o037  # a group may read it, as secrets are handed to containers


def read_token(folder: Path, given: Path | None = None) -> tuple[str, Path, bool]:
    """Return the token that a folder keeps, made if there is none; or the one that is given.

    Parameters
    ----------
    folder : Path
        Made when missing.
    given : Path, optional
        A file with a token, which is never made or changed. The folder then needs none.

    Returns
    -------
    token : str
    file : Path
        Where it stands, mode 0600.
    is_new : bool

    Raises
    ------
    OutputError
        If it cannot be written or read, or if others may read it.
    DataError
        If the file holds no token.
    """
    file, is_new = given or folder / _NAME, False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if given is None:
            with alone_in(folder):  # of several services that start at once, one makes it
                is_new = not os.path.lexists(file)
                if is_new:
                    _make(file)
        text = read_regular(file, _MOST_BYTES).decode("utf-8", "replace").strip()
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as err:
        if isinstance(err, OutputError):
            raise
        reason = err.strerror or type(err).__name__
        raise OutputError(
            f"{file}: the token cannot be kept there: {reason}; use another --data"
            if given is None
            else f"{file}: the token cannot be read: {reason}; check --token-file and --data"
        ) from err
    if mode & (_TOO_OPEN if given is None else _GIVEN_TOO_OPEN):
        who = "only you can read" if given is None else "only you and its group can read"
        raise OutputError(
            f"{file}: expected a file that {who}, got mode {mode:04o}; run: chmod 600 {file}"
        )
    if not _TOKEN.fullmatch(text):
        remedy = "delete the file, and a new one is made" if given is None else "write one there"
        raise DataError(
            f"{file}: expected a token of 16 to 256 letters without spaces, got something else; "
            f"{remedy}"
        )
    return text, file, is_new


def _make(file: Path) -> None:
    """Write a new token that nobody else can read at any moment."""
    with replacing_file(file, mode=0o600) as out:
        out.write(secrets.token_urlsafe(32).encode() + b"\n")
