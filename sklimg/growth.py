"""How the table of a run grows: what is new, what contradicts it, and where each new row goes.

Rows of the run keep their parts. A new row that is a copy of one goes where that is; the
others are dealt out, whole groups at a time, so that each class has in each part the share
that the run gave it.

Floor 5: works on tables; what it finds it tells a callable.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from sklimg.digests import pixel_digests
from sklimg.duplicates import find_copies
from sklimg.errors import DataError
from sklimg.files import count, natural_key
from sklimg.groups import group_copies, join_groups, join_pairs
from sklimg.parts import SPLIT, Parts
from sklimg.recorded import Recorded
from sklimg.stacking import stack_tables
from sklimg.table import Table

__all__ = ["Growth", "grow"]

_PARTS = ("train", "validation", "test", "dropped")
_HELD = ("test", "validation")  # in the order in which they are dealt to
_SEVERAL, _FRESH = -2, -1  # in place of a part
_LEAK = ("leak", "it is a copy of pictures in several parts; leave it out")
_TINY = 1e-9  # by which a share of groups may miss a whole number
_SHOWN = 5
_PORTION = 0.25  # of the rows of a run, so many new ones are compared with them at a time


@dataclass(frozen=True)
class Growth:
    """A run's rows with the new ones behind them.

    Attributes
    ----------
    parts : Parts
    is_new : ndarray of shape (n_images,) of bool
    n_there : int
        Images that the run has already.
    rejects : list of (path, code, reason)
        What was not taken in: ``conflict``, a picture under two labels; ``leak``, a copy
        of pictures in several parts; ``few``, of a class with too few pictures.
    """

    parts: Parts
    is_new: np.ndarray
    n_there: int
    rejects: list[tuple[str, str, str]]


def grow(
    recorded: Recorded,
    added: Table,
    *,
    group: str,
    turned: bool | None,
    rng: np.random.Generator,
    tell: Callable[[str, str], None],
) -> Growth:
    """Add rows to those of a run.

    Parameters
    ----------
    recorded : Recorded
    added : Table
        Labelled images of the same kind.
    group : str
        As of `sklimg.fit`, when the run was made.
    turned : bool or None
        Whether mirrored and turned copies were looked for then; None if no near copies.
    rng : numpy.random.Generator
    tell : callable
        Called with a topic and a line of text.

    Raises
    ------
    DataError
        If there is nothing new to train on, or an image has no label.
    """
    n_unlabelled = int(np.sum(added.labels == ""))
    if n_unlabelled:
        raise DataError(
            f"{n_unlabelled} of {len(added)} new images have no label; label them or take them out"
        )
    n_old = len(recorded.table)
    table = stack_tables([recorded.table, added])
    digests = pixel_digests(table.pixels)
    is_there = _there(digests, table.labels, n_old)
    rejects: list[tuple[str, str, str]] = []
    rows = np.flatnonzero(~is_there)
    table, digests = table.take(rows), digests[rows]
    names = np.array(
        [path or f"row {row - n_old}" for path, row in zip(table.paths, rows, strict=True)]
    )
    copies = _copies(table, n_old, digests, group, turned)
    contrary = _contrary(copies, table.labels, n_old)
    rejects += [
        (str(names[i]), "conflict", f"{table.labels[i]!r} here, {others} elsewhere; decide")
        for i, others in contrary.items()
    ]
    rows = np.setdiff1d(np.arange(len(table)), list(contrary))
    table, digests, names = table.take(rows), digests[rows], names[rows]
    copies = group_copies(copies[rows])
    column = "group" if group == "auto" else group
    given = table.columns.get(column, np.full(len(table), "", object))
    if SPLIT in added.columns:
        tell("note", f"the column {SPLIT!r} of the new images has no say: groups are dealt out")
    joined = _with_old(copies if group == "none" else join_groups(copies, given), recorded.groups)
    side, told = _sides(joined, recorded, table.labels, rng)
    rejects += [
        (str(names[i]), *(_few(table.labels[i]) if told[i] == "few" else _LEAK))
        for i in np.flatnonzero(told != "")
    ]
    keep = np.flatnonzero(told == "")
    table, digests, side, joined = table.take(keep), digests[keep], side[keep], joined[keep]
    parts = Parts(
        table,
        group_copies(joined * len(_PARTS) + side),  # a group stands on one side
        digests,
        np.array(_PARTS, object)[side],
        turned,
    )
    is_new = np.arange(len(table)) >= n_old
    growth = Growth(parts, is_new, int(is_there.sum()), rejects)
    _tell(growth, recorded, tell)
    if not np.any(is_new & (parts.split == "train")):
        first = f"; the first: {rejects[0][0]}: {rejects[0][2]}" if rejects else ""
        raise DataError(
            f"expected new pictures to train on, got none: {growth.n_there} of {len(added)} are "
            f"there already, {len(rejects)} could not be taken in{first}; bring others"
        )
    return growth


def _few(label: str) -> tuple[str, str]:
    return "few", f"too few different pictures of {label!r} for each part to have one; add some"


def _there(digests: np.ndarray, labels: np.ndarray, n_old: int) -> np.ndarray:
    """Tell which new rows the run has already, with the same label."""
    pairs = list(zip(digests.tolist(), labels, strict=True))
    known = set(pairs[:n_old])
    return np.array([False] * n_old + [pair in known for pair in pairs[n_old:]], bool)


def _copies(
    table: Table, n_old: int, digests: np.ndarray, group: str, turned: bool | None
) -> np.ndarray:
    """Return the groups of copies, as the run looked for them.

    How close copies are is learned from the images that are looked at. So that a flood of
    others does not change it, new rows are compared with those of the run in portions.
    """
    if group == "none":
        return np.arange(len(table))
    if group == "exact" or turned is None:
        return group_copies(digests)
    word, old, new = "yes" if turned else "no", np.arange(n_old), np.arange(n_old, len(table))
    n_portions = max(1, -(-len(new) // max(1, round(_PORTION * n_old))))
    looks = [np.append(old, some) for some in np.array_split(new, n_portions)]
    looks += [new] if n_portions > 1 else []
    pairs = [np.stack([np.arange(len(table)), group_copies(digests)], axis=1)]
    for rows in looks:
        how = {"digests": digests[rows], "turned": word}
        found = find_copies(table.pixels[rows], table.spec, **how).groups
        pairs.append(np.stack([rows, rows[found]], axis=1))
    return join_pairs(np.concatenate(pairs), len(table))


def _contrary(copies: np.ndarray, labels: np.ndarray, n_old: int) -> dict[int, str]:
    """Return the new rows whose picture stands under other labels, too, and under which."""
    of_group = defaultdict(set)
    for group, label in zip(copies.tolist(), labels, strict=True):
        of_group[group].add(label)
    found = {}
    for row in range(n_old, len(labels)):
        others = of_group[copies[row]] - {labels[row]}
        if others:
            found[row] = ", ".join(map(repr, sorted(others, key=natural_key)[:_SHOWN]))
    return found


def _with_old(groups: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return groups in which those of the run are not apart."""
    pairs = [np.stack([np.arange(len(some)), group_copies(some)], axis=1) for some in (groups, old)]
    return join_pairs(np.concatenate(pairs), len(groups))


def _sides(
    joined: np.ndarray, recorded: Recorded, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of each row by its place, and why a row can have none."""
    n_old = len(recorded.split)
    old = np.array([_PARTS.index(word) for word in recorded.split])
    of_group: dict[int, int] = {}
    for group, part in zip(joined[:n_old].tolist(), old.tolist(), strict=True):
        if part != _PARTS.index("dropped"):
            of_group[group] = part if of_group.get(group, part) == part else _SEVERAL
    side = np.array([*old, *(of_group.get(g, _FRESH) for g in joined[n_old:].tolist())])
    told = np.full(len(side), "", object)
    told[n_old:][side[n_old:] == _SEVERAL] = "leak"
    fresh = np.flatnonzero(side == _FRESH)
    _, first, inverse = np.unique(joined[fresh], return_index=True, return_inverse=True)
    dealt = _dealt(labels[fresh][first], recorded, rng)
    side[fresh] = dealt[inverse]
    told[fresh[dealt[inverse] == _FRESH]] = "few"
    is_train = (side == _PARTS.index("train")) & (told == "")
    met = {*recorded.table.labels, *labels[is_train]}
    is_lost = np.array([label not in met for label in labels], bool)
    lost = (told == "") & is_lost  # with pictures of others, to where those are
    told[lost] = "few"
    return side, told


def _dealt(labels: np.ndarray, recorded: Recorded, rng: np.random.Generator) -> np.ndarray:
    """Return the part of each new group, told by its class; none of a class with too few.

    A class that was not trained on needs a group to train on, and one for each part that
    lacks it. If parts have all the others due, one group trains nevertheless.
    """
    train = _PARTS.index("train")
    parts = np.full(len(labels), train)
    shares = recorded.shares
    held = [part for part in _HELD if shares[part] > 0]
    known, trained = recorded.n_of_class(), recorded.n_of_class("train")
    there = {part: recorded.n_of_class(part) for part in held}
    for label in sorted(set(labels), key=natural_key):
        members = rng.permutation(np.flatnonzero(labels == label))
        n_new, is_trained = len(members), label in trained
        n_all = known.get(label, 0) + n_new
        needs = [] if is_trained else [part for part in held if label not in there[part]]
        if not is_trained and n_new <= len(needs):
            parts[members] = _FRESH
            continue
        for part in held:
            due = floor(shares[part] * n_all + _TINY) - there[part].get(label, 0)
            wanted = min(due, ceil(shares[part] * n_new - _TINY))  # others may be due for long
            left = 0 if is_trained else 1 + len([other for other in needs if other != part])
            n = max(0, min(max(wanted, int(part in needs)), len(members) - left))
            parts[members[:n]] = _PARTS.index(part)
            members, needs = members[n:], [other for other in needs if other != part]
    if len(parts) and np.all(parts != train) and np.any(parts != _FRESH):
        parts[rng.choice(np.flatnonzero(parts != _FRESH))] = train
    return parts


def _tell(growth: Growth, recorded: Recorded, tell: Callable[[str, str], None]) -> None:
    """Tell what became of the new images."""
    parts, new = growth.parts, growth.is_new
    if growth.n_there:
        tell("there", f"{count(growth.n_there, 'image')} of these in the run already, left out")
    for code, what in (
        ("conflict", "under two labels, not trained on until one is decided"),
        ("leak", "copies of pictures in several parts, left out"),
        ("few", "of new classes with too few pictures, left out"),
    ):
        paths = [path for path, why, _ in growth.rejects if why == code]
        if paths:
            tell("warning", f"{count(len(paths), 'image')}: {what}; the first: {paths[0]}")
    classes = set(parts.table.labels[new]) - set(recorded.table.labels)
    if classes:
        named = ", ".join(sorted(classes, key=natural_key)[:_SHOWN])
        tell("classes", f"{count(len(classes), 'new class', 'new classes')}: {named}")
    numbers = ", ".join(
        f"{np.sum(new & (parts.split == part))} to {word}"
        for part, word in (("train", "train on"), ("validation", "judge by"), ("test", "test on"))
        if part in parts.split
    )
    tell("new", f"{count(int(new.sum()), 'image')}: {numbers}; the others stay where they were")
