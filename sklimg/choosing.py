"""Choose the parameters of a classifier and fit it, on the training rows alone.

Floor 5: fits, prints nothing itself; what it does it tells a callable.
"""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.featurechoice import FeatureChoice, choose_features
from sklimg.files import count, natural_key
from sklimg.fitting import fit_alone, pipeline_of
from sklimg.foldruns import Budget, Progress, left_of
from sklimg.heldback import Calibration, calibrate, held_back
from sklimg.history import epoch_history
from sklimg.journal import Journal
from sklimg.names import AUGMENTS, SEARCHES
from sklimg.parts import Parts
from sklimg.sharedfits import with_params
from sklimg.spaces import describe_search, run_search
from sklimg.splits import class_groups
from sklimg.telling import tell_best
from sklimg.trials import Search, SearchInterrupted
from sklimg.watching import last_step, tells_epochs
from sklimg.workers import Workers

__all__ = ["Choice", "augmented", "choose"]


class Choice(NamedTuple):
    """What was chosen and fitted.

    Attributes
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Fitted to the training rows.
    search : Search or None
    history : dict or None
        Loss and accuracy of each epoch.
    features : FeatureChoice or None
        If features were chosen.
    calibration : Calibration or None
    was_interrupted : bool
        Whether somebody ended the training, or the watching of it.
    """

    pipeline: Pipeline
    search: Search | None
    history: dict[str, list] | None
    features: FeatureChoice | None
    calibration: Calibration | None
    was_interrupted: bool


def augmented(base: Pipeline, strength: str, parts: Parts, seed: int) -> Pipeline | Augmented:
    """Return what fits a pipeline to images and changed copies of them.

    Copies are mirrored where turned pictures were taken for the same picture, as
    photographs are.
    """
    if strength == AUGMENTS[0]:
        return base
    shape = parts.table.spec.shape
    return Augmented(base, strength, flip=bool(parts.turned), shape=shape, random_state=seed)


def choose(
    bases: Mapping[str, Pipeline | Augmented],
    space: Mapping[str, Sequence],
    parts: Parts,
    inner: Sequence[tuple[np.ndarray, np.ndarray]],
    seed: int,
    *,
    kind: str = SEARCHES[0],
    workers: Workers,
    journal: Journal,
    seconds: float | None = None,
    tell: Callable[[str, str], None],
    progress: Callable[[Progress], None] | None = None,
) -> Choice:
    """Search parameters on folds of the training rows, and fit the best to all of them.

    Parameters
    ----------
    bases : mapping of str to Pipeline or Augmented
        Unfitted, by their features; of several, the best are chosen first.
    space : mapping of str to sequence
        Parameters by their full names and values to try; empty for none.
    parts : Parts
    inner : sequence of (train, held back)
        Row indices among the training rows and the validation rows behind them.
    seed : int
    kind : {"grid", "hyperband"}, default="grid"
    workers : Workers
    journal : Journal
        Of the run.
    seconds : float, optional
        That the search may take.
    tell, progress : callable
    """
    known = np.concatenate([parts.train, parts.validation])
    n_train = len(parts.train)
    X, y, groups = parts.table.pixels[known], parts.table.labels[known], parts.groups[known]
    search = features = None
    begun = monotonic()
    if len(bases) > 1:
        rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
        how = {"workers": workers, "journal": journal.part("features"), "seconds": seconds}
        train = (X[:n_train], y[:n_train], groups[:n_train])
        features = choose_features(bases, *train, rng, tell=tell, progress=progress, **how)
        tell("features", str(features))
    base = bases[features.best] if features else next(iter(bases.values()))
    if space:
        how = {
            "workers": workers,
            "journal": journal.part("search"),
            "budget": Budget(left_of(seconds, begun)),
        }
        how |= {"groups": groups, "tell": tell, "progress": progress}
        tell("search", describe_search(kind, base, space, len(y), len(inner)))
        search = run_search(kind, base, space, X, y, inner, **how)
        tell_best(search.trials, tell)
        base = with_params(base, search.best_params, n_jobs=None)
    is_watched = len(parts.validation) and tells_epochs(base)
    if not is_watched:
        _tell_unwatched(base, class_groups(y[:n_train], groups[:n_train]), tell)
    try:
        fitted = fit_alone(
            base,
            X[:n_train],
            y[:n_train],
            groups=groups[:n_train],
            validation_data=(X[n_train:], y[n_train:]) if is_watched else None,
            keep_interrupted=search is None,
        )
        pipeline = pipeline_of(fitted)
        was_interrupted = getattr(pipeline[-1], "stop_reason_", "") == "interrupted"
        history, watched, calibration = None if search is None else search.history, None, None
        try:
            if history is None:
                history, watched = epoch_history(fitted, X, y, inner[0], seed)
            if not was_interrupted:
                held = held_back(base, fitted, X, y, groups, n_train, inner, watched)
                calibration = calibrate(pipeline, held, y, groups, tell)
        except KeyboardInterrupt:
            if search is not None:
                raise
            what = "the epochs were not watched" if history is None else "it was not calibrated"
            tell("warning", f"interrupted: {what} by images held back")
            history, was_interrupted = history or getattr(pipeline[-1], "history_", None), True
    except KeyboardInterrupt as err:
        if search is None:
            raise
        raise SearchInterrupted(search.trials) from err  # it can be gone on with
    if search is not None and search.grid is not None:
        search.grid.best_estimator_ = fitted
    return Choice(pipeline, search, history, features, calibration, was_interrupted)


def _tell_unwatched(
    base: Pipeline | Augmented, n_groups: Mapping[str, int], tell: Callable
) -> None:
    """Tell which classes have no image to hold back for early stopping."""
    alone = [label for label, n in n_groups.items() if n < 2]
    stops = tells_epochs(base) and last_step(base).early_stopping
    if stops and alone:
        few = ", ".join(sorted(alone, key=natural_key)[:5]) + (" …" if len(alone) > 5 else "")
        classes = count(len(alone), "class", "classes")
        tell("warning", f"no image of {classes} could be held back: {few}; add images")
