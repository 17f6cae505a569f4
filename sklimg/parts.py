"""Which rows of a table train and which test, no group standing on both sides.

Floor 5: works on tables; what it finds it tells a callable.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sklimg.duplicates import group_copies, join_groups, pixel_digests
from sklimg.errors import DataError, UsageError
from sklimg.files import count, natural_key
from sklimg.sources import Collection
from sklimg.spec import ImageSpec
from sklimg.splits import split_test
from sklimg.table import Table

__all__ = ["Parts", "group_rows", "is_data", "name_of", "spec_notes", "split_table"]


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
        "train", "test", or "dropped": a copy of an image of other test data.
    """

    table: Table
    groups: np.ndarray
    digests: np.ndarray
    split: np.ndarray

    @property
    def train(self) -> np.ndarray:
        """Indices of the training rows."""
        return np.flatnonzero(self.split == "train")

    @property
    def test(self) -> np.ndarray:
        """Indices of the test rows."""
        return np.flatnonzero(self.split == "test")


def split_table(
    read: Collection,
    name: str,
    test: float | Collection,
    group: str,
    rng: np.random.Generator,
    tell: Callable[[str, str], None],
) -> Parts:
    """Set the test rows apart, whole groups at a time.

    Parameters
    ----------
    read : Collection
        The data.
    name : str
        What errors call it.
    test : float or Collection
        Share of each class's groups, or other data.
    group : str
        "auto", "none" or the name of a column; see `sklimg.fit`.
    rng : numpy.random.Generator
    tell : callable
        Called with a topic and a line of text.

    Returns
    -------
    parts : Parts

    Raises
    ------
    DataError
        If labels are missing, or classes are too few or too small.
    UsageError
        If the column is unknown.
    """
    table, n_own = read.table, len(read.table)
    is_other = isinstance(test, Collection)
    _check_labels(table, name)
    if is_other:
        table = _with_test(table, test.table)
    digests = pixel_digests(table.pixels)
    groups = group_rows(table, group, digests, tell)
    if is_other:
        split = np.where(np.arange(len(table)) < n_own, "train", "test").astype(object)
        shared = (split == "train") & np.isin(groups, groups[n_own:])
        split[shared] = "dropped"
        if shared.any():
            tell(
                "copies", f"{shared.sum()} training images dropped: test images or of their groups"
            )
        _check_labels(table.take(split == "train"), f"{name} without what the test data holds")
    else:
        try:
            is_test = split_test(table.labels, groups, test, rng)
        except DataError as err:
            raise DataError(f"{name}: {err}") from err
        split = np.where(is_test, "test", "train").astype(object)
    counts = [np.sum(split == part) for part in ("train", "test")]
    how = "as given" if is_other else "whole groups, stratified by class"
    tell("split", f"{counts[0]} training and {counts[1]} test images, {how}")
    return Parts(table, groups, digests, split)


def group_rows(
    table: Table, group: str, digests: np.ndarray, tell: Callable[[str, str], None]
) -> np.ndarray:
    """Return the group of each row, and tell what was found.

    Parameters
    ----------
    table : Table
    group : str
        "auto": copies, and rows that share a value in a column ``group`` if there
        is one; "none": every row for itself; else the column to use instead.
    digests : ndarray of shape (n_images,), uint64
        Of the pixels.
    tell : callable
        Called with a topic and a line of text.

    Returns
    -------
    groups : ndarray of shape (n_images,), int

    Raises
    ------
    UsageError
        If there is no such column.
    """
    copies = group_copies(digests)
    n_copies, n_groups = len(table) - len(np.unique(copies)), len(np.unique(copies))
    if group == "none":
        tell("copies", f"{n_copies} rows are copies and are NOT kept together, as asked")
        return np.arange(len(table))
    are = "row is an exact copy" if n_copies == 1 else "rows are exact copies"
    kept = f"{n_copies} {are} of another row; kept together in {count(n_groups, 'group')}"
    tell("copies", kept if n_copies else "none")
    conflicts = len(np.unique(copies[table.labels != table.labels[copies]]))
    if conflicts:
        tell("warning", f"{count(conflicts, 'picture')} under two labels; decide which is right")
    column = "group" if group == "auto" else group
    if column in table.columns:
        groups = join_groups(copies, table.columns[column])
        tell("groups", f"{len(np.unique(groups))} by the column {column!r} and by copies")
        return groups
    if group == "auto":
        return copies
    known = ", ".join(table.columns) or "none"
    raise UsageError(f"group: the data has no column {group!r}; its further columns: {known}")


def _with_test(table: Table, other: Table) -> Table:
    """Return a table with the rows of other test data behind its own."""
    if (other.spec.side, other.spec.mode) != (table.spec.side, table.spec.mode):
        raise DataError(
            f"test: expected images of {table.spec} like the training data, got {other.spec}"
        )
    if np.any(other.labels == ""):
        raise DataError("test: expected a label for each test image; label them")
    tables = (table, other)
    columns = {
        name: np.concatenate([t.columns.get(name, np.full(len(t), "", object)) for t in tables])
        for name in table.columns
    }
    joined = [
        np.concatenate([getattr(t, name) for t in tables]) for name in ("pixels", "labels", "paths")
    ]
    return Table(*joined, columns, table.spec if table.spec_is_known else None)


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


def spec_notes(table: Table, spec: ImageSpec, name: str) -> list[str]:
    """Return a note if a table's images were made in another way than *spec* says."""
    other = table.spec
    if not table.spec_is_known or other == spec:
        return []
    names = [n for n, value in spec.as_dict().items() if value != other.as_dict()[n]]
    differ = ", ".join(f"{n} {other.as_dict()[n]}, not {spec.as_dict()[n]}" for n in names)
    return [f"{name}: its images were made in another way ({differ})"]


def is_data(test: float | str | os.PathLike | Table) -> bool:
    """Tell whether *test* means other data, not a share."""
    return not isinstance(test, int | float)


def name_of(data: float | str | os.PathLike | Table) -> str | float:
    """Return data as it was named, for records and messages."""
    if isinstance(data, Table):
        return f"a table of {len(data)} images"
    return str(data) if is_data(data) else data
