"""Cross-validation in which every choice is made inside the fold.

Floor 5: fits and predicts, prints nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.augment import Augmented
from sklimg.calibration import cooled, fit_temperature, is_linear_at_its_end
from sklimg.evaluation import baseline_accuracies, evaluate_predictions, vote_weights
from sklimg.featurechoice import choose_features
from sklimg.files import natural_key
from sklimg.fitting import fit_alone, pipeline_of
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
    n_repeats: int = 1,
    rng: np.random.Generator,
    kind: str = SEARCHES[0],
    workers: Workers | None = None,
    journal: Journal | None = None,
    seconds: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> dict:
    """Predict each row by a pipeline of the other folds, and score all of them.

    A search runs anew in each fold, on folds of the fold's training rows, so that
    no row has a say in what predicts it; not even in how sure its answer is, which the
    other folds tell.

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
    n_repeats : int, default=1
        Rounds of all of it, each with other folds.
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
        As from `evaluate_predictions`, of all rounds together (numbers of images are
        means of them), and ``baselines``, ``n_folds``, ``n_repeats`` and
        ``fold_accuracies``.
    """
    y = table.labels
    classes = sorted(set(y), key=natural_key)
    how = {"n_inner": n_inner, "rng": rng, "kind": kind, "workers": workers, "seconds": seconds}
    journal = Journal() if journal is None else journal
    rounds, of_folds, baselines = [], [], []
    for repeat in range(n_repeats):
        part = "" if repeat == 0 else f"repeat{repeat + 1}-"
        folds = grouped_folds(y, groups, n_folds, rng)
        probabilities, is_known = np.zeros((len(y), len(classes))), np.ones(len(y), bool)
        for k, (train, held_back) in enumerate(folds, start=1):
            pipeline = _of_fold(
                bases,
                space,
                table.take(train),
                groups[train],
                journal=journal.part(f"{part}outer-fold{k}"),
                progress=_in_fold(progress, k, len(folds)),
                **how,
            )
            order = [classes.index(label) for label in pipeline.classes_]
            made = pipeline.predict_proba(table.pixels[held_back])
            probabilities[np.ix_(held_back, order)] = made
            is_known[held_back] = np.isin(y[held_back], pipeline.classes_)
            baselines.append(_plain_rules(table, groups, train, held_back))
        is_right = np.asarray(classes, object)[probabilities.argmax(axis=1)] == y
        votes = vote_weights(groups)
        of_folds += [float(np.average(is_right[held], weights=votes[held])) for _, held in folds]
        if is_linear_at_its_end(pipeline_of(pipeline)[-1]):
            probabilities = _calibrated(probabilities, y, classes, votes, folds, is_known)
        floor = np.maximum(probabilities, 1e-12)  # a class that a fold lacked has probability 0
        rounds.append(floor / floor.sum(axis=1, keepdims=True))
    scores = _scores(rounds, y, classes, groups)
    sizes = [len(np.unique(groups[held_back])) for _, held_back in folds] * n_repeats
    return scores | {
        "baselines": {
            name: float(np.average([of_fold[name] for of_fold in baselines], weights=sizes))
            for name in baselines[0]
        },
        "n_folds": len(folds),
        "n_repeats": n_repeats,
        "fold_accuracies": of_folds,
    }


def _of_fold(
    bases: Mapping[str, Pipeline | Augmented],
    space: Mapping[str, Any],
    table: Table,
    groups: np.ndarray,
    *,
    n_inner: int,
    rng: np.random.Generator,
    kind: str,
    workers: Workers | None,
    seconds: float | None,
    journal: Journal,
    progress: Callable[[Progress], None] | None,
) -> Pipeline | Augmented:
    """Return what is fitted to the training rows of a fold, with every choice made by them."""
    X, y = table.pixels, table.labels
    begun = monotonic()
    best = next(iter(bases.values()))
    if len(bases) > 1:
        how = {"workers": workers, "journal": journal.part("features")}
        how |= {"seconds": seconds, "progress": progress}
        best = bases[choose_features(bases, X, y, groups, rng, **how).best]
    if space:
        search = run_search(
            kind,
            best,
            space,
            X,
            y,
            grouped_folds(y, groups, n_inner, rng),
            groups=groups,
            workers=workers,
            journal=journal,
            budget=Budget(left_of(seconds, begun)),
            progress=progress,
        )
        best = with_params(best, search.best_params, n_jobs=None)
    return fit_alone(best, X, y, groups=groups)


def _plain_rules(
    table: Table, groups: np.ndarray, train: np.ndarray, held_back: np.ndarray
) -> dict[str, float]:
    """Return what plain rules reach on a fold."""
    X, y = table.pixels, table.labels
    return baseline_accuracies(X[train], y[train], X[held_back], y[held_back], groups[held_back])


def _calibrated(
    probabilities: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    votes: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    is_known: np.ndarray,
) -> np.ndarray:
    """Return probabilities as sure as the other folds say that they may be.

    Rows of a class that their fold lacked tell nothing of that.
    """
    column = {label: i for i, label in enumerate(classes)}
    codes, found = np.array([column[label] for label in y]), np.empty_like(probabilities)
    for rest, held_back in folds:
        train = rest[is_known[rest]]
        temperature = fit_temperature(probabilities[train], codes[train], votes[train])
        found[held_back] = cooled(probabilities[held_back], temperature)
    return found


def _scores(
    rounds: Sequence[np.ndarray], y: np.ndarray, classes: Sequence[str], groups: np.ndarray
) -> dict:
    """Return the scores of all rounds together, in which each group has one vote still."""
    n = len(rounds)
    scores = evaluate_predictions(np.tile(y, n), np.vstack(rounds), classes, np.tile(groups, n))
    scores["n_test_images"] = len(y)
    for of_class in scores["per_class"].values():
        of_class["support"] //= n
    for of_bin in scores["calibration_bins"]:
        of_bin["n_images"] /= n
    for confusion in scores["confusions"]:
        confusion["count"] /= n
    return scores


def _in_fold(progress: Callable | None, k: int, n_folds: int) -> Callable | None:
    """Return *progress* with the fold named."""
    if progress is None:
        return None
    return lambda p: progress(replace(p, place=f"fold {k} of {n_folds}: "))
