"""Say how good a classifier is: plain dicts of scores, intervals and baselines.

Copies of one picture are one group, and each group has one vote: a row counts
one over the size of its group. All means below are weighted so.

Floor 4: works on arrays, prints nothing.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)
from sklearn.neighbors import KNeighborsClassifier

from sklimg.calibration import calibration_error, coverage_curve, reliability_bins

__all__ = [
    "baseline_accuracies",
    "confusion_counts",
    "evaluate_predictions",
    "rejection_scores",
    "vote_weights",
    "wilson_interval",
    "worst_confusions",
]

_MOST_CONFUSIONS = 10
_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_MOST_NEIGHBOURS = (20_000, 5_000)  # training and test rows of the 1-nearest-neighbour baseline


def evaluate_predictions(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], groups: np.ndarray
) -> dict:
    """Score predicted probabilities against true labels.

    Parameters
    ----------
    labels : ndarray of shape (n_images,) of str
        True labels; one that is not among *classes* counts as wrong.
    probabilities : ndarray of shape (n_images, n_classes)
    classes : sequence of n_classes str
        In the order of the columns.
    groups : ndarray of shape (n_images,)
        Rows with equal values are copies of one picture.

    Returns
    -------
    metrics : dict
        ``accuracy``, ``accuracy_interval`` (95 %), ``n_test`` (groups),
        ``n_test_images``, ``balanced_accuracy``, ``macro_f1``, ``log_loss`` (of
        the images whose class is known), ``top_k``, ``expected_calibration_error`` and
        its ``calibration_bins``, ``coverage``, the most frequent ``confusions`` and
        ``per_class``.
    """
    classes = np.asarray(classes, object)
    weights = vote_weights(groups)
    predicted = classes[probabilities.argmax(axis=1)]
    n_groups = len(np.unique(groups))
    accuracy = float(accuracy_score(labels, predicted, sample_weight=weights))
    known = np.isin(labels, classes)
    met = set(labels) | set(predicted)
    present = [c for c in classes if c in met] + sorted(set(labels[~known]))
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=present, sample_weight=weights, zero_division=0
    )
    support = [int(np.sum(labels == c)) for c in present]
    there = np.array(support) > 0
    rows = zip(present, precision, recall, f1, support, strict=True)
    sureness = probabilities.max(axis=1), labels == predicted, weights
    bins = reliability_bins(*sureness)
    return {
        "accuracy": accuracy,
        "accuracy_interval": list(wilson_interval(accuracy, n_groups)),
        "n_test": n_groups,
        "n_test_images": len(labels),
        "balanced_accuracy": float(np.mean(recall[there])),
        "macro_f1": float(np.mean(f1)),
        "log_loss": _log_loss(labels[known], probabilities[known], classes, weights[known]),
        "top_k": _top_k(labels, probabilities, classes, weights),
        "expected_calibration_error": calibration_error(bins),
        "calibration_bins": bins,
        "coverage": coverage_curve(*sureness),
        "confusions": [
            {"label": label, "predicted": got, "count": n}
            for label, got, n in worst_confusions(
                *confusion_counts(labels, predicted, classes), most=_MOST_CONFUSIONS
            )
        ],
        "per_class": {
            label: {"precision": float(p), "recall": float(r), "f1": float(f), "support": n}
            for label, p, r, f, n in rows
        },
    }


def baseline_accuracies(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    groups: np.ndarray,
) -> dict:
    """Return what two plain rules reach on the test rows.

    Parameters
    ----------
    train, test : ndarray of shape (n_images, n_pixels)
    train_labels, test_labels : ndarray of shape (n_images,) of str
    groups : ndarray of shape (n_test_images,)
        Of the test rows.

    Returns
    -------
    baselines : dict
        ``most_frequent``: always the most frequent class of the training part.
        ``nearest_neighbour``: the label of the nearest training image, on 20,000
        training and 5,000 test rows at most, spread evenly over the table, which
        may be sorted by class.
    """
    values, counts = np.unique(train_labels, return_counts=True)
    weights = vote_weights(groups)
    known, asked = (
        _spread(len(rows), most) for rows, most in zip((train, test), _MOST_NEIGHBOURS, strict=True)
    )
    nearest = KNeighborsClassifier(n_neighbors=1, algorithm="brute")
    nearest.fit(train[known].astype(np.float32), train_labels[known])
    guesses = nearest.predict(test[asked].astype(np.float32))
    most = np.full(len(test_labels), values[counts.argmax()], object)
    return {
        "most_frequent": float(accuracy_score(test_labels, most, sample_weight=weights)),
        "nearest_neighbour": float(
            accuracy_score(test_labels[asked], guesses, sample_weight=weights[asked])
        ),
    }


def rejection_scores(
    labels: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    groups: np.ndarray,
    threshold: float | None,
    error_rate: float,
) -> dict | None:
    """Return what comes of answering "unknown" where the highest probability is too low.

    Parameters
    ----------
    labels, probabilities, classes, groups
        As of `evaluate_predictions`.
    threshold : float or None
        What the highest probability has to reach.
    error_rate : float
        By which it was chosen.

    Returns
    -------
    scores : dict or None
        None without a threshold. ``error_rate``, ``threshold``, the ``coverage`` of
        answers given, the ``error`` among them and its ``error_interval`` (95 %); None of
        these two where no answer is given.
    """
    if threshold is None:
        return None
    weights = vote_weights(groups)
    is_given = probabilities.max(axis=1) >= threshold
    n_given = float(weights[is_given].sum())
    scores = {"error_rate": error_rate, "threshold": float(threshold)}
    scores["coverage"] = n_given / float(weights.sum())
    if not n_given:
        return scores | {"error": None, "error_interval": None}
    wrong = np.asarray(classes, object)[probabilities.argmax(axis=1)] != labels
    error = float(np.average(wrong[is_given], weights=weights[is_given]))
    interval = list(wilson_interval(error, n_given))
    return scores | {"error": error, "error_interval": interval}


def vote_weights(groups: np.ndarray) -> np.ndarray:
    """Return one over the size of each row's group."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return 1 / counts[inverse]


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """Return the 95 % score interval of a share seen in n trials.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927.

    Examples
    --------
    >>> [round(edge, 4) for edge in wilson_interval(0.9, 40)]
    [0.7695, 0.9604]
    """
    z2 = _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return float(max(0, middle - half)), float(min(1, middle + half))


def confusion_counts(
    labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """Return images counted by true (rows) and predicted class, and the classes.

    True labels that are not among *classes* follow at the end.
    """
    names = [*classes, *sorted(set(labels) - set(classes))]
    return confusion_matrix(labels, predicted, labels=names), names


def worst_confusions(counts: np.ndarray, names: Sequence[str], most: int = 3) -> list[tuple]:
    """Return the most frequent mistakes as (true, predicted, count)."""
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [np.unravel_index(i, wrong.shape) for i in order]
    return [(names[i], names[j], int(wrong[i, j])) for i, j in pairs if wrong[i, j]]


def _spread(length: int, most: int) -> np.ndarray:
    """Return up to *most* indices, evenly spread."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int))


def _log_loss(labels, probabilities, classes, weights) -> float | None:
    """Return the mean negative log probability of the true classes."""
    if not len(labels):
        return None
    column = {label: i for i, label in enumerate(classes)}
    codes = np.array([column[label] for label in labels])
    every = np.arange(len(classes))
    return float(log_loss(codes, _normalised(probabilities), sample_weight=weights, labels=every))


def _normalised(probabilities: np.ndarray) -> np.ndarray:
    exact = probabilities.astype(np.float64)
    return exact / exact.sum(axis=1, keepdims=True)


def _top_k(labels, probabilities, classes, weights) -> dict[str, float]:
    """Return the share of images whose class is among the k most probable."""
    ranked = np.asarray(classes, object)[np.argsort(-probabilities, axis=1, kind="stable")[:, :5]]
    hits = np.cumsum(ranked == labels[:, None], axis=1) > 0
    ks = [k for k in (1, 2, 3, 5) if k <= len(classes)]
    return {str(k): float(np.average(hits[:, k - 1], weights=weights)) for k in ks}
