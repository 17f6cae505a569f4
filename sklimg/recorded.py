"""What a run was made of: its table, found again, and what became of each row.

Floor 5: reads data, prints nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sklimg.digests import joint_digest, pixel_digests
from sklimg.errors import DataError, TableError
from sklimg.files import file_sha256
from sklimg.names import TABLE
from sklimg.parts import name_of
from sklimg.runfiles import RunFiles
from sklimg.sources import read_data
from sklimg.spec import ImageSpec
from sklimg.splits import class_groups
from sklimg.stacking import stack_tables
from sklimg.table import Table

__all__ = ["Recorded", "kept_table", "read_recorded"]

_HELD = ("test", "validation")
_REMEDY = "bring it back as it was, or fit anew"


@dataclass(frozen=True)
class Recorded:
    """The rows of a run.

    Attributes
    ----------
    table : Table
        All rows of ``splits.csv``, in its order.
    groups : ndarray of shape (n_images,), int
    split : ndarray of shape (n_images,) of str
        "train", "validation", "test" or "dropped".
    shares : dict of str to float
        Of the groups, dropped ones aside, for "test" and "validation", when the first run was
        made: of few new images, none may go to a part, and its share is not to dwindle.
    """

    table: Table
    groups: np.ndarray
    split: np.ndarray
    shares: dict[str, float]

    def without(self, paths: Collection[str]) -> "Recorded":
        """Return the rows of other paths."""
        rows = np.flatnonzero([path not in paths for path in self.table.paths])
        return Recorded(self.table.take(rows), self.groups[rows], self.split[rows], self.shares)

    def n_of_class(self, part: str | None = None) -> dict[str, int]:
        """Return how many groups of each class stand in a part, or in all of them."""
        rows = self.split != "dropped" if part is None else self.split == part
        return class_groups(self.table.labels[rows], self.groups[rows])


def read_recorded(
    run: RunFiles, seen: np.ndarray, given: str | Path | Table | None = None, jobs: int = -1
) -> Recorded:
    """Find the table of a run again, and check that it is still the same.

    Parameters
    ----------
    run : RunFiles
    seen : ndarray of uint64
        Digests of the images that the run's model was trained on.
    given : path or Table, optional
        Where the table is now; by default where ``data.json`` says, or in the run folder.
    jobs : int, default=-1
        Processes that decode images.

    Raises
    ------
    DataError
        If it is missing, or not what the run was made of.
    """
    spec = ImageSpec(**run.data["image"])
    place = _place(run) if given is None else given
    name = name_of(place)
    try:
        table = read_data(place, spec, jobs=jobs).table
        splits = run.splits
        n_rows, test = len(splits["row"]), run.config.get("test")
        if len(table) < n_rows and isinstance(test, str):
            if test.startswith("a table of "):
                raise DataError(f"{test} tested it, which is not kept; bring both as one table")
            table = stack_tables([table, read_data(test, spec, jobs=jobs).table], table.columns)
            name = f"{name} or {test}"
    except (DataError, TableError) as err:
        raise DataError(f"{run.name}: the table that it was made of: {err}") from err
    if len(table) != n_rows:
        raise _changed(name, run, f"expected {n_rows} rows, got {len(table)}")
    for kind, found in (("label", table.labels), ("path", table.paths)):
        differ = np.flatnonzero(found != np.array(splits[kind], object))
        if len(differ):
            row = differ[0]
            raise _changed(
                name, run, f"row {row}: expected {kind} {splits[kind][row]!r}, got {found[row]!r}"
            )
    split, digests = np.array(splits["split"], object), pixel_digests(table.pixels)
    if run.data.get("pixels_sha256") not in (None, joint_digest(digests)):
        raise _changed(name, run, "other pixels")
    if not np.array_equal(np.unique(digests[split == "train"]), seen):
        raise _changed(name, run, "other pixels than its model has learned")
    groups = np.array(splits["group"], int)
    shares = run.config.get("shares") or {part: _share(part, groups, split) for part in _HELD}
    shares = {part: min(1.0, max(0.0, float(shares[part]))) for part in _HELD}
    return Recorded(table, groups, split, shares)


def kept_table(run_dir: Path, told: str | None) -> Path | None:
    """Return where the table of a run is: in its folder, if it is kept there, or where told."""
    own = run_dir / TABLE
    is_own = told is not None and Path(told).parts[-2:] == TABLE.parts and own.is_file()
    return own if is_own else None if told is None else Path(told)


def _share(part: str, groups: np.ndarray, split: np.ndarray) -> float:
    """Return the share of the groups, dropped ones aside, that stand in a part."""
    n_groups = len(np.unique(groups[split != "dropped"]))
    return len(np.unique(groups[split == part])) / max(n_groups, 1)


def _place(run: RunFiles) -> Path:
    """Return where the table of a run is, unless its file was changed."""
    told = run.data.get("path")
    if told is None:
        raise DataError(
            f"{run.name}: was made from a table in Python, which is not kept; pass it as recorded"
        )
    place, digest = kept_table(run.place, told), run.data.get("sha256")
    try:
        if not place.exists():
            raise DataError(
                f"{told}: expected the table that {run.name} was made of, got nothing there; "
                f"{_REMEDY}, or say where it is (--recorded)"
            )
        if digest is not None and (not place.is_file() or file_sha256(place) != digest):
            raise _changed(str(place), run, f"expected SHA-256 {digest[:12]}…, got another")
    except OSError as err:
        raise DataError(f"{told}: cannot be read: {err.strerror}; check the path") from err
    return place


def _changed(name: str, run: RunFiles, what: str) -> DataError:
    return DataError(f"{name}: has changed since {run.name} was made of it: {what}; {_REMEDY}")
