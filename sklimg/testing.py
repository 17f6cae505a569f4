"""Test a fitted pipeline on the part of the data that nothing was chosen by.

Floor 5: predicts, prints nothing itself; what it finds it tells a callable.
"""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.calibration import calibration_error, cooled, reliability_bins
from sklimg.evaluation import (
    baseline_accuracies,
    confusion_counts,
    evaluate_predictions,
    rejection_scores,
    vote_weights,
    worst_confusions,
)
from sklimg.files import natural_key
from sklimg.heldback import Calibration
from sklimg.model import Model
from sklimg.names import ERROR_RATE
from sklimg.parts import Parts
from sklimg.runs import Run
from sklimg.saving import no_arrays
from sklimg.telling import describe

__all__ = ["judge"]

MOST_KNOWN = 10_000  # training images whose accuracy is told, about: every so many


def judge(
    pipeline: Pipeline,
    parts: Parts,
    calibration: Calibration | None,
    tell: Callable[[str, str], None],
) -> Run:
    """Read the test part, once, and return the run with its metrics.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted to the training rows.
    parts : Parts
    calibration : Calibration or None
        Of the pipeline.
    tell : callable
    """
    model = _model(pipeline, parts, calibration.threshold if calibration else None)
    if reason := no_arrays(model):
        tell("warning", f"no arrays stand for the model, so that predict needs --trust: {reason}")
    table, test = parts.table, parts.test
    probabilities = model.predict_proba(table.pixels[test])
    labels, groups = table.labels[test], parts.groups[test]
    metrics = evaluate_predictions(labels, probabilities, model.classes, groups)
    metrics["baselines"] = baseline_accuracies(
        table.pixels[parts.train],
        table.labels[parts.train],
        table.pixels[test],
        labels,
        groups,
    )
    metrics["calibration"] = _told(calibration, labels, probabilities, model.classes, groups)
    told = labels, probabilities, model.classes, groups
    metrics["rejection"] = rejection_scores(*told, model.threshold, model.error_rate)
    run = Run(model, metrics, parts, probabilities)
    counts, names = confusion_counts(labels, run.predicted, model.classes)
    tell("test", describe(metrics))
    worst = [f"{true} read as {got} ({n}x)" for true, got, n in worst_confusions(counts, names)]
    tell("mistakes", ", ".join(worst) or "none")
    train = parts.train[:: -(-len(parts.train) // MOST_KNOWN)]
    votes = vote_weights(parts.groups[train])
    right = model.predict(table.pixels[train]) == table.labels[train]
    run.metrics["train_accuracy"] = float(np.average(right, weights=votes))
    return run


def _model(pipeline: Pipeline, parts: Parts, threshold: float | None) -> Model:
    """Return the model of a pipeline that was fitted to the training rows."""
    values, counts = np.unique(parts.table.labels[parts.train], return_counts=True)
    of_class = dict(zip(values, counts.tolist(), strict=True))
    classes = tuple(sorted(of_class, key=natural_key))
    seen = np.unique(parts.digests[parts.train])
    counts_of = {label: of_class[label] for label in classes}
    table = parts.table
    known = table.spec_is_known
    return Model(pipeline, classes, table.spec, seen, counts_of, known, threshold, ERROR_RATE)


def _told(
    calibration: Calibration | None,
    labels: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    groups: np.ndarray,
) -> dict | None:
    """Return what is kept of a calibration, and how the test part would have fared without."""
    if calibration is None:
        return None
    told = calibration._asdict()
    del told["threshold"]  # which stands under rejection
    hot = cooled(probabilities, 1 / calibration.temperature)
    is_right = np.asarray(classes, object)[hot.argmax(axis=1)] == labels
    bins = reliability_bins(hot.max(axis=1), is_right, vote_weights(groups))
    return told | {"expected_calibration_error_before": calibration_error(bins)}
