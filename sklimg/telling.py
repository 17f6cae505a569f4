"""Put what a fit found into a few lines for a person.

Each function calls ``tell(topic, text)``. Floor 5: prints nothing itself.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sklimg.files import count, natural_key
from sklimg.runs import Run
from sklimg.sources import Collection
from sklimg.spec import ImageSpec
from sklimg.trials import NOT_TRIED, Trials, value_text

__all__ = [
    "describe",
    "tell_best",
    "tell_data",
    "tell_end",
    "tell_features",
    "tell_small_classes",
    "tell_verdict",
]


def describe(metrics: Mapping) -> str:
    """Return an accuracy with its interval, size and baselines, in one line."""
    low, high = metrics["accuracy_interval"]
    text = f"accuracy {metrics['accuracy']:.3f} [{low:.3f}, {high:.3f}] on {_size(metrics)}"
    if n_folds := metrics.get("n_folds"):
        text += f", each read by a model of the other {n_folds - 1} of {n_folds} folds"
        if metrics.get("n_repeats", 1) > 1:
            text += f", {metrics['n_repeats']} times with other folds"
    if baselines := metrics.get("baselines"):
        text += f"; most frequent class {baselines['most_frequent']:.3f}"
        if baselines["nearest_neighbour"] is not None:
            text += f", nearest neighbour {baselines['nearest_neighbour']:.3f}"
    return text


def _size(metrics: Mapping) -> str:
    """Return how much was tested on: images, and the groups that have the votes."""
    images, groups = metrics["n_test_images"], metrics["n_test"]
    text = count(images, "image")
    return text if images == groups else f"{text} in {count(groups, 'group')}"


def tell_data(collection: Collection, name: str, tell: Callable) -> None:
    """Tell what was read and what was not."""
    table = collection.table
    counts = np.unique(table.labels, return_counts=True)[1]
    spread = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()}-{counts.max()}"
    images, classes = count(len(table), "image"), count(len(counts), "class", "classes")
    tell("data", f"{name}: {images} of {table.spec}, {classes} of {spread}")
    for note in collection.notes:
        tell("note", note)
    if refused := collection.refused:
        tell("warning", f"{count(len(refused), 'file')} rejected, the first: {refused[0]}")


def tell_features(
    asked: str | None, presets: Sequence[str], spec: ImageSpec, tell: Callable
) -> None:
    """Tell what is learned from, unless it is chosen yet."""
    if len(presets) > 1:
        return
    why = f", the default for {spec}" if asked is None else ""
    tell("features", f"{presets[0]}{why}")


def tell_best(trials: Trials, tell: Callable) -> None:
    """Tell the best candidate, and what about the search asks for another."""
    best, n_folds = trials.best, trials.scores.shape[1]
    spread = trials.scores[best].std()
    where = f" ± {spread:.3f} over the folds" if n_folds > 1 else " on the images held back"
    tell("best", f"{_values(trials, best)}: accuracy {trials.means[best]:.3f}{where}")
    simplest, level = trials.simplest, len(trials.level)
    if simplest != best:
        tell(
            "note",
            f"{count(level - 1, 'other candidate')} within one standard error "
            f"({trials.standard_error:.3f}) of it; the simplest: {_values(trials, simplest)}: "
            f"{trials.means[simplest]:.3f}",
        )
    if trials.n_failed:
        failed = count(trials.n_failed, "candidate")
        first = next(reason for reason in trials.reasons if reason not in ("", NOT_TRIED))
        tell("warning", f"{failed} could not be fitted on every fold; see trials.csv: {first}")
    if trials.n_untried:
        tell(
            "warning",
            f"the time was up with {count(trials.n_untried, 'candidate')} of "
            f"{len(trials.candidates)} not tried; give more --max-time for all",
        )
    for name in trials.edges():
        bare = name.removeprefix("classify__")
        tell("note", f"the best {bare} lies on the edge of its grid; try values beyond it")


def _values(trials: Trials, number: int) -> str:
    """Return the parameters of a candidate."""
    values = trials.candidates[number].items()
    return ", ".join(f"{key.removeprefix('classify__')}={value_text(v)}" for key, v in values)


def tell_small_classes(groups: Mapping[str, int], n_folds: int, tell: Callable) -> None:
    """Tell which classes have too few images to be judged by the folds."""
    small = sorted((label for label, n in groups.items() if n < n_folds), key=natural_key)
    if small:
        few = ", ".join(small[:5]) + (" …" if len(small) > 5 else "")
        tell(
            "warning",
            f"{count(len(small), 'class has', 'classes have')} fewer than {n_folds} different "
            "images to train on, so "
            f"that the folds say little about them: {few}; add images",
        )


def tell_verdict(run: Run, tell: Callable) -> None:
    """Tell what the numbers of a run mean."""
    verdict = run.metrics["verdict"]
    if verdict["fit"]:
        tell("verdict", verdict["fit"])
    tell("size", verdict["data"])


def tell_end(run: Run, tell: Callable) -> None:
    """Tell if the training ended in another way than it should."""
    last = run.model.pipeline[-1]
    most, n_epochs = getattr(last, "max_iter", np.inf), getattr(last, "n_iter_", 0)
    reason = getattr(last, "stop_reason_", "max_iter")  # others say nothing but the number
    kept = f"the model has the weights of epoch {getattr(last, 'best_epoch_', n_epochs)}"
    if reason == "interrupted":
        tell("warning", f"interrupted after {count(n_epochs, 'epoch')}; {kept}, the best so far")
    elif reason == "diverged":
        rate = f"learning_rate_init={last.learning_rate_init:g}"
        tell(
            "warning",
            f"the loss diverged in epoch {n_epochs} with {rate}; {kept}; set a smaller one",
        )
    elif (
        reason == "max_iter"
        and np.max(n_epochs) >= most
        and getattr(last, "learning_rate", "") != "one-cycle"
    ):
        tell("warning", f"training stopped at max_iter={most}, still improving; set a higher one")
