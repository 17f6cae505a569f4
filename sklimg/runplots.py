"""All figures of a run, by the names of their files.

Floor 5: draws, writes nothing.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from sklimg.drawing import as_png
from sklimg.evaluation import confusion_counts
from sklimg.pictureplots import classes_figure, weights_figure, worst_figure
from sklimg.plots import confusion_figure, curve_figure
from sklimg.runs import Run
from sklimg.scoreplots import (
    certainty_figure,
    class_figure,
    coverage_figure,
    mistakes_figure,
    reliability_figure,
)
from sklimg.searchplots import search_figures
from sklimg.transformers import PixelScaler

__all__ = ["run_plots"]

_SAMPLES = 8  # training images shown of a class
_WORST = 24
_PICTURES = ("classes", "weights", "worst")  # which more dots would only make larger
_DPI, _PICTURE_DPI = 120, 90


def run_plots(run: Run) -> dict[str, bytes]:
    """Return the PNG files of a run's figures by their names, such as "confusion"."""
    return {
        name: as_png(figure, _PICTURE_DPI if name in _PICTURES else _DPI)
        for name, figure in _figures(run)
    }


def _figures(run: Run) -> Iterator[tuple[str, Figure]]:
    metrics, table, test = run.metrics, run.parts.table, run.parts.test
    labels, sure = table.labels[test], run.probabilities.max(axis=1)
    is_right = run.predicted == labels
    yield "confusion", confusion_figure(*confusion_counts(labels, run.predicted, run.model.classes))
    yield "class_scores", class_figure(metrics["per_class"])
    yield "mistakes", mistakes_figure(metrics["confusions"])
    yield "certainty", certainty_figure(sure, is_right)
    error = metrics["expected_calibration_error"]
    yield "reliability", reliability_figure(metrics["calibration_bins"], error)
    yield "coverage", coverage_figure(metrics["coverage"], _chosen(metrics["rejection"]))
    images = table.pixels.reshape(len(table), *table.spec.shape)
    some = _samples(table.labels, run.parts.train, run.model.classes)
    yield "classes", classes_figure(images[some], table.labels[some], run.model.classes, _SAMPLES)
    wrong = np.flatnonzero(~is_right)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")[:_WORST]]
    if len(worst):
        rows = test[worst]
        names = [table.paths[row] or f"row {row}" for row in rows]
        told = names, labels[worst], run.predicted[worst], sure[worst]
        yield "worst", worst_figure(images[rows], *told)
    first, last = run.model.pipeline[0], run.model.pipeline[-1]
    if type(first) is PixelScaler and hasattr(last, "coefs_"):
        yield "weights", weights_figure(last.coefs_[0], table.spec.shape)
    if run.history is not None:
        how = _how_watched(run)
        for what in ("loss", "accuracy"):
            yield what, curve_figure(run.history, what, how)
    if run.search is not None:
        yield from search_figures(run.search.trials).items()


def _chosen(rejection: dict | None) -> dict | None:
    """Return the point of the coverage curve that the model's threshold is."""
    if rejection is None or rejection["error"] is None:
        return None
    point = {key: rejection[key] for key in ("threshold", "coverage")}
    return point | {"accuracy": 1 - rejection["error"]}


def _samples(labels: np.ndarray, train: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Return some training rows of each class, evenly spread."""
    rows = []
    for label in classes:
        of_class = train[labels[train] == label]
        at = np.linspace(0, len(of_class) - 1, min(_SAMPLES, len(of_class))).round().astype(int)
        rows.append(of_class[at])
    return np.concatenate(rows)


def _how_watched(run: Run) -> str:
    """Return where the validation values of the history come from, for the caption."""
    last = run.model.pipeline[-1]
    if len(run.parts.validation):
        return "validation: the part set apart"
    if getattr(last, "history_", None) is run.history and last.early_stopping:
        return f"validation: {last.validation_fraction:.0%} of the training part, held back"
    return (
        "validation: a fifth of the training part, held back; the saved model is trained on all "
        "of it"
    )
