"""Cross-validation in which every choice is made inside the fold.

Floor 5: fits and predicts, prints nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.evaluation import baseline_accuracies, evaluate_predictions, vote_weights
from sklimg.featurechoice import choose_features
from sklimg.files import natural_key
from sklimg.fitting import fit_alone
from sklimg.foldruns import Budget, Progress, left_of
from sklimg.journal import Journal
from sklimg.names import SEARCHES
from sklimg.sharedfits import with_params
from sklimg.spaces import run_search
from sklimg.splits import grouped_folds
from sklimg.table import Table
from sklimg.workers import Workers

__all__ = ["cross_validate"]


def cross_validate(
    bases: Mapping[str, Pipeline | Augmented],
    space: Mapping[str, Any],
    table: Table,
    groups: np.ndarray,
    *,
    n_folds: int,
    n_inner: int,
    rng: np.random.Generator,
    kind: str = SEARCHES[0],
    workers: Workers | None = None,
    journal: Journal | None = None,
    seconds: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> dict:
    """Predict each row by a pipeline of the other folds, and score all of them.

    A search runs anew in each fold, on folds of the fold's training rows, so that
    no row has a say in what predicts it.

    Parameters
    ----------
    bases : mapping of str to Pipeline or Augmented
        Unfitted, by their features; of several, each fold chooses its own.
    space : mapping of str to sequence
        Full parameter names and values to search; empty for none.
    table : Table
    groups : ndarray of shape (n_images,)
        Rows that stay together.
    n_folds, n_inner : int
        Outer folds, and folds of a search inside one.
    rng : numpy.random.Generator
    kind : {"grid", "hyperband"}, default="grid"
    workers : Workers, optional
        By default one process a core.
    journal : Journal, optional
        Of which each fold's search takes a part.
    seconds : float, optional
        That each fold's search may take.
    progress : callable, optional
        Called with a `Progress` of each fold's search.

    Returns
    -------
    scores : dict
        As from `evaluate_predictions`, and ``baselines``, ``n_folds`` and
        ``fold_accuracies``.
    """
    X, y = table.pixels, table.labels
    journal = Journal() if journal is None else journal
    classes = sorted(set(y), key=natural_key)
    column = {label: i for i, label in enumerate(classes)}
    probabilities = np.zeros((len(X), len(classes)), np.float64)
    folds = grouped_folds(y, groups, n_folds, rng)
    of_folds, plain = [], []
    for k, (train, held_back) in enumerate(folds, start=1):
        begun = monotonic()
        best = next(iter(bases.values()))
        if len(bases) > 1:
            how = {"workers": workers, "journal": journal.part(f"outer-fold{k}-features")}
            how |= {"seconds": seconds, "progress": _in_fold(progress, k, len(folds))}
            chosen = choose_features(bases, X[train], y[train], groups[train], rng, **how)
            best = bases[chosen.best]
        if space:
            inner = grouped_folds(y[train], groups[train], n_inner, rng)
            search = run_search(
                kind,
                best,
                space,
                X[train],
                y[train],
                inner,
                groups=groups[train],
                workers=workers,
                journal=journal.part(f"outer-fold{k}"),
                budget=Budget(left_of(seconds, begun)),
                progress=_in_fold(progress, k, len(folds)),
            )
            best = with_params(best, search.best_params, n_jobs=None)
        pipeline = fit_alone(best, X[train], y[train], groups=groups[train])
        order = [column[label] for label in pipeline.classes_]
        probabilities[np.ix_(held_back, order)] = pipeline.predict_proba(X[held_back])
        guesses = np.asarray(classes, object)[probabilities[held_back].argmax(axis=1)]
        votes = vote_weights(groups[held_back])
        of_folds.append(float(np.average(guesses == y[held_back], weights=votes)))
        plain.append(
            baseline_accuracies(X[train], y[train], X[held_back], y[held_back], groups[held_back])
        )
    floor = np.maximum(probabilities, 1e-12)  # a class that a fold lacked has probability 0
    scores = evaluate_predictions(y, floor / floor.sum(axis=1, keepdims=True), classes, groups)
    sizes = [len(np.unique(groups[held_back])) for _, held_back in folds]
    baselines = {
        name: float(np.average([of_fold[name] for of_fold in plain], weights=sizes))
        for name in plain[0]
    }
    return scores | {"baselines": baselines, "n_folds": len(folds), "fold_accuracies": of_folds}


def _in_fold(progress: Callable | None, k: int, n_folds: int) -> Callable | None:
    """Return *progress* with the fold named."""
    if progress is None:
        return None
    return lambda p: progress(replace(p, place=f"fold {k} of {n_folds}: "))
