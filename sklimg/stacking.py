"""Tables, one under the other.

Floor 1: works on tables, prints nothing.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from sklimg.errors import TableError
from sklimg.table import Table

__all__ = ["stack_tables"]


def stack_tables(tables: Sequence[Table], columns: Iterable[str] | None = None) -> Table:
    """Return the rows of several tables as one.

    Parameters
    ----------
    tables : sequence of Table
        Of images of one kind; how they were made is taken from the first.
    columns : iterable of str, optional
        Further columns to keep; by default all that one of them has. A table that lacks
        one has empty texts there.

    Raises
    ------
    TableError
        If the images are of several sizes or modes.

    Examples
    --------
    >>> pixels = np.zeros((1, 4), np.uint8)
    >>> tables = Table(pixels, ["a"]), Table(pixels, ["b"], columns={"group": ["g"]})
    >>> both = stack_tables(tables)
    >>> both.labels.tolist(), both.columns["group"].tolist()
    (['a', 'b'], ['', 'g'])
    """
    first = tables[0]
    for other in tables[1:]:
        if (other.spec.side, other.spec.mode) != (first.spec.side, first.spec.mode):
            raise TableError(f"expected images of {first.spec} like the others, got {other.spec}")
    if columns is None:
        columns = dict.fromkeys(name for table in tables for name in table.columns)
    further = {
        name: np.concatenate([t.columns.get(name, np.full(len(t), "", object)) for t in tables])
        for name in columns
    }
    pixels, labels, paths = (
        np.concatenate([getattr(t, name) for t in tables]) for name in ("pixels", "labels", "paths")
    )
    return Table(pixels, labels, paths, further, first.spec if first.spec_is_known else None)
