"""Fit: from data to a tested model in a run folder.

The test part is set apart before anything is chosen and read once, at the end;
the saved model is the one that was tested.

Floor 5: writes the run folder, prints nothing; what it does it tells a callable.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.choosing import augmented, candidates_of, choose
from sklimg.crossval import cross_validate
from sklimg.errors import UsageError
from sklimg.evaluation import (
    baseline_accuracies,
    confusion_counts,
    evaluate_predictions,
    vote_weights,
    worst_confusions,
)
from sklimg.files import check_free, natural_key
from sklimg.model import Model
from sklimg.names import AUGMENTS, MODELS, TURNED
from sklimg.parts import Parts, check_apart, is_data, name_of, spec_notes, split_table
from sklimg.pipeline import build_pipeline
from sklimg.runs import Run, write_run
from sklimg.search import Progress, n_fits
from sklimg.sources import Collection, read_data
from sklimg.splits import class_groups, grouped_folds
from sklimg.table import Table
from sklimg.telling import (
    describe,
    tell_data,
    tell_end,
    tell_small_classes,
    tell_verdict,
)

__all__ = ["fit"]

N_FOLDS = 5
FEW_TEST_GROUPS = 100  # below, a single split says little


def fit(
    data: str | os.PathLike | Table,
    *,
    grid: bool | Mapping[str, Sequence] = False,
    model: str = MODELS[0],
    params: Mapping[str, Any] | None = None,
    test: float | str | os.PathLike | Table | None = None,
    validation: float = 0.0,
    folds: int | None = None,
    group: str = "auto",
    turned: str = TURNED[0],
    augment: str = AUGMENTS[0],
    class_weight: str | None = None,
    seed: int = 0,
    jobs: int = -1,
    out: str | os.PathLike | None = None,
    tell: Callable[[str, str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Fit a classifier, test it honestly, and save everything about it.

    Parameters
    ----------
    data : path or Table
        A table file, an IDX pair, a folder with a class a folder, a manifest or
        a map.
    grid : bool or mapping of str to sequence, default=False
        Parameters to search by grouped, stratified cross-validation on the
        training part, and their values; True for the default grid.
    model : {"mlp", "sklearn-mlp", "logistic"}, default="mlp"
    params : mapping, optional
        Parameters that are set, by the classifier's bare names or full ones.
    test : float, path or Table, optional
        Share of each class's groups set apart for the test, or other data; by
        default what the column ``split`` of the data says (train, validation,
        test), or 0.2 if there is none. Training rows that a given test or
        validation part holds copies of are dropped.
    validation : float, default=0
        Share of each class's groups set apart to choose parameters by, in place
        of folds of the training part; the model is not trained on them.
    folds : int, optional
        Folds of a cross-validation over all rows, every choice made inside the
        fold, beside the test; by default 5 where the test part has fewer than
        100 groups, else 0 for none.
    group : str, default="auto"
        "auto": copies and near copies of one picture stay on one side, and so do
        rows that share a value in a column ``group``; "exact": copies with equal
        pixels alone; "none": every row for itself; else the name of a column to
        use in place of ``group``.
    turned : {"auto", "yes", "no"}, default="auto"
        Whether a mirrored, turned, cropped or shifted picture is a copy; "auto"
        judges by the data: no for symbols, yes for photographs.
    augment : {"none", "light", "strong"}, default="none"
        How far copies of the training images are changed, that are made in each fit
        of its training rows alone; mirrored ones only of photographs.
    class_weight : {"balanced"}, optional
        Whether small classes weigh as much as large ones.
    seed : int, default=0
        Everything random follows from it.
    jobs : int, default=-1
        Processes of a search; -1 for one a core. Results do not depend on it.
    out : path, optional
        The run folder to make, absent or empty. Without it nothing is saved.
    tell : callable, optional
        Called with a topic and a line of text at each stage.
    progress : callable, optional
        Called with a `Progress` while a search runs.

    Returns
    -------
    run : Run

    Raises
    ------
    DataError, TableError
        If the data cannot be learned from.
    UsageError
        If a parameter is unknown or *out* is in use.
    """
    tell = tell or (lambda topic, text: None)
    if out is not None:
        check_free(out)
        check_apart(out, data)
    _check_options(test, validation, folds, seed, augment)
    streams = np.random.SeedSequence(seed).spawn(4)
    split_rng, fold_rng, outer_rng = (np.random.default_rng(stream) for stream in streams[:3])
    model_seed = int(streams[3].generate_state(1)[0])
    params = _weighted(params or {}, class_weight, model)
    base = build_pipeline(model, params, model_seed)
    candidates = candidates_of(base, grid, model, params, tell)

    read = read_data(data, jobs=jobs)
    tell_data(read, name_of(data), tell)
    other = _read_test(test, read, jobs, tell)
    name = str(name_of(data))
    parts = split_table(read, name, other, group, split_rng, tell, validation, turned)
    known = np.concatenate([parts.train, parts.validation])
    X, y = parts.table.pixels[known], parts.table.labels[known]
    n_train = len(parts.train)
    if len(parts.validation):
        inner = [(np.arange(n_train), np.arange(n_train, len(known)))]
    else:
        groups_of = class_groups(y, parts.groups[known])
        inner = grouped_folds(y, parts.groups[known], N_FOLDS, fold_rng)
        tell_small_classes(groups_of, len(inner), tell)
    base = augmented(base, augment, parts, model_seed)
    chosen = choose(base, candidates, parts, inner, model_seed, jobs, tell, progress)
    pipeline = chosen.pipeline
    run = _tested(_model(pipeline, parts), parts, tell)
    run.search, run.history, run.refused = chosen.search, chosen.history, read.refused
    run.augmented, run.was_interrupted = augment != AUGMENTS[0], chosen.was_interrupted
    votes = vote_weights(parts.groups[parts.train])
    right = run.model.predict(X[:n_train]) == y[:n_train]
    run.metrics["train_accuracy"] = float(np.average(right, weights=votes))
    if folds is None:
        folds = N_FOLDS if run.metrics["n_test"] < FEW_TEST_GROUPS else 0
    if folds and not run.was_interrupted:
        rows = np.sort(known if is_data(test) else np.append(known, parts.test))
        if candidates:
            fits = n_fits(candidates, N_FOLDS)[1]
            tell("note", f"cross-validating, with a search in each fold: {folds} x {fits} fits")
        table, groups = parts.table.take(rows), parts.groups[rows]
        how = {"n_folds": folds, "n_inner": N_FOLDS, "rng": outer_rng}
        try:
            run.metrics["cross_validation"] = cross_validate(
                base, candidates, table, groups, **how, jobs=jobs, progress=progress
            )
            tell("folds", describe(run.metrics["cross_validation"]))
        except KeyboardInterrupt:
            run.was_interrupted = True
            tell("warning", "interrupted: there is no cross-validation")
    tell_end(run, tell)
    tell_verdict(run, tell)
    if out is not None:
        asked = {
            "test": name_of(test),
            "validation": validation,
            "model": model,
            "params": params,
            "grid": candidates,
            "augment": augment,
        }
        asked |= {"n_folds": len(inner), "folds": folds, "group": group}
        asked |= {"turned": turned, "seed": seed}
        write_run(run, out, {"data": name_of(data)} | asked, data, read)
        run.path = Path(out)
        tell("saved", str(out))
    return run


def _weighted(params: Mapping[str, Any], class_weight: str | None, model: str) -> dict[str, Any]:
    """Return the parameters with the class weight among them."""
    if class_weight is None:
        return dict(params)
    if model == "sklearn-mlp":
        raise UsageError(
            f"class weight: {model} knows none; choose the model mlp or logistic, or leave it out"
        )
    if any(name.rpartition("__")[2] == "class_weight" for name in params):
        raise UsageError("class weight: stands twice, as an option and as a parameter")
    return {**params, "class_weight": class_weight}


def _check_options(
    test: float | str | os.PathLike | Table | None,
    validation: float,
    folds: int | None,
    seed: int,
    augment: str,
) -> None:
    """Raise UsageError unless shares and counts make sense."""
    if test is not None and not is_data(test) and not 0 < test < 1:
        raise UsageError(f"test: expected a share between 0 and 1, or data, got {test}")
    if not 0 <= validation < 1:
        raise UsageError(f"validation: expected a share from 0 to below 1, got {validation}")
    if isinstance(test, int | float | None) and validation + (test or 0) >= 1:
        raise UsageError(
            f"test, validation: expected less than 1 together, got {test}, {validation}"
        )
    if folds is not None and (folds < 0 or folds == 1):
        raise UsageError(f"folds: expected 2 or more, or 0 for none, got {folds}")
    if seed < 0:
        raise UsageError(f"seed: expected 0 or above, got {seed}")
    if augment not in AUGMENTS:
        raise UsageError(f"augment: expected one of {', '.join(AUGMENTS)}, got {augment!r}")


def _read_test(
    test: float | str | os.PathLike | Table | None, read: Collection, jobs: int, tell: Callable
) -> float | Collection | None:
    """Return the share, if any, or the other test data as read; its rejects join the others."""
    if not is_data(test):
        return test
    other = read_data(test, read.table.spec, jobs=jobs)
    tell_data(other, name_of(test), tell)
    for note in spec_notes(other.table, read.table.spec, str(name_of(test))):
        tell("warning", note)
    read.rejects += other.rejects
    return other


def _model(pipeline: Pipeline, parts: Parts) -> Model:
    """Return the model of a pipeline that was fitted to the training rows."""
    values, counts = np.unique(parts.table.labels[parts.train], return_counts=True)
    of_class = dict(zip(values, counts.tolist(), strict=True))
    classes = tuple(sorted(of_class, key=natural_key))
    seen = np.unique(parts.digests[parts.train])
    counts_of = {label: of_class[label] for label in classes}
    table = parts.table
    return Model(pipeline, classes, table.spec, seen, counts_of, table.spec_is_known)


def _tested(model: Model, parts: Parts, tell: Callable) -> Run:
    """Read the test part, once, and return the run with its metrics."""
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
    run = Run(model, metrics, parts, probabilities)
    counts, names = confusion_counts(labels, run.predicted, model.classes)
    tell("test", describe(metrics))
    worst = [f"{true} read as {got} ({n}x)" for true, got, n in worst_confusions(counts, names)]
    tell("mistakes", ", ".join(worst) or "none")
    return run
