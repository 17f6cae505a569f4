"""Fit: from data to a tested model in a run folder.

The test part is set apart before anything is chosen and read once, at the end;
the saved model is the one that was tested.

Floor 5: writes the run folder, prints nothing; what it does it tells a callable.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.choosing import augmented, choose
from sklimg.cluster import open_workers
from sklimg.crossval import cross_validate
from sklimg.errors import UsageError
from sklimg.files import check_free, path_text
from sklimg.foldruns import Progress
from sklimg.names import AUGMENTS, AUTO, BACKENDS, MODELS, SEARCHES, TURNED
from sklimg.parts import Parts, check_apart, is_data, name_of, split_table
from sklimg.pipeline import build_pipeline
from sklimg.presets import DEFAULT, anchored, features_for
from sklimg.runfolder import begin_run, is_finished, save_trials
from sklimg.runs import Run
from sklimg.runwriter import write_run
from sklimg.settings import check_auto, check_settings, images_for, usable_cache, weighted
from sklimg.sources import Collection, read_data
from sklimg.spaces import describe_search, in_stages, space_of
from sklimg.splits import class_groups, grouped_folds
from sklimg.table import Table, spec_notes
from sklimg.telling import (
    describe,
    tell_data,
    tell_end,
    tell_features,
    tell_small_classes,
    tell_verdict,
)
from sklimg.testing import judge
from sklimg.trials import SearchInterrupted
from sklimg.verdicts import data_verdict, fit_verdict

__all__ = ["fit"]

N_FOLDS = 5
N_REPEATS = 3  # of a cross-validation in which nothing is chosen
FEW_TEST_GROUPS = 100  # below, a single split says little


def fit(
    data: str | os.PathLike | Table,
    *,
    grid: bool | Mapping[str, Sequence] = False,
    search: str = SEARCHES[0],
    features: str | None = None,
    model: str = MODELS[0],
    params: Mapping[str, Any] | None = None,
    test: float | str | os.PathLike | Table | None = None,
    validation: float = 0.0,
    folds: int | None = None,
    group: str = "auto",
    turned: str = TURNED[0],
    augment: str = AUGMENTS[0],
    class_weight: str | None = None,
    size: int | None = None,
    mode: str | None = None,
    seed: int = 0,
    jobs: int = -1,
    backend: str = BACKENDS[0],
    address: str | None = None,
    max_time: float | None = None,
    out: str | os.PathLike | None = None,
    resume: bool = False,
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
    search : {"grid", "hyperband"}, default="grid"
        "hyperband" draws candidates from the values of *grid*, or from a default space,
        and trains on only those that do well after few epochs; see
        `sklimg.hyperband.hyperband_search`.
    features : str, optional
        One of `sklimg.names.PRESETS`; "auto" for the one that does best in grouped
        cross-validation on at most 2,000 training images; or "onnx:FILE" for those of
        a network. By default "hog+patches", with colour where the images have it, and
        "pixels" for images of fewer than 12 pixels a side.
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
        100 groups, else 0 for none. With so few, and nothing to choose, it is made
        three times with other folds.
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
    size : int, optional
        Side in pixels of what images of a folder, a manifest or a map become; by default
        28 for symbols, up to 64 for photographs, and what a network takes.
    mode : {"L", "RGB"}, optional
        Grey or colour; by default what the images are, grey for symbols.
    seed : int, default=0
        Everything random follows from it.
    jobs : int, default=-1
        Processes of a search; -1 for one a core. Results do not depend on it.
    backend : {"loky", "dask"}, default="loky"
        Processes of this machine, or workers of a Dask cluster.
    address : str, optional
        Of the cluster's scheduler; without it, one is started on this machine.
    max_time : float, optional
        Seconds after which a search ends with the best so far. If it is repeated in
        each fold of a cross-validation, each has its share.
    out : path, optional
        The run folder to make, absent or empty. Without it nothing is saved.
    resume : bool, default=False
        Whether *out* is a run with a search that was ended before it was finished;
        fits that it holds are not made again.
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
    OutputError
        If *out* cannot be written, or the cluster not be reached.
    """
    tell = tell or (lambda topic, text: None)
    if out is None and resume:
        raise UsageError("resume: expected the run folder as out, got none")
    if out is not None and resume and is_finished(out):
        raise UsageError(f"{out}: the run is finished; load its model with sklimg.load")
    if out is not None:
        check_apart(out, data)
        if not resume:
            check_free(out)
    check_settings(test, validation, folds, seed, augment, search, model, max_time, features)
    streams = np.random.SeedSequence(seed).spawn(4)
    split_rng, fold_rng, outer_rng = (np.random.default_rng(stream) for stream in streams[:3])
    model_seed = int(streams[3].generate_state(1)[0])
    params = weighted(params or {}, class_weight, model)
    features = anchored(features)
    spec, params = images_for(features, params, size, mode)
    params = usable_cache(params, tell)
    likely = DEFAULT if features in (None, AUTO) else features  # to check the parameters by
    base = build_pipeline(model, params, model_seed, likely)
    space = space_of(base, grid, search, model, params, tell, likely)
    if resume and not space:
        raise UsageError(f"{out}: expected a search, as it was begun with one, got none to resume")

    check_auto(features, [*params, *space])

    with ExitStack() as stack:
        workers = stack.enter_context(open_workers(backend, jobs, address, tell))
        read = read_data(data, spec, jobs=jobs, settle=True)
        for asked, has in ((size, read.table.spec.side), (mode, read.table.spec.mode)):
            if asked not in (None, has):
                raise UsageError(
                    f"size, mode: {name_of(data)} is a table of images of {read.table.spec}; make "
                    "it anew, or leave them out"
                )
        tell_data(read, name_of(data), tell)
        other = _read_test(test, read, jobs, tell)
        name = str(name_of(data))
        parts = split_table(read, name, other, group, split_rng, tell, validation, turned)
        known = np.concatenate([parts.train, parts.validation])
        inner = _inner_folds(parts, fold_rng, tell)
        says_little = len(np.unique(parts.groups[parts.test])) < FEW_TEST_GROUPS
        if folds is None:
            folds = N_FOLDS if says_little else 0
        settings = {"data": _place_of(data), "test": _place_of(test), "validation": validation}
        settings |= {"model": model, "params": params, "grid": space, "search": search}
        settings |= {"augment": augment, "n_folds": len(inner), "folds": folds, "group": group}
        settings |= {"turned": turned, "seed": seed, "max_time": max_time}
        settings |= {"features": features, "size": size, "mode": mode}
        bases, presets = {}, features_for(features, read.table.spec)
        tell_features(features, presets, read.table.spec, tell)
        for name in presets:
            base = build_pipeline(model, params, model_seed, name)
            if search != SEARCHES[0]:
                in_stages(base, params, len(parts.train))
            bases[name] = augmented(base, augment, parts, model_seed)
        journal = stack.enter_context(begin_run(out if space else None, settings, resume))
        how = {"kind": search, "workers": workers, "journal": journal, "progress": progress}
        how |= {"seconds": None if max_time is None else max_time / (1 + folds)}
        try:
            chosen = choose(bases, space, parts, inner, model_seed, tell=tell, **how)
        except SearchInterrupted as err:
            save_trials(err.trials, out, tell)
            raise
        run = judge(chosen.pipeline, parts, chosen.calibration, tell)
        run.search, run.history, run.features = chosen[1:4]
        run.was_interrupted = chosen.was_interrupted
        run.refused, run.augmented = read.refused, augment != AUGMENTS[0]
        if folds and not run.was_interrupted:
            rows = np.sort(known if is_data(test) else np.append(known, parts.test))
            if space:
                n_inner = len(rows) - len(rows) // folds
                fold = describe_search(search, next(iter(bases.values())), space, n_inner, N_FOLDS)
                tell("note", f"cross-validating, with a search in each of {folds} folds: {fold}")
            is_quick = not space and len(bases) == 1 and augment == AUGMENTS[0]
            outer = {"n_folds": folds, "n_repeats": N_REPEATS if says_little and is_quick else 1}
            outer |= {"n_inner": N_FOLDS, "rng": outer_rng}
            try:
                run.metrics["cross_validation"] = cross_validate(
                    bases, space, parts.table.take(rows), parts.groups[rows], **outer, **how
                )
                tell("folds", describe(run.metrics["cross_validation"]))
            except KeyboardInterrupt as err:
                if run.search is not None:  # which can be gone on with
                    save_trials(run.search.trials, out, tell)
                    raise SearchInterrupted(run.search.trials) from err
                run.was_interrupted = True
                tell("warning", "interrupted: there is no cross-validation")
        run.metrics["verdict"] = {"fit": fit_verdict(run), "data": data_verdict(run)}
        tell_end(run, tell)
        tell_verdict(run, tell)
        if out is not None:
            write_run(run, out, settings, data, read)
            run.path = Path(out)
            tell("saved", str(out))
    return run


def _inner_folds(
    parts: Parts, rng: np.random.Generator, tell: Callable
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the folds that choices are made by: of the training part, or the validation part."""
    known = np.concatenate([parts.train, parts.validation])
    n_train = len(parts.train)
    if len(parts.validation):
        return [(np.arange(n_train), np.arange(n_train, len(known)))]
    labels, groups = parts.table.labels[known], parts.groups[known]
    folds = grouped_folds(labels, groups, N_FOLDS, rng)
    tell_small_classes(class_groups(labels, groups), len(folds), tell)
    return folds


def _place_of(data: float | str | os.PathLike | Table | None) -> float | str | None:
    """Return where data is, whatever the current folder; a share or None as it is."""
    is_path = isinstance(data, str | os.PathLike)
    return path_text(Path(data).absolute()) if is_path else name_of(data)


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
