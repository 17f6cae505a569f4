"""Parts and folds over groups: no group ever stands on two sides.

scikit-learn's splitters deal rows, or deal groups with no promise that a small
class stands on both sides. Here the groups of each class are shuffled and dealt
out, so that classes are stratified by groups. Groups that hold several classes,
such as the writers of symbols, cannot be dealt class by class: of many random
deals the one is taken that spreads the classes most evenly.

Floor 2: works on arrays, prints nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np

from sklimg.errors import DataError

__all__ = ["class_groups", "grouped_folds", "hold_back", "split_parts"]

_DEALS = 64  # tried where groups hold several classes


def split_parts(
    labels: np.ndarray,
    groups: np.ndarray,
    shares: Mapping[str, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """Deal rows into training and other parts: whole groups, stratified by class.

    Parameters
    ----------
    labels, groups : ndarray of shape (n_images,)
        Class and group of each row.
    shares : mapping of str to float
        Of each class's groups, for every part but "train", together under 1; at
        least one group a class goes to each part, and at least one is left.
    rng : numpy.random.Generator

    Returns
    -------
    parts : ndarray of shape (n_images,) of str
        "train" or one of *shares*.

    Raises
    ------
    DataError
        If a class cannot stand in every part; it is named.

    Examples
    --------
    >>> labels, groups = np.array(list("aaabbb")), np.arange(6)
    >>> shares = {"test": 0.3, "validation": 0.3}
    >>> parts = split_parts(labels, groups, shares, np.random.default_rng(0))
    >>> sorted(parts[:3].tolist())
    ['test', 'train', 'validation']
    """
    names = ["train", *shares]
    inverse, strata, n_mixed = _strata(labels, groups)

    def deal() -> np.ndarray:
        chosen = np.zeros(len(strata), int)
        for stratum, count in enumerate(np.bincount(strata)):
            members = rng.permutation(np.flatnonzero(strata == stratum))
            for part, share in enumerate(shares.values(), start=1):
                left = len(names) - part  # one group at least for each part still to come
                n = min(max(1, round(count * share)), len(members) - left)
                chosen[members[: max(n, 0)]] = part
                members = members[max(n, 0) :]
        return chosen[inverse]

    wanted = np.array([1 - sum(shares.values()), *shares.values()])
    part = _evenest(deal, labels, wanted, _DEALS if n_mixed else 1)
    sides = [set(labels[part == side]) for side in range(len(names))]
    partial = sorted(set.union(*sides) - set.intersection(*sides))
    if partial:
        few = ", ".join(map(repr, partial[:5])) + (" …" if len(partial) > 5 else "")
        where = " and ".join([", ".join(["training", *list(shares)[:-1]]), list(shares)[-1]])
        raise DataError(
            f"{len(partial)} class{'es' * (len(partial) > 1)} with too few different images "
            f"to stand in {where} (those of one group count once): {few}; "
            "add images or take the class out"
        )
    return np.asarray(names, object)[part]


def grouped_folds(
    labels: np.ndarray, groups: np.ndarray, n_folds: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal rows into folds for cross-validation, as GridSearchCV takes them.

    Parameters
    ----------
    labels, groups : ndarray of shape (n_images,)
        Class and group of each row.
    n_folds : int
        At least 2; no more than there are groups are made.
    rng : numpy.random.Generator

    Returns
    -------
    folds : list of (train, test)
        Row indices; each row is in the test part of one fold.

    Raises
    ------
    DataError
        If there are fewer than two groups.
    """
    inverse, strata, n_mixed = _strata(labels, groups)
    n_folds = min(n_folds, len(strata))
    if n_folds < 2:
        raise DataError("expected at least two different images to cross-validate; add images")

    def deal() -> np.ndarray:
        order = np.lexsort((rng.random(len(strata)), strata))
        fold = np.empty(len(strata), int)
        fold[order] = np.arange(len(strata)) % n_folds  # neighbours in a class part
        return fold[inverse]

    fold = _evenest(deal, labels, np.full(n_folds, 1 / n_folds), _DEALS if n_mixed else 1)
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n_folds)]


def hold_back(
    labels: np.ndarray, groups: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Deal rows into those that train and those held back to watch the training.

    Parameters
    ----------
    labels, groups : ndarray of shape (n_images,)
        Class and group of each row.
    share : float
        Of each class's groups; at least one, but none of a class of a single group.
    rng : numpy.random.Generator

    Returns
    -------
    train, held_back : ndarray of int
        Row indices.

    Raises
    ------
    DataError
        If no class has two groups.
    """
    alone = {label for label, n in class_groups(labels, groups).items() if n < 2}
    many = np.flatnonzero([label not in alone for label in labels])
    if not len(many):
        raise DataError(
            "expected a class with two different images at least, to hold one back, got none; "
            "add images"
        )
    parts = split_parts(labels[many], groups[many], {"validation": share}, rng)
    held = many[parts == "validation"]
    return np.setdiff1d(np.arange(len(labels)), held), held


def class_groups(labels: np.ndarray, groups: np.ndarray) -> dict[str, int]:
    """Return how many groups each class has rows in."""
    pairs = set(zip(labels, groups, strict=True))
    return dict(Counter(label for label, _ in pairs))


def _strata(labels: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return each row's group, each group's class, both numbered, and the mixed groups' count.

    Groups of several classes have a class number of their own.
    """
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    _, codes = np.unique(np.asarray(labels, object), return_inverse=True)
    strata = codes[first]
    mixed = np.unique(inverse[codes != strata[inverse]])
    strata[mixed] = codes.max(initial=0) + 1
    return inverse, strata, len(mixed)


def _evenest(
    deal: Callable[[], np.ndarray], labels: np.ndarray, shares: np.ndarray, n_deals: int
) -> np.ndarray:
    """Return the one of several deals that spreads each class closest to *shares*."""
    if n_deals == 1:
        return deal()
    _, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)

    def unevenness(part: np.ndarray) -> float:
        cells = np.bincount(codes * len(shares) + part, minlength=len(sizes) * len(shares))
        spread = cells.reshape(len(sizes), -1) / sizes[:, None]
        return float(np.sum((spread - shares) ** 2) + np.sum(spread == 0))

    return min((deal() for _ in range(n_deals)), key=unevenness)
