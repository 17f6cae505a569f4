"""Which rows of a table train and which test, no group standing on both sides.

Floor 5: works on tables; what it finds it tells a callable.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sklimg.duplicates import group_copies, join_groups, pixel_digests
from sklimg.errors import DataError, UsageError
from sklimg.files import natural_key
from sklimg.sources import read_data
from sklimg.splits import split_test
from sklimg.table import Table

__all__ = ["Parts", "is_data", "name_of", "split_table"]


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
    table: Table,
    test: float | str | os.PathLike | Table,
    group: str,
    rng: np.random.Generator,
    tell: Callable[[str, str], None],
) -> Parts:
    """Set the test rows apart, whole groups at a time.

    Parameters
    ----------
    table : Table
    test : float, path or Table
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
        If the share is no share or the column unknown.
    """
    given = is_data(test)
    if not given and not 0 < test < 1:
        raise UsageError(f"test: expected a share between 0 and 1, or data, got {test}")
    _check_labels(table)
    n_own = len(table)
    if given:
        table = _with_test(table, test)
    digests = pixel_digests(table.pixels)
    groups = _groups(table, group, digests, tell)
    if given:
        split = np.where(np.arange(len(table)) < n_own, "train", "test").astype(object)
        copies = (split == "train") & np.isin(groups, groups[n_own:])
        if copies.any():
            split[copies] = "dropped"
            tell("copies", f"{copies.sum()} training images are copies of test images: dropped")
            _check_labels(table.take(split == "train"))
    else:
        is_test = split_test(table.labels, groups, test, rng)
        split = np.where(is_test, "test", "train").astype(object)
    counts = [np.sum(split == part) for part in ("train", "test")]
    how = "as given" if given else "whole groups, stratified by class"
    tell("split", f"{counts[0]} training and {counts[1]} test images, {how}")
    return Parts(table, groups, digests, split)


def _groups(table: Table, group: str, digests: np.ndarray, tell: Callable) -> np.ndarray:
    """Return the group of each row, and tell what was found."""
    copies = group_copies(digests)
    n_copies = len(table) - len(np.unique(copies))
    if group == "none":
        tell("copies", f"{n_copies} rows are copies and are NOT kept together, as asked")
        return np.arange(len(table))
    kept = f"kept together in {len(np.unique(copies))} groups" if n_copies else "none"
    tell("copies", f"{n_copies} rows are exact copies of another row; {kept}" if n_copies else kept)
    first = table.labels[copies]
    conflicts = len(np.unique(copies[table.labels != first]))
    if conflicts:
        tell("warning", f"{conflicts} pictures stand under two labels; decide which is right")
    name = "group" if group == "auto" else group
    if name not in table.columns:
        if group == "auto":
            return copies
        known = ", ".join(table.columns) or "none"
        raise UsageError(f"group: the data has no column {group!r}; its further columns: {known}")
    groups = join_groups(copies, table.columns[name])
    tell("groups", f"{len(np.unique(groups))} by the column {name!r} and by copies")
    return groups


def _with_test(table: Table, test: str | os.PathLike | Table) -> Table:
    """Return a table with the rows of other test data behind its own."""
    other = read_data(test, table.spec).table
    if other.spec.n_pixels != table.spec.n_pixels:
        raise DataError(
            f"{name_of(test)}: expected images of {table.spec} like the training data, "
            f"got {other.spec}"
        )
    if np.any(other.labels == ""):
        raise DataError(f"{name_of(test)}: expected a label for each test image; label them")
    tables = (table, other)
    columns = {
        name: np.concatenate([t.columns.get(name, np.full(len(t), "", object)) for t in tables])
        for name in table.columns
    }
    joined = [np.concatenate([getattr(t, name) for t in tables]) for name in ("pixels", "labels")]
    return Table(*joined, np.concatenate([t.paths for t in tables]), columns, table.spec)


def _check_labels(table: Table) -> None:
    """Raise DataError unless there are labels, of two classes at least."""
    unlabelled = int(np.sum(table.labels == ""))
    if unlabelled:
        raise DataError(
            f"{unlabelled} of {len(table)} images have no label; label them or take them out"
        )
    classes = sorted(set(table.labels), key=natural_key)
    if len(classes) < 2:
        raise DataError(
            f"expected at least two classes, got {len(classes)}: {', '.join(classes)!r}; "
            "add images of another class, one folder a class"
        )


def is_data(test: float | str | os.PathLike | Table) -> bool:
    """Tell whether *test* means other data, not a share."""
    return not isinstance(test, int | float)


def name_of(data: float | str | os.PathLike | Table) -> str | float:
    """Return data as it was named, for records and messages."""
    if isinstance(data, Table):
        return f"a table of {len(data)} images"
    return str(data) if is_data(data) else data
