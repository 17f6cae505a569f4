"""How far probabilities can be believed, and from where an answer is better "unknown".

Each image counts by its vote, one over the size of its group, so that copies of one picture
have one vote together; the curves of scikit-learn know no such weights.

Floor 3: works on arrays, prints nothing.

References
----------
.. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural
   networks", ICML 2017.
.. [2] J. Platt, "Probabilistic outputs for support vector machines", Advances in Large
   Margin Classifiers, 1999.
"""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.base import BaseEstimator

__all__ = [
    "calibration_error",
    "choose_threshold",
    "cooled",
    "coverage_curve",
    "divide_outputs",
    "fit_temperature",
    "is_linear_at_its_end",
    "reliability_bins",
]

_BINS = 15  # of equal width, between 0 and 1
_LEAST = 1e-30  # a probability that is not quite none
_MOST = 20.0  # times that outputs are made smaller or larger
_COVERAGES = np.arange(1, 21) / 20


def fit_temperature(probabilities: np.ndarray, codes: np.ndarray, votes: np.ndarray) -> float:
    """Return by what a classifier's outputs are to be divided to be believed [1]_.

    What the labels say is believed a little less than wholly, as Platt does [2]_, so that
    a few images that are all right do not make for certainty.

    Parameters
    ----------
    probabilities : ndarray of shape (n_images, n_classes)
        Of images that it was not trained on.
    codes : ndarray of shape (n_images,) of int
        Columns of the true classes.
    votes : ndarray of shape (n_images,)
        What each image counts.

    Returns
    -------
    temperature : float
        Above 1 if it is too sure of itself. The most probable class stays what it is.

    Examples
    --------
    >>> sure = np.array([[0.99, 0.01]] * 4)  # of four answers, one is wrong
    >>> fit_temperature(sure, np.array([0, 0, 0, 1]), np.ones(4)) > 2
    True
    """
    logs = np.log(np.maximum(probabilities, _LEAST, dtype=np.float64))
    doubt = 1 / (votes.sum() + 2)
    rows = np.arange(len(codes))

    def loss(log_temperature: float) -> float:
        shares = log_softmax(logs / np.exp(log_temperature), axis=1)
        believed = (1 - doubt) * shares[rows, codes] + doubt * shares.mean(axis=1)
        return -float(np.average(believed, weights=votes))

    ends = (-np.log(_MOST), np.log(_MOST))
    return float(np.exp(minimize_scalar(loss, bounds=ends, method="bounded").x))


def cooled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return what probabilities are when the outputs behind them are divided by *temperature*."""
    logs = np.log(np.maximum(probabilities, _LEAST, dtype=np.float64))
    return np.exp(log_softmax(logs / temperature, axis=1))


def is_linear_at_its_end(classifier: BaseEstimator) -> bool:
    """Tell whether the outputs of a fitted classifier can be divided."""
    return hasattr(classifier, "coefs_") or hasattr(classifier, "coef_")


def divide_outputs(classifier: BaseEstimator, temperature: float) -> None:
    """Divide the last weights and biases of a fitted MLP or logistic regression, in place."""
    if hasattr(classifier, "coefs_"):
        last = classifier.coefs_[-1], classifier.intercepts_[-1]
    else:
        last = classifier.coef_, classifier.intercept_
    for values in last:
        values /= values.dtype.type(temperature)


def reliability_bins(
    confidence: np.ndarray, is_right: np.ndarray, votes: np.ndarray
) -> list[dict[str, Any]]:
    """Return how sure answers are, and how many are right, from bin to bin.

    Parameters
    ----------
    confidence : ndarray of shape (n_images,)
        The highest probability of each image.
    is_right : ndarray of shape (n_images,) of bool
    votes : ndarray of shape (n_images,)

    Returns
    -------
    bins : list of dict
        ``low`` and ``high``; mean ``confidence`` and ``accuracy``; ``share`` of the
        votes; ``n_images``. Bins without images are left out.
    """
    edges = np.linspace(0, 1, _BINS + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, _BINS - 1)
    bins = []
    for k in np.unique(place):
        of_bin = place == k
        weights = votes[of_bin]
        bins.append(
            {
                "low": float(edges[k]),
                "high": float(edges[k + 1]),
                "confidence": float(np.average(confidence[of_bin], weights=weights)),
                "accuracy": float(np.average(is_right[of_bin], weights=weights)),
                "share": float(weights.sum() / votes.sum()),
                "n_images": int(of_bin.sum()),
            }
        )
    return bins


def calibration_error(bins: list[dict[str, Any]]) -> float:
    """Return the expected calibration error: how far sureness and accuracy are apart."""
    return float(sum(b["share"] * abs(b["confidence"] - b["accuracy"]) for b in bins))


def coverage_curve(
    confidence: np.ndarray, is_right: np.ndarray, votes: np.ndarray
) -> list[dict[str, float]]:
    """Return how many of the answers are right, if only the surest are given.

    Parameters
    ----------
    confidence, is_right, votes
        As of `reliability_bins`.

    Returns
    -------
    points : list of dict
        ``threshold``, the ``coverage`` of answers that are at least so sure, and their
        ``accuracy``; from all of them to about a twentieth.
    """
    thresholds, answered, right = _from_the_surest(confidence, is_right, votes)
    places = np.searchsorted(answered, _COVERAGES * answered[-1] * (1 - 1e-12))
    return [
        {
            "threshold": float(thresholds[i]),
            "coverage": float(answered[i] / answered[-1]),
            "accuracy": float(right[i] / answered[i]),
        }
        for i in np.unique(places)[::-1]
    ]


def choose_threshold(
    confidence: np.ndarray, is_right: np.ndarray, votes: np.ndarray, error_rate: float
) -> float | None:
    """Return how sure an answer has to be, so that few of those given are wrong.

    Parameters
    ----------
    confidence, is_right, votes
        As of `reliability_bins`, of images that the classifier was not trained on.
    error_rate : float
        The share of wrong answers that is allowed. One more than were seen are
        reckoned with, as few images tell little.

    Returns
    -------
    threshold : float or None
        0.0 if all answers may be given; None if no threshold is known to do.

    Examples
    --------
    >>> sure = np.linspace(0.99, 0.5, 100)
    >>> threshold = choose_threshold(sure, sure > 0.6, np.ones(100), 0.05)
    >>> int(np.sum(sure >= threshold))  # of which three are wrong
    82
    """
    thresholds, answered, right = _from_the_surest(confidence, is_right, votes)
    does = (answered - right + 1) / (answered + 1) <= error_rate
    if not does.any():
        return None
    last = int(np.flatnonzero(does)[-1])
    return 0.0 if last == len(does) - 1 else float(thresholds[last])


def _from_the_surest(
    confidence: np.ndarray, is_right: np.ndarray, votes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each sureness, and the votes and the right votes of what is at least so sure."""
    order = np.argsort(-confidence, kind="stable")
    is_end = np.append(np.diff(confidence[order]) != 0, True)  # of answers equally sure
    answered = np.cumsum(votes[order])[is_end]
    return confidence[order][is_end], answered, np.cumsum((votes * is_right)[order])[is_end]
