"""Leaks: pictures that stand in several of the parts that a data set gives.

Floor 5: works on a table, prints nothing.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sklimg.names import SPLIT_WORDS
from sklimg.table import Table

__all__ = ["Leaks", "find_leaks"]


@dataclass(frozen=True)
class Leaks:
    """What `find_leaks` found.

    Attributes
    ----------
    groups : list of ndarray of int
        The rows of each group that stands in several parts.
    between : dict of str to int
        Groups that two parts share, by "train and test"; pairs of parts that
        share none are left out.
    is_given : bool
        Whether the table tells parts at all.
    strange : list of str
        Words in the column ``split`` that `sklimg.fit` does not take.
    """

    groups: list[np.ndarray]
    between: dict[str, int]
    is_given: bool
    strange: list[str]


def find_leaks(table: Table, groups: np.ndarray) -> Leaks:
    """Find the groups that stand in several parts.

    Parameters
    ----------
    table : Table
        Its column ``split`` tells the part of each row; an empty one tells none.
    groups : ndarray of shape (n_images,), int

    Returns
    -------
    leaks : Leaks
    """
    given = table.columns.get("split")
    if given is None:
        return Leaks([], {}, False, [])
    words = dict.fromkeys(given)
    parts = {part: set(groups[given == part].tolist()) for part in sorted(words) if part}
    shared = {pair: parts[pair[0]] & parts[pair[1]] for pair in combinations(parts, 2)}
    leaking = sorted(set().union(*shared.values()))
    inside = np.flatnonzero((given != "") & np.isin(groups, leaking))
    inside = inside[np.argsort(groups[inside], kind="stable")]
    rows = np.split(inside, np.flatnonzero(np.diff(groups[inside])) + 1) if leaking else []
    between = {" and ".join(pair): len(both) for pair, both in shared.items() if both}
    strange = [word for word in words if word not in SPLIT_WORDS]
    return Leaks(rows, between, True, strange)
