"""The figures of a run as they stand in its report: titles, how to read them, in words.

Floor 5: writes HTML, no file.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sklimg.files import count
from sklimg.markup import html_text
from sklimg.pageparts import data_uri
from sklimg.runfiles import RunFiles
from sklimg.runwords import class_scores, percent

__all__ = ["figure"]


@dataclass(frozen=True)
class _Figure:
    """A figure: its title, how it is read, and what it shows for those who cannot see it."""

    title: str
    reading: str
    shows: Callable[[RunFiles], str]
    is_photo: bool = False


def _confusion(run: RunFiles) -> str:
    n_right = int(np.trace(run.counts))
    text = f"{n_right} of {len(run.labels)} test images lie on the diagonal"
    return f"{text}; {_mistakes(run)}"


def _mistakes(run: RunFiles) -> str:
    first = ", ".join(f"{label} read as {got} {n}×" for label, got, n in run.mistakes[:5])
    return f"most frequent mistakes: {first}" if first else "there are no mistakes"


def _class_scores(run: RunFiles) -> str:
    scores = class_scores(run)
    if not scores:
        return "no class was tested"
    worst, best = scores[0], scores[-1]
    return f"F1 from {worst.f1:.2f} ({worst.label}) to {best.f1:.2f} ({best.label})"


def _worst(run: RunFiles) -> str:
    wrong = np.flatnonzero(run.labels != run.predicted)
    wrong = wrong[np.argsort(-run.certainty[wrong], kind="stable")][:3]
    texts = [f"{run.labels[k]} read as {run.predicted[k]} at {run.certainty[k]:.2f}" for k in wrong]
    return f"the surest mistakes are {', '.join(texts)}" if texts else "there are no mistakes"


def _certainty(run: RunFiles) -> str:
    is_right = run.labels == run.predicted
    texts = [
        f"{words} {count(int(chosen.sum()), 'answer')} with a median probability of "
        f"{np.median(run.certainty[chosen]):.2f}"
        for words, chosen in (("right:", is_right), ("wrong:", ~is_right))
        if chosen.any()
    ]
    return "; ".join(texts)


def _reliability(run: RunFiles) -> str:
    bins = run.metrics.get("calibration_bins") or []
    error = run.metrics.get("expected_calibration_error")
    text = "" if error is None else f"expected calibration error {error:.3f}; "
    if not bins:
        return f"{text}how often answers of each probability are right"
    most = max(bins, key=lambda b: b["n_images"])
    return (
        f"{text}the fullest bin holds {count(most['n_images'], 'image')}, says "
        f"{percent(most['confidence'])} and is right for {percent(most['accuracy'])}"
    )


def _coverage(run: RunFiles) -> str:
    points = run.metrics.get("coverage") or []
    if not points:
        return "accuracy of the answers that are left as fewer images are answered"
    half = min(points, key=lambda p: abs(p["coverage"] - 0.5))
    return (
        f"all answered: {percent(run.metrics['accuracy'])} right; the surest "
        f"{percent(half['coverage'])} answered: {percent(half['accuracy'])} right"
    )


def _curve(what: str) -> Callable[[RunFiles], str]:
    def shows(run: RunFiles) -> str:
        epochs = run.history.get("epoch", ())
        texts = []
        for key, name in ((what, "training"), (f"validation_{what}", "validation")):
            values = run.history.get(key, ())
            if values and np.isfinite(float(values[-1])):
                texts.append(f"{name} ends at {float(values[-1]):.3f}")
        return f"{count(len(epochs), 'epoch')}; {', '.join(texts) or 'no values'}"

    return shows


def _weights(run: RunFiles) -> str:
    """Return what can be told of pictures that have no numbers."""
    side = run.data["image"].get("side", "?")
    return f"weights of the first layer as pictures of {side}×{side}, the strongest units first"


def _search(run: RunFiles) -> str:
    candidates = count(len(run.trials.get("rank", ())), "candidate")
    means = [float(mean) for mean in run.trials.get("mean_accuracy", ()) if mean]
    means = [mean for mean in means if np.isfinite(mean)]
    return f"{candidates}, the best with a mean accuracy of {max(means, default=0):.3f}"


def _data(run: RunFiles) -> str:
    sizes = run.data["classes"].values()
    return (
        f"{count(len(sizes), 'class', 'classes')} of {min(sizes, default=0)} to "
        f"{max(sizes, default=0)} images"
    )


_FIGURES = {
    "classes": _Figure(
        "Some images of each class",
        "One row a class, as the model sees them. What you cannot tell apart here, it hardly can.",
        _data,
        is_photo=True,
    ),
    "confusion": _Figure(
        "The confusion matrix",
        "Rows are true classes, columns what was answered; the darker, the larger the share of "
        "its row. A perfect model has the diagonal alone.",
        _confusion,
    ),
    "class_scores": _Figure(
        "How each class fares",
        "Precision: how often the answer is right where it is this class. Recall: how many images "
        "of the class are found. F1 is low where either is.",
        _class_scores,
    ),
    "mistakes": _Figure(
        "The most frequent mistakes",
        "Each bar is a pair of classes: what it was, and what it was taken for.",
        _mistakes,
    ),
    "worst": _Figure(
        "The surest mistakes",
        "Wrong answers with the highest probability. Look for wrong labels first: they are often "
        "among these.",
        _worst,
        is_photo=True,
    ),
    "loss": _Figure(
        "Loss while it learned",
        "Lower is better. Where the validation curve turns up while the other goes on down, the "
        "model begins to learn its images by heart.",
        _curve("loss"),
    ),
    "accuracy": _Figure(
        "Accuracy while it learned",
        "The gap between the curves is what the model knows of its training images alone.",
        _curve("accuracy"),
    ),
    "weights": _Figure(
        "What its first layer looks for",
        "Each square is one unit: pixels of one colour speak for it, those of the other against "
        "it. Clear shapes are learned; even noise is not.",
        _weights,
        is_photo=True,
    ),
    "certainty": _Figure(
        "How sure it is",
        "Right answers should pile up at the right, wrong ones lie further left. Wrong answers at "
        "the far right are those that no threshold catches.",
        _certainty,
    ),
    "reliability": _Figure(
        "Whether its probabilities can be believed",
        "On the diagonal, what it says is how often it is right. Below it, it is too sure, above, "
        "too timid; bins of few images scatter.",
        _reliability,
    ),
    "coverage": _Figure(
        "What answering less would gain",
        "From right to left, fewer images are answered, the least sure ones left out first; the "
        "height is how often the others are right.",
        _coverage,
    ),
    "search": _Figure(
        "All candidates of the search",
        "Where many are level with the best, the choice among them matters little.",
        _search,
    ),
    "parameters": _Figure(
        "What each parameter does",
        "A best value at the edge of what was tried asks for another search beyond it.",
        _search,
    ),
}


def figure(run: RunFiles, name: str) -> str:
    """Return a figure with how to read it; empty if the run has none.

    Parameters
    ----------
    run : RunFiles
    name : str
        Of a file in ``plots/``, without its end.
    """
    if name not in run.plots:
        return ""
    known, content = _FIGURES[name], run.plots[name]
    width, height = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
    shows = known.shows(run)
    alt = html_text(f"{known.title}: {shows}.")
    kind = "photo" if known.is_photo else "chart"
    address = data_uri(content, "png")
    return (
        f'<figure class="{kind}" id="figure-{name}"><img alt="{alt}" '
        f'src="{address}" '
        f'width="{width}" height="{height}">'
        f"<figcaption>{known.reading}</figcaption></figure>"
    )
