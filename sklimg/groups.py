"""Groups of rows that must stay together, numbered by the first row of each.

Floor 2: works on arrays, prints nothing.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["group_copies", "join_groups", "join_pairs", "label_conflicts"]


def group_copies(digests: np.ndarray) -> np.ndarray:
    """Return for each row the index of the first row with the same digest.

    Parameters
    ----------
    digests : ndarray of shape (n_images,), int
        Or whatever else is equal for rows of one group.

    Returns
    -------
    groups : ndarray of shape (n_images,), int

    Examples
    --------
    >>> group_copies(np.array([7, 5, 7])).tolist()
    [0, 1, 0]
    """
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    return first[inverse]


def join_groups(copies: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return groups in which neither copies nor rows of one given group are apart.

    Parameters
    ----------
    copies, given : ndarray of shape (n_images,)
        Two groupings of the same rows; an empty given group groups nothing.

    Returns
    -------
    groups : ndarray of shape (n_images,), int
        Index of the first row of each group.
    """
    named = np.flatnonzero(given != "")
    _, first, inverse = np.unique(given[named], return_index=True, return_inverse=True)
    same_given = np.stack([named, named[first][inverse]], axis=1)
    same_copies = np.stack([np.arange(len(copies)), group_copies(copies)], axis=1)
    return join_pairs(np.concatenate([same_given, same_copies]), len(copies))


def join_pairs(pairs: np.ndarray, n_images: int) -> np.ndarray:
    """Return the first row of each row's group, the rows of a pair being in one.

    Parameters
    ----------
    pairs : ndarray of shape (n_pairs, 2), int
    n_images : int

    Returns
    -------
    groups : ndarray of shape (n_images,), int

    Examples
    --------
    >>> join_pairs(np.array([[3, 1], [2, 3]]), 5).tolist()
    [0, 1, 1, 1, 4]
    """
    links = coo_array((np.ones(len(pairs), bool), tuple(pairs.T)), shape=(n_images, n_images))
    _, component = connected_components(links, directed=False)
    return group_copies(component)


def label_conflicts(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the groups that hold rows of more than one label.

    Parameters
    ----------
    groups : ndarray of shape (n_images,), int
        Index of the first row of each row's group.
    labels : ndarray of shape (n_images,) of str
        Empty ones do not count.

    Returns
    -------
    conflicts : ndarray of int

    Examples
    --------
    >>> labels = np.array(["6", "9", "6", "7"], object)
    >>> label_conflicts(np.array([0, 0, 2, 3]), labels).tolist()
    [0]
    """
    known = labels != ""
    pairs = sorted(set(zip(groups[known].tolist(), labels[known], strict=True)))
    values, counts = np.unique([group for group, _ in pairs], return_counts=True)
    return values[counts > 1].astype(int)
