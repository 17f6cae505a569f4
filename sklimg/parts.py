"""Which rows of a table train and which test, no group standing on both sides.

Floor 5: works on tables; what it finds it tells a callable.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.errors import DataError, UsageError
from sklimg.files import natural_key
from sklimg.grouping import group_rows
from sklimg.names import SPLIT_WORDS, TURNED
from sklimg.sources import Collection
from sklimg.splits import split_parts
from sklimg.stacking import stack_tables
from sklimg.table import Table

__all__ = [
    "SPLIT",
    "Parts",
    "check_apart",
    "is_data",
    "name_of",
    "split_table",
]

SPLIT = "split"  # the column that may tell the part of each row
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Parts:
    """What becomes of each row, and what stays together.

    Attributes
    ----------
    table : Table
        The rows of the data, then those of other test data.
    groups : ndarray of shape (n_images,), int
        Rows with equal values are never on two sides.
    digests : ndarray of shape (n_images,), uint64
        Of the pixels.
    split : ndarray of shape (n_images,) of str
        "train", "validation", "test", or "dropped": of a group that a later
        part of given data holds.
    turned : bool or None
        Whether mirrored and turned copies were looked for; None where no near
        copies were.
    """

    table: Table
    groups: np.ndarray
    digests: np.ndarray
    split: np.ndarray
    turned: bool | None

    @property
    def train(self) -> np.ndarray:
        """Indices of the training rows."""
        return np.flatnonzero(self.split == "train")

    @property
    def validation(self) -> np.ndarray:
        """Indices of the rows that choices are made by, where they are set apart."""
        return np.flatnonzero(self.split == "validation")

    @property
    def test(self) -> np.ndarray:
        """Indices of the test rows."""
        return np.flatnonzero(self.split == "test")


def split_table(
    read: Collection,
    name: str,
    test: float | Collection | None,
    group: str,
    rng: np.random.Generator,
    tell: Callable[[str, str], None],
    validation: float = 0.0,
    turned: str = TURNED[0],
) -> Parts:
    """Set the test rows apart, and validation rows if wanted, whole groups at a time.

    Parameters
    ----------
    read : Collection
        The data.
    name : str
        What errors call it.
    test : float, Collection or None
        Share of each class's groups, or other data; None for the column
        ``split`` of the data, or a fifth if it has none.
    group : str
        "auto", "exact", "none" or the name of a column; see `sklimg.fit`.
    rng : numpy.random.Generator
    tell : callable
        Called with a topic and a line of text.
    validation : float, default=0
        Share of each class's groups.
    turned : {"auto", "yes", "no"}, default="auto"
        Whether a mirrored or turned picture is the same picture.

    Returns
    -------
    parts : Parts

    Raises
    ------
    DataError
        If labels are missing, classes are too few or too small, or the column
        ``split`` holds other words.
    UsageError
        If the column is unknown, or a validation share is asked for beside parts
        that are given.
    """
    table, n_own = read.table, len(read.table)
    _check_labels(table, name)
    is_other, is_given = isinstance(test, Collection), test is None and SPLIT in table.columns
    if is_other:
        table = _with_test(table, test.table)
    if validation and (is_other or is_given):
        raise UsageError("validation: expected no share where the parts are given; leave it out")
    digests = pixel_digests(table.pixels)
    groups, is_turned = group_rows(table, group, digests, tell, turned)
    if is_other or is_given:
        words = np.where(np.arange(len(table)) < n_own, "train", "test").astype(object)
        split = _parted(_given(table, name) if is_given else words, groups, tell)
        _check_labels(table.take(split == "train"), f"{name} without what the test data holds")
    else:
        shares = {"test": TEST_SHARE if test is None else test}
        shares |= {"validation": validation} if validation else {}
        try:
            split = split_parts(table.labels, groups, shares, rng)
        except DataError as err:
            has_near = len(np.unique(groups)) < len(np.unique(digests))
            hint = ", or keep exact copies alone together (--group exact)" if has_near else ""
            raise DataError(f"{name}: {err}{hint}") from err
    parts = Parts(table, groups, digests, split, is_turned)
    how = "as given" if is_other or is_given else "whole groups, stratified by class"
    middle = f", {len(parts.validation)} validation" if len(parts.validation) else ""
    tell("split", f"{len(parts.train)} training{middle} and {len(parts.test)} test images, {how}")
    return parts


def _given(table: Table, name: str) -> np.ndarray:
    """Return the parts that the column ``split`` tells."""
    words = table.columns[SPLIT]
    strange = [word for word in dict.fromkeys(words) if word not in SPLIT_WORDS]
    if strange:
        raise DataError(
            f"{name}: expected train, validation or test in the column {SPLIT!r}, got "
            f"{strange[0]!r}; correct it, or pass a test share to deal the rows anew"
        )
    if not np.any(words == "test"):
        raise DataError(f"{name}: expected test rows in the column {SPLIT!r}, got none")
    return words.copy()


def _parted(words: np.ndarray, groups: np.ndarray, tell: Callable[[str, str], None]) -> np.ndarray:
    """Return given parts without the rows whose group a later part holds: they leak."""
    split = words.copy()
    later = [("test",), ("test", "validation")]
    for part, others in zip(("validation", "train"), later, strict=True):
        shared = (split == part) & np.isin(groups, groups[np.isin(split, others)])
        split[shared] = "dropped"
        if shared.any():
            kind = "training" if part == "train" else part
            where = " or ".join(other for other in others if np.any(words == other))
            tell(
                "copies", f"{shared.sum()} {kind} images dropped: {where} images or of their groups"
            )
    return split


def _with_test(table: Table, other: Table) -> Table:
    """Return a table with the rows of other test data behind its own."""
    if (other.spec.side, other.spec.mode) != (table.spec.side, table.spec.mode):
        raise DataError(
            f"test: expected images of {table.spec} like the training data, got {other.spec}"
        )
    if np.any(other.labels == ""):
        raise DataError("test: expected a label for each test image; label them")
    return stack_tables([table, other], table.columns)


def _check_labels(table: Table, name: str) -> None:
    """Raise DataError unless there are labels, of two classes at least."""
    unlabelled = int(np.sum(table.labels == ""))
    if unlabelled:
        raise DataError(
            f"{name}: {unlabelled} of {len(table)} images have no label; "
            "label them or take them out"
        )
    classes = sorted(set(table.labels), key=natural_key)
    if len(classes) < 2:
        got = repr(classes[0]) if classes else "no images"
        raise DataError(
            f"{name}: expected at least two classes, got {got}; "
            "add images of another class, one folder a class"
        )


def check_apart(out: str | os.PathLike, data: str | os.PathLike | Table) -> None:
    """Raise UsageError if *out* would stand in the folder *data* and be read as a part of it."""
    if not is_data(data) or isinstance(data, Table) or not Path(data).is_dir():
        return
    if Path(out).resolve().is_relative_to(Path(data).resolve()):
        raise UsageError(
            f"{out}: expected a folder outside of {data}, or its pictures would be read as data "
            "the next time; choose another -o"
        )


def is_data(test: float | str | os.PathLike | Table | None) -> bool:
    """Tell whether *test* means other data, not a share or nothing."""
    return not isinstance(test, int | float | None)


def name_of(data: float | str | os.PathLike | Table | None) -> str | float | None:
    """Return data as it was named, for records and messages."""
    if isinstance(data, Table):
        return f"a table of {len(data)} images"
    return str(data) if is_data(data) else data
