"""Features of images, kept on disk by what they were made of.

A row stands under a digest of the pixels and of everything that decides its features,
so nothing kept is ever wrong, only unneeded; the oldest go when there are too many.

Floor 1: reads and writes one SQLite file, prints nothing.
"""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from sklimg.errors import OutputError

__all__ = ["FeatureStore", "cache_file", "row_keys"]

_MOST_BYTES = 2**30
_WAIT_SECONDS = 60.0  # for another process that writes
_AT_A_TIME = 500  # keys that are asked for


class FeatureStore:
    """Rows of features by key, in one file that several processes may use.

    Parameters
    ----------
    file : path
        Made where it is missing.
    most_bytes : int, default=2**30
        What the rows may take; beyond, the oldest half goes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = FeatureStore(Path(folder, "features.sqlite"))
    ...     store.put([b"a"], np.ones((1, 3), np.float32))
    ...     store.get([b"a", b"b"])
    {b'a': array([1., 1., 1.], dtype=float32)}
    """

    def __init__(self, file: str | os.PathLike, most_bytes: int = _MOST_BYTES):
        self.file, self.most_bytes = Path(file), most_bytes

    def get(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        """Return what is kept, by key.

        Raises
        ------
        OutputError
            If the file cannot be used.
        """
        found = {}
        with self._opened() as base:
            for first in range(0, len(keys), _AT_A_TIME):
                some = keys[first : first + _AT_A_TIME]
                marks = ",".join("?" * len(some))
                rows = base.execute(f"SELECT key, row FROM features WHERE key IN ({marks})", some)
                found |= {key: np.frombuffer(row, np.float32) for key, row in rows}
        return found

    def put(self, keys: Sequence[bytes], rows: np.ndarray) -> None:
        """Keep rows of shape (n, n_features), float32.

        Raises
        ------
        OutputError
            If the file cannot be used.
        """
        with self._opened() as base, base:
            new = zip(keys, (row.tobytes() for row in rows), strict=True)
            base.executemany("INSERT OR REPLACE INTO features (key, row) VALUES (?, ?)", new)
            taken, n = base.execute("SELECT TOTAL(LENGTH(row)), COUNT(*) FROM features").fetchone()
            if taken > self.most_bytes:
                oldest = "SELECT number FROM features ORDER BY number LIMIT ?"
                base.execute(f"DELETE FROM features WHERE number IN ({oldest})", [n // 2])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for as long as it takes."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.file, timeout=_WAIT_SECONDS)) as base:
                base.execute(
                    "CREATE TABLE IF NOT EXISTS features "
                    "(number INTEGER PRIMARY KEY, key BLOB UNIQUE NOT NULL, row BLOB NOT NULL)"
                )
                yield base
        except (OSError, sqlite3.Error) as err:
            raise OutputError(
                f"{self.file}: the kept features cannot be used: {err}; delete the file, or leave "
                "it out with --no-cache"
            ) from err


def cache_file() -> Path:
    """Return where features are kept: in the user's folder for what may be deleted."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():  # any other is to be ignored
        place = given
    else:
        place = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return place / "sklimg" / "features.sqlite"


def row_keys(X: np.ndarray, about: str) -> list[bytes]:
    """Return a key for each row of pixels.

    Parameters
    ----------
    X : ndarray of shape (n_images, n_pixels), uint8
    about : str
        Everything else that decides the features.
    """
    start = hashlib.blake2b(about.encode(), digest_size=16)
    keys = []
    for row in np.ascontiguousarray(X):
        one = start.copy()
        one.update(row)
        keys.append(one.digest())
    return keys
