"""Which rows of a table stay together, and how that is told.

Floor 5: works on a table; what it finds it tells a callable.
"""

from collections.abc import Callable

import numpy as np

from sklimg.duplicates import Copies, find_copies
from sklimg.errors import UsageError
from sklimg.files import count
from sklimg.groups import group_copies, join_groups, label_conflicts
from sklimg.names import TURNED
from sklimg.table import Table

__all__ = ["group_rows"]


def group_rows(
    table: Table,
    group: str,
    digests: np.ndarray,
    tell: Callable[[str, str], None],
    turned: str = TURNED[0],
) -> tuple[np.ndarray, bool | None]:
    """Return the group of each row, and tell what was found.

    Parameters
    ----------
    table : Table
    group : str
        "auto": copies and near copies, and rows that share a value in a column
        ``group`` if there is one; "exact": copies with equal pixels alone;
        "none": every row for itself; else the column to use in place of ``group``.
    digests : ndarray of shape (n_images,), uint64
        Of the pixels.
    tell : callable
        Called with a topic and a line of text.
    turned : {"auto", "yes", "no"}, default="auto"
        Whether a mirrored or turned picture is the same picture.

    Returns
    -------
    groups : ndarray of shape (n_images,), int
    turned : bool or None
        Whether mirrored and turned copies were looked for; None where no near
        copies were.

    Raises
    ------
    UsageError
        If there is no such column, or *turned* is given where it means nothing.
    """
    column = "group" if group == "auto" else group
    if group not in ("auto", "exact", "none") and column not in table.columns:
        known = ", ".join(table.columns) or "none"
        raise UsageError(f"group: the data has no column {group!r}; its further columns: {known}")
    is_exact = group in ("exact", "none")
    if is_exact and turned != TURNED[0]:
        raise UsageError(
            f"turned: expected {TURNED[0]} where group is {group}, as no near copies are looked "
            f"for, got {turned}; leave one of the two out"
        )
    if is_exact:
        exact = group_copies(digests)
        copies = Copies(exact, exact, False)
    else:
        copies = find_copies(
            table.pixels, table.spec, labels=table.labels, digests=digests, turned=turned
        )
    is_turned = None if is_exact else copies.turned
    n_copies = len(table) - len(np.unique(copies.groups))
    if group == "none":
        tell("copies", f"{n_copies} rows are copies and are NOT kept together, as asked")
        return np.arange(len(table)), is_turned
    tell("copies", _described(copies, n_copies, is_turned))
    for note in copies.notes:
        tell("note", note)
    conflicts = label_conflicts(copies.groups, table.labels)
    if len(conflicts):
        pictures = count(len(conflicts), "picture")
        tell("warning", f"{pictures} under two labels; decide which is right")
    if column not in table.columns:
        return copies.groups, is_turned
    groups = join_groups(copies.groups, table.columns[column])
    tell("groups", f"{len(np.unique(groups))} by the column {column!r} and by copies")
    return groups, is_turned


def _described(copies: Copies, n_copies: int, is_turned: bool | None) -> str:
    """Say how many rows are copies, how they were looked for, and in how many groups."""
    n_exact = len(copies.exact) - len(np.unique(copies.exact))
    compared = {
        None: "",
        False: ", compared as they stand",
        True: ", compared mirrored, turned and shifted, too",
    }[is_turned]
    if not n_copies:
        return f"none{compared}"
    kept = f"kept together in {count(len(copies.exact) - n_copies, 'group')}{compared}"
    if n_copies == n_exact:
        are = "row is an exact copy" if n_copies == 1 else "rows are exact copies"
        return f"{n_copies} {are} of another row; {kept}"
    are = "row is a copy" if n_copies == 1 else "rows are copies"
    return f"{n_copies} {are} of another row, {n_exact} exact; {kept}"
