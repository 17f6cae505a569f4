"""Retrain: from a run and more images to a newer model, if it is no worse.

It goes on from what the model knows, on all images, old and new, and keeps every old image
in its part. Whether it may take the older one's place is decided by images that neither was
trained on: the validation part or, without one, folds of the training part. The test part is
read once, afterwards.

Floor 6: writes a run folder, prints nothing; what it does it tells a callable.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from sklimg.calibration import divide_outputs
from sklimg.choosing import augmented
from sklimg.errors import DataError, TableError, UsageError
from sklimg.files import check_free, count, path_text
from sklimg.gate import Gate
from sklimg.growth import Growth, grow
from sklimg.heldback import calibrate
from sklimg.imagestream import refusals
from sklimg.learners import Anew, GoingOn
from sklimg.model import Model, load
from sklimg.modelfiles import BACKBONE, find_model, read_model_files
from sklimg.names import AUGMENTS, AUTO, MODELS, TABLE
from sklimg.parts import Parts, check_apart, name_of
from sklimg.pipeline import build_pipeline
from sklimg.presets import features_for, onnx_file
from sklimg.recorded import Recorded, read_recorded
from sklimg.restoring import restored
from sklimg.runfiles import RunFiles, damage_told, read_run
from sklimg.runs import Run
from sklimg.runwriter import write_run
from sklimg.settings import usable_cache, values_of
from sklimg.sources import Collection, read_data
from sklimg.table import Table, spec_notes
from sklimg.telling import tell_data, tell_end, tell_verdict
from sklimg.testing import judge
from sklimg.unseen import fold_answers, validation_answers
from sklimg.verdicts import data_verdict, fit_verdict
from sklimg.watching import tells_epochs

__all__ = ["Retraining", "retrain"]

_FEW = 50  # pictures that the run had, by which little can be said
_Learner = Anew | GoingOn


@dataclass
class Retraining:
    """What `retrain` returns.

    Attributes
    ----------
    gate : Gate
    run : Run or None
        None if the gate refused the newer model: then nothing was written.
    refused : list of str
        Why images were not taken in, one line each.
    """

    gate: Gate
    run: Run | None
    refused: list[str]


def retrain(
    run: str | os.PathLike,
    data: str | os.PathLike | Table,
    *,
    from_scratch: bool = False,
    recorded: str | os.PathLike | Table | None = None,
    withdrawn: Iterable[str] = (),
    jobs: int = -1,
    out: str | os.PathLike | None = None,
    tell: Callable[[str, str], None] | None = None,
    tell_epoch: Callable[[dict[str, float]], None] | None = None,
) -> Retraining:
    """Train the model of a run on more images; keep it only if it is no worse.

    Parameters
    ----------
    run : path
        A run folder that `sklimg.fit` or this has written, or "latest".
    data : path or Table
        More labelled images, as `sklimg.fit` takes them. Those that the run has already
        are left out.
    from_scratch : bool, default=False
        Whether all is fitted anew, by the settings of the run. So it is where a classifier
        cannot go on: all but our MLP.
    recorded : path or Table, optional
        Where the table of the run is now; by default where the run says.
    withdrawn : iterable of str, default=()
        Paths of the run's images that are to be left out from now on.
    jobs : int, default=-1
        Processes that decode images.
    out : path, optional
        The run folder to make, absent or empty. Without it nothing is saved.
    tell : callable, optional
        Called with a topic and a line of text at each stage.
    tell_epoch : callable, optional
        Called with ``epoch``, ``loss`` and the like after each epoch of the newer model.

    Returns
    -------
    retraining : Retraining

    Raises
    ------
    DataError, TableError
        If the table of the run is missing or changed, or there is nothing new to train on.
    ModelError
        If the model is missing or damaged.
    UsageError
        If the run was made with steps of its own, or *out* is in use.
    OutputError
        If *out* cannot be written.
    """
    tell = tell or (lambda topic, text: None)
    if out is not None:
        check_apart(out, data)
        check_apart(out, recorded)
        check_free(out)
    older = load(run)
    old_run = read_run(run)
    with damage_told(run):
        settings = _settings(old_run)
        known = read_recorded(old_run, older.seen, recorded, jobs)
        turned = old_run.data.get("turned")
    if withdrawn:
        n_all, known = len(known.table), known.without(set(withdrawn))
        tell("withdrawn", f"{count(n_all - len(known.table), 'image')} of the run, left out")
    read = _read(data, older, jobs, tell)
    streams = np.random.SeedSequence([settings["seed"], len(known.table), len(read.table)])
    deal_rng, fold_rng = map(np.random.default_rng, streams.spawn(2))
    growth = _grown(known, read, data, settings["group"], turned, deal_rng, tell)
    parts = growth.parts
    with damage_told(run):
        learner = _learner(old_run, older, settings, parts, from_scratch, tell)
    is_apart = len(parts.validation) > 0
    # whom held-back images stop, those of the gate may not stop
    watch = parts.validation if is_apart and not learner.stops_early else None
    fitted = learner.further(None, parts.train, watch=watch, tell_epoch=tell_epoch)
    pipeline = learner.pipeline(fitted)
    if is_apart:
        answers = validation_answers(learner, fitted, older, growth)
    else:
        tell("folds", "there is no validation part: the gate asks folds of the training part")
        answers = fold_answers(learner, pipeline.classes_, growth, fold_rng)
    gate = answers.gate(pipeline.classes_, growth)
    tell("gate", ("passed: " if gate.passed else "refused: ") + gate.words)
    if gate.known is not None and gate.known["n"] < _FEW:
        tell("doubt", f"of {gate.known['n']} pictures, the gate sees but a large loss; add some")
    refused = read.refused + refusals(growth.rejects)
    if not gate.passed:
        return Retraining(gate, None, refused)
    labels, groups = parts.table.labels, parts.groups
    calibration = calibrate(pipeline, answers.held, labels, groups, tell)
    newer = judge(pipeline, parts, calibration, tell)
    newer.history = answers.history
    newer.augmented = settings["augment"] != AUGMENTS[0]
    newer.refused = refused
    newer.metrics["gate"] = asdict(gate)
    newer.metrics["verdict"] = {"fit": fit_verdict(newer), "data": data_verdict(newer)}
    tell_end(newer, tell)
    tell_verdict(newer, tell)
    if out is not None:
        settings |= {"data": path_text(Path(out).absolute() / TABLE), "test": None}
        parent = path_text(find_model(run).parent.resolve())
        settings |= {"parent": {"run": parent, "model": older.id}, "added": _place_of(data)}
        settings |= {"from_scratch": from_scratch, "shares": known.shares}
        settings["recorded"] = None if recorded is None else _place_of(recorded)
        grown = Collection(parts.table, read.rejects + growth.rejects)
        write_run(newer, out, settings, parts.table, grown, keep_table=True)
        newer.path = Path(out)
        tell("saved", str(out))
    return Retraining(gate, newer, refused)


def _settings(run: RunFiles) -> dict[str, Any]:
    """Return what a run was asked for and chose, as settings without anything to search."""
    config = run.config
    params = values_of(config.get("params") or {}) | values_of(config.get("chosen") or {})
    own = [name for name in params if name in ("features", "scale", "centre", "classify")]
    if own:
        raise UsageError(
            f"{run.name}: was made with a step of its own, {own[0]}, that its files do not hold; "
            "fit it anew in Python"
        )
    features = config.get("features")
    if features == AUTO:
        chosen = zip(run.features["features"], run.features["chosen"], strict=True)
        features = next(name for name, word in chosen if word == "True")
    defaults = {"validation": 0.0, "group": "auto", "augment": AUGMENTS[0], "folds": 0}
    settings = defaults | config | {"params": params, "grid": {}, "features": features}
    words = settings["model"] in MODELS, settings["augment"] in AUGMENTS
    if not (all(words) and isinstance(settings["group"], str) and settings["seed"] >= 0):
        raise ValueError("model, augment, group or seed")
    return settings


def _read(
    data: str | os.PathLike | Table, older: Model, jobs: int, tell: Callable[[str, str], None]
) -> Collection:
    """Read the new images as the model takes them."""
    read = read_data(data, older.spec, jobs=jobs)
    if read.table.pixels.shape[1] != older.spec.n_pixels:
        raise TableError(
            f"{name_of(data)}: expected images of {older.spec} like those of the run, got "
            f"{read.table.spec}; make the table with the run's size and mode"
        )
    tell_data(read, str(name_of(data)), tell)
    for note in spec_notes(read.table, older.spec, str(name_of(data))):
        tell("warning", note)
    return read


def _grown(
    known: Recorded,
    read: Collection,
    data: str | os.PathLike | Table,
    group: str,
    turned: bool | None,
    rng: np.random.Generator,
    tell: Callable[[str, str], None],
) -> Growth:
    """Add the new images to those of the run; what cannot be added is told with their name."""
    try:
        return grow(known, read.table, group=group, turned=turned, rng=rng, tell=tell)
    except DataError as err:
        raise DataError(f"{name_of(data)}: {err}") from err


def _learner(
    run: RunFiles,
    older: Model,
    settings: Mapping[str, Any],
    parts: Parts,
    from_scratch: bool,
    tell: Callable[[str, str], None],
) -> _Learner:
    """Return what trains the newer model: going on from the older one, if that can be."""
    stream = np.random.SeedSequence(settings["seed"]).spawn(4)[3]
    seed = int(stream.generate_state(1)[0])
    params = usable_cache(dict(settings["params"]), tell)
    features = features_for(settings["features"], parts.table.spec)[0]
    base = build_pipeline(settings["model"], params, seed, features)
    goes_on = not from_scratch and settings["model"] == "mlp" and tells_epochs(base)
    if not goes_on:
        if not from_scratch:
            kind = settings["model"] if settings["model"] != "mlp" else "the solver lbfgs"
            tell("note", f"{kind} cannot go on: all is fitted anew")
        own = find_model(run.place) / BACKBONE
        if onnx_file(features) and own.is_file():  # that of the run may be gone, or another
            base.set_params(features__file=str(own))
        return Anew(augmented(base, settings["augment"], parts, seed), parts)
    pipeline = restored(base, read_model_files(run.place), older.predict_proba)
    _reheat(pipeline, run.metrics.get("calibration"))
    copier = augmented(pipeline, settings["augment"], parts, seed)
    return GoingOn(pipeline, parts, None if copier is pipeline else copier)


def _reheat(pipeline: Pipeline, calibration: Mapping[str, Any] | None) -> None:
    """Undo the division by which a calibrated network is as sure as it may be."""
    if calibration:
        temperature = float(calibration["temperature"])
        if not 0 < temperature < np.inf:
            raise ValueError(f"temperature {temperature}")
        divide_outputs(pipeline[-1], 1 / temperature)


def _place_of(data: str | os.PathLike | Table) -> str:
    """Return where data is, whatever the current folder."""
    return str(name_of(data)) if isinstance(data, Table) else path_text(Path(data).absolute())
