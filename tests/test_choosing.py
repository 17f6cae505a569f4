"""What is chosen is fitted to the training rows, with copies of nothing else."""

import numpy as np
import pytest

from sklimg.augment import Augmented
from sklimg.errors import UsageError
from sklimg.mlp import MLPClassifier
from sklimg.model import load
from sklimg.names import MODELS
from sklimg.splits import hold_back
from sklimg.table import Table
from sklimg.training import fit
from tests.builders import bars

SHORT = {"max_iter": 8, "hidden_layer_sizes": 8}


@pytest.fixture
def said():
    """What a fit tells, as (topic, text)."""
    return []


def told(said):
    return lambda topic, text: said.append((topic, text))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("grid", [False, {"alpha": [1e-3, 1e-2]}])
def test_the_model_knows_nothing_of_copies(bars_table, model, grid):
    if model == "logistic":
        grid = {"C": [0.1, 1.0]} if grid else grid
    run = fit(bars_table, model=model, grid=grid, augment="light", folds=0, jobs=1,
              params={"max_iter": 8} if model != "logistic" else {})  # fmt: skip
    names = [name for name, _ in run.model.pipeline.steps]
    assert names == ["scale", "centre", "classify"]
    if grid:
        (name,) = run.search.best_params
        assert name.startswith("classify__")
    assert (run.history is None) == (model == "logistic")


def test_copies_are_of_training_rows_and_a_search_makes_its_own(bars_table, monkeypatch):
    plain, made = Augmented.with_copies, []

    def counted(self, X, y, rng):
        made.append(X)
        return plain(self, X, y, rng)

    monkeypatch.setattr(Augmented, "with_copies", counted)
    run = fit(bars_table, augment="light", params=SHORT, folds=3, jobs=1,
              grid={"alpha": [1e-3, 1e-2]})  # fmt: skip
    test = {row.tobytes() for row in run.parts.table.pixels[run.parts.test]}
    n_inner = 5 + 1  # once a fold, whatever the candidates
    n_held_back = 4  # the other folds, read by what the rest was enough for
    outer = made[n_inner + 1 + n_held_back :]  # behind the search, its refit and the history
    assert not any(row.tobytes() in test for X in made[: n_inner + 1] for row in X)
    assert [len(X) for X in made[: n_inner + 1]] == [38, 38, 38, 39, 39, 48, 38] or all(
        len(X) < len(bars_table) for X in made
    )
    assert len(outer) == 3 * n_inner


@pytest.mark.parametrize(("turned", "flip"), [("yes", True), ("no", False)])
def test_only_photographs_are_mirrored(bars_table, monkeypatch, turned, flip):
    seen = []
    monkeypatch.setattr(
        Augmented, "with_copies", lambda self, X, y, rng: seen.append(self.flip) or (X, y)
    )
    fit(bars_table, augment="strong", turned=turned, params=SHORT, folds=0)
    assert set(seen) == {flip}


def test_colour_is_changed_as_colour():
    grey = bars({"a": 20, "b": 20, "c": 20})
    table = Table(np.repeat(grey.pixels, 3, axis=1), grey.labels)
    run = fit(table, augment="light", folds=0, group="none")
    assert run.metrics["accuracy"] == 1


def test_a_validation_part_stops_the_training(bars_table):
    how = {"early_stopping": True, "n_iter_no_change": 2, "learning_rate": "constant"}
    run = fit(bars_table, validation=0.2, params=how, folds=0)
    last = run.model.pipeline[-1]
    assert run.history is last.history_
    assert last.stop_reason_ == "no_improvement"
    assert run.history["validation_accuracy"][last.best_epoch_ - 1] == pytest.approx(1)


def test_early_stopping_has_its_own_history(bars_table, monkeypatch):
    """One fit, not two."""
    fits = []
    plain = fit.__globals__["choose"].__globals__["fit_alone"]
    monkeypatch.setattr(
        "sklimg.choosing.fit_alone", lambda *a, **k: fits.append(1) or plain(*a, **k)
    )
    monkeypatch.setattr("sklimg.history.fit_alone", lambda *a, **k: pytest.fail("a second fit"))
    run = fit(bars_table, params={"early_stopping": True}, folds=0)
    assert len(fits) == 1
    assert np.isfinite(run.history["validation_loss"]).all()


def test_classes_that_cannot_be_held_back_are_told(said):
    table = bars({"a": 12, "b": 12, "rare": 2})
    fit(table, params={"early_stopping": True, **SHORT}, folds=0, tell=told(said))
    assert ("warning", "no image of 1 class could be held back: rare; add images") in said


def test_class_weights_reach_the_classifier(bars_table):
    run = fit(bars_table, class_weight="balanced", params=SHORT, folds=0)
    assert run.model.pipeline[-1].class_weight == "balanced"
    with pytest.raises(UsageError, match="sklearn-mlp knows none; choose the model mlp"):
        fit(bars_table, class_weight="balanced", model="sklearn-mlp")


def test_a_value_of_a_grid_is_checked_before_data_is_read():
    with pytest.raises(UsageError, match=r"dropout: expected numbers in \[0, 1\), got 1.5"):
        fit("absent.csv", grid={"dropout": [0.1, 1.5]})


def test_a_class_of_one_image_does_not_end_a_fit(said):
    """Its image may be held back to watch, and is unknown to those that train then."""
    for seed in range(4):
        table = bars({"a": 12, "b": 12, "rare": 2})
        run = fit(table, params=SHORT, folds=0, seed=seed, group="exact")
        assert np.isfinite(run.history["validation_loss"]).all()


@pytest.mark.parametrize("augment", ["none", "light"])
@pytest.mark.parametrize("grid", [False, {"alpha": [1e-3, 1e-2]}])
def test_groups_reach_early_stopping(bars_table, monkeypatch, augment, grid):
    """In every fit: alone, of a candidate, of the best, and of a fold."""
    seen, plain = [], hold_back

    def spy(labels, groups, *rest):
        seen.append(groups)
        return plain(labels, groups, *rest)

    monkeypatch.setattr("sklimg.mlpinputs.hold_back", spy)
    monkeypatch.setattr("sklimg.augment.hold_back", spy)
    columns = {"writer": np.array([f"w{i // 3}" for i in range(60)], object)}
    table = Table(bars_table.pixels, bars_table.labels, columns=columns)
    how = SHORT | {"early_stopping": True}
    fit(table, params=how, folds=2, group="writer", augment=augment, grid=grid, jobs=1)
    n_candidates = 1 if augment == "light" else 2  # copies are made once a fold
    n_fits = n_candidates * 5 + 1 if grid else 1
    n_rounds = 1 if grid or augment == "light" else 3
    n_held_back = 5  # by which it is calibrated
    assert len(seen) == n_fits + n_held_back + 2 * n_rounds * n_fits
    assert all(len(np.unique(groups)) <= len(groups) / 2 for groups in seen)


def test_candidates_take_one_thread(bars_table, monkeypatch):
    seen, plain = [], MLPClassifier.fit

    def spy(self, *args, **options):
        seen.append(self.n_jobs)
        return plain(self, *args, **options)

    monkeypatch.setattr(MLPClassifier, "fit", spy)
    fit(bars_table, params=SHORT, folds=0, grid={"alpha": [1e-3, 1e-2]}, jobs=1)
    assert (
        seen == [1] * 10 + [None] * 6
    )  # the best, the one that is watched, and those that calibrate


@pytest.mark.parametrize("part", ["history", "calibration", "folds"])
def test_an_interrupt_after_the_training_keeps_the_model(
    bars_table, monkeypatch, said, part, tmp_path
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    name = {
        "history": "sklimg.choosing.epoch_history",
        "calibration": "sklimg.choosing.held_back",
        "folds": "sklimg.training.cross_validate",
    }
    words = {
        "history": "interrupted: the epochs were not watched",
        "calibration": "interrupted: it was not calibrated",
        "folds": "interrupted: there is no cross-validation",
    }
    monkeypatch.setattr(name[part], interrupted)
    run = fit(bars_table, params=SHORT, out=tmp_path / "run", tell=told(said))
    assert run.was_interrupted
    assert "cross_validation" not in run.metrics
    assert next(text for topic, text in said if topic == "warning").startswith(words[part])
    assert load(tmp_path / "run").classes == run.model.classes
