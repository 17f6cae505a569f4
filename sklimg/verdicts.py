"""What the numbers of a run mean, in plain sentences: of its fit, and of its data.

Floor 5: words alone; prints nothing.
"""

import numpy as np
from sklearn.base import BaseEstimator

from sklimg.files import count
from sklimg.runs import Run

__all__ = ["data_verdict", "fit_verdict"]

_ENOUGH = 20  # training images of a class
_WIDE = 0.02  # of an interval that more test images are worth asking for
_FAR = 0.05  # that held-back images lie outside of the test's interval


def fit_verdict(run: Run) -> str | None:
    """Say whether a model over- or underfits, by rows that were held back, and what to try.

    None where none were, or where the training broke off.
    """
    last = run.model.pipeline[-1]
    found = None if getattr(last, "stop_reason_", "") == "diverged" else _held_back(run)
    if found is None:
        return None
    trained, (held_back, where) = run.metrics["train_accuracy"], found
    if trained < 0.8:
        verdict = "underfits: it does not even learn its training images; try "
        verdict += ", ".join(_against_underfitting(last))
    elif trained - held_back > 0.1:
        verdict = "overfits: it knows its training images better than new ones; try "
        verdict += ", ".join([*_against_overfitting(run, last), "more images"])
    else:
        verdict = "fits well: new images are read almost as well as known ones"
    low, high = run.metrics["accuracy_interval"]
    if not low - _FAR <= held_back <= high + _FAR:
        verdict = "the test images are of another kind than those it was fitted to: it " + verdict
    return f"{verdict} ({trained:.3f} in training, {held_back:.3f} on {where})"


def data_verdict(run: Run) -> str:
    """Say what the number of images is enough for."""
    low, high = run.metrics["accuracy_interval"]
    test = f"{count(run.metrics['n_test'], 'test picture')}: the accuracy lies between "
    test += f"{low:.3f} and {high:.3f}"
    if high - low > _WIDE:
        test += "; four times as many would halve that range"
    counts = run.model.counts
    few = sorted((n, label) for label, n in counts.items() if n < _ENOUGH)
    if not few:
        return f"{test}; the smallest class has {min(counts.values())} images to learn from"
    named = ", ".join(f"{label} ({n})" for n, label in few[:5]) + (" …" if len(few) > 5 else "")
    classes = count(len(few), "class has", "classes have")
    return f"{test}; {classes} under {_ENOUGH} images to learn from, add more: {named}"


def _held_back(run: Run) -> tuple[float, str] | None:
    """Return an accuracy on rows that were held back, and how they were."""
    history, calibration = run.history, run.metrics.get("calibration")
    apart = "the validation part" if len(run.parts.validation) else ""
    if folds := run.metrics.get("cross_validation"):
        return folds["accuracy"], "the folds"
    if run.search is not None:
        return run.search.trials.best_mean, apart or "the folds"
    if calibration is not None:
        return calibration["accuracy"], calibration["where"]
    if history is not None and np.isfinite(history["validation_accuracy"]).any():
        return history["validation_accuracy"][_kept_epoch(run)], apart or "images held back"
    return None


def _kept_epoch(run: Run) -> int:
    """Return the place in the history of the epoch whose weights the model has."""
    last = run.model.pipeline[-1]
    is_own = getattr(last, "history_", None) is run.history
    return last.best_epoch_ - 1 if is_own else -1


def _against_overfitting(run: Run, last: BaseEstimator) -> list[str]:
    """Return the options that may help and are not used yet."""
    ways = [] if run.augmented else ["--augment light"]
    if not np.any(getattr(last, "dropout", 1)):
        ways.append("--param dropout=0.3")
    if hasattr(last, "alpha"):
        ways.append(f"--param alpha={max(100 * last.alpha, 0.01):g}")
    if hasattr(last, "C"):
        ways.append(f"--param C={last.C / 10:g}")
    return ways


def _against_underfitting(last: BaseEstimator) -> list[str]:
    """Return what lets a classifier learn more."""
    if not hasattr(last, "hidden_layer_sizes"):
        return ["--model mlp"]
    largest = max(np.atleast_1d(last.hidden_layer_sizes), default=50)
    ways = [f"--param hidden_layer_sizes={2 * largest}", f"--param max_iter={2 * last.max_iter}"]
    return ways + (["--param dropout=0"] if np.any(getattr(last, "dropout", 0)) else [])
