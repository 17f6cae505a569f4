"""Parts and folds over groups: no group ever stands on two sides.

scikit-learn's splitters deal rows, or deal groups with no promise that a small
class stands on both sides. Here the groups of each class are shuffled and dealt
out, so that classes are stratified by groups and each class keeps at least one
group on either side. Groups that hold several classes are dealt as a class of
their own.

Floor 2: works on arrays, prints nothing.
"""

import numpy as np

from sklimg.errors import DataError

__all__ = ["grouped_folds", "split_test"]


def split_test(
    labels: np.ndarray, groups: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Choose the test rows: whole groups, stratified by class.

    Parameters
    ----------
    labels, groups : ndarray of shape (n_images,)
        Class and group of each row.
    share : float
        Of each class's groups, in (0, 1); at least one group a class is chosen
        and at least one is left.
    rng : numpy.random.Generator

    Returns
    -------
    test : ndarray of shape (n_images,), bool

    Raises
    ------
    DataError
        If a class has a single group; it is named.
    """
    inverse, strata, mixed = _strata(labels, groups)
    counts = np.bincount(strata)
    lonely = [
        str(labels[inverse == np.flatnonzero(strata == s)[0]][0])
        for s in np.flatnonzero(counts == 1)
        if s != mixed
    ]
    if lonely:
        few = ", ".join(map(repr, lonely[:5])) + (" …" if len(lonely) > 5 else "")
        raise DataError(
            f"{len(lonely)} class{'es' * (len(lonely) > 1)} with a single image (copies count "
            f"once), which cannot stand in both training and test: {few}; "
            "add images or take the class out"
        )
    chosen = np.zeros(len(strata), bool)
    for stratum, count in enumerate(counts):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        n_test = min(max(1, round(count * share)), count - 1)
        chosen[members[:n_test]] = True
    return chosen[inverse]


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
    inverse, strata, _ = _strata(labels, groups)
    n_folds = min(n_folds, len(strata))
    if n_folds < 2:
        raise DataError("expected at least two different images to cross-validate; add images")
    order = np.lexsort((rng.random(len(strata)), strata))
    fold = np.empty(len(strata), int)
    fold[order] = np.arange(len(strata)) % n_folds  # neighbours in a class go to different folds
    of_row = fold[inverse]
    return [(np.flatnonzero(of_row != k), np.flatnonzero(of_row == k)) for k in range(n_folds)]


def _strata(labels: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return each row's group number, each group's class number, and that of mixed groups."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    classes, codes = np.unique(np.asarray(labels, object), return_inverse=True)
    strata = codes[first]
    mixed = len(classes)
    strata[inverse[codes != strata[inverse]]] = mixed
    _, dense = np.unique(strata, return_inverse=True)
    return inverse, dense, dense.max(initial=-1) if (strata == mixed).any() else -1
