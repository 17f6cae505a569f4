"""Images that were not trained on tell how sure a classifier may be."""

import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from sklimg import heldback
from sklimg.augment import Augmented
from sklimg.calibration import cooled
from sklimg.fitting import fit_alone
from sklimg.heldback import HeldBack, calibrate, held_back
from sklimg.pipeline import build_pipeline
from sklimg.splits import grouped_folds
from sklimg.transformers import PixelScaler

BASE = build_pipeline("logistic", {"C": 0.01})


@pytest.fixture
def data(bars_table):
    X, y = bars_table.pixels, bars_table.labels
    return X, y, np.arange(len(y)) // 2


@pytest.fixture
def folds(data):
    _, y, groups = data
    return grouped_folds(y, groups, 5, np.random.default_rng(0))


def test_all_rows_are_read_by_fits_to_other_groups(data, folds):
    X, y, groups = data
    held = held_back(BASE, fit_alone(BASE, X, y), X, y, groups, len(y), folds, None)
    assert held.where == "the folds"
    assert sorted(held.rows) == list(range(len(y)))
    for train, rest in folds:
        assert not set(groups[train]) & set(groups[rest])
        expected = fit_alone(BASE, X[train], y[train]).predict_proba(X[rest])
        places = np.searchsorted(held.rows[held.rows.argsort()], rest)
        np.testing.assert_allclose(held.probabilities[held.rows.argsort()][places], expected)


def test_the_fit_that_was_watched_is_not_made_again(data, folds, monkeypatch):
    X, y, groups = data
    watched = fit_alone(BASE, X[folds[0][0]], y[folds[0][0]])
    made, plain = [], heldback.fit_alone
    monkeypatch.setattr(heldback, "fit_alone", lambda *a, **k: made.append(1) or plain(*a, **k))
    with_it = held_back(BASE, fit_alone(BASE, X, y), X, y, groups, len(y), folds, watched)
    assert len(made) == 4
    without = held_back(BASE, fit_alone(BASE, X, y), X, y, groups, len(y), folds, None)
    np.testing.assert_allclose(with_it.probabilities, without.probabilities)


def test_a_validation_part_is_read_by_the_model_itself(data, folds):
    X, y, groups = data
    fitted = fit_alone(BASE, X[::2], y[::2])
    order = np.concatenate([np.arange(0, 60, 2), np.arange(1, 60, 2)])
    held = held_back(BASE, fitted, X[order], y[order], groups[order], 30, folds, None)
    assert held.where == "the validation part"
    assert held.rows.tolist() == list(range(30, 60))
    np.testing.assert_array_equal(held.probabilities, fitted.predict_proba(X[1::2]))


@pytest.mark.parametrize("is_augmented", [False, True])
def test_of_many_rows_those_that_stopped_the_training_do(data, folds, monkeypatch, is_augmented):
    monkeypatch.setattr(heldback, "_MOST_FOLDED", 50)
    X, y, groups = data
    how = {"early_stopping": True, "validation_fraction": 0.3, "max_iter": 5}
    base = build_pipeline("mlp", how)
    base = Augmented(base, random_state=0) if is_augmented else base
    fitted = fit_alone(base, X, y, groups=groups)
    held = held_back(base, fitted, X, y, groups, len(y), folds, None)
    assert held.where == "images held back"
    assert 12 <= len(held.rows) <= 24
    trained = np.setdiff1d(np.arange(len(y)), held.rows)
    assert not set(groups[held.rows]) & set(groups[trained])
    np.testing.assert_array_equal(held.probabilities, fitted.predict_proba(X[held.rows]))


def test_of_many_rows_one_fold_is_enough(data, folds, monkeypatch):
    monkeypatch.setattr(heldback, "_MOST_FOLDED", 50)
    X, y, groups = data
    held = held_back(BASE, fit_alone(BASE, X, y), X, y, groups, len(y), folds, None)
    assert held.where == "a fifth held back"
    np.testing.assert_array_equal(held.rows, folds[0][1])


def test_a_class_that_a_fold_lacks_has_no_probability_there(data):
    X, y, groups = data
    lone = np.flatnonzero(y == "a")[0]
    keep = np.append(np.flatnonzero(y != "a"), lone)
    X, y, groups = X[keep], y[keep], groups[keep]
    last = len(y) - 1
    folds = [(np.arange(last), np.array([last])), (np.arange(1, last + 1), np.array([0]))]
    held = held_back(BASE, fit_alone(BASE, X, y), X, y, groups, len(y), folds, None)
    assert held.probabilities[0, 2] == 0
    fitted = fit_alone(BASE, X, y)
    assert np.isfinite(calibrate(fitted, held, y, groups, lambda *_: None).temperature)


def test_it_becomes_as_sure_as_it_may_be(data):
    """A classifier that says 0.99 and is right on three of four."""
    X, y, _ = data
    fitted = fit_alone(build_pipeline("logistic", {"C": 100}), X, y)
    before = fitted.predict_proba(X)
    codes = np.searchsorted(fitted.classes_, y)
    says = (codes + (np.arange(60) % 4 == 0)) % 3
    held = HeldBack(np.arange(60), np.where(np.eye(3)[says] == 1, 0.99, 0.005), "the folds")
    said = []
    found = calibrate(fitted, held, y, np.arange(60), lambda *words: said.append(words))
    assert found.temperature > 2
    assert found.held_back_error_before == pytest.approx(0.24)
    assert found.held_back_error < 0.03
    assert (found.n_images, found.where, found.threshold) == (60, "the folds", None)
    ((topic, text),) = said
    assert topic == "certainty"
    assert text.startswith(
        f"set by the folds: outputs were too sure, divided by {found.temperature:.2f};"
    )
    after = fitted.predict_proba(X)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    assert after.max(axis=1).mean() < before.max(axis=1).mean()


def test_images_of_classes_that_are_unknown_have_no_say(data):
    X, y, groups = data
    fitted = fit_alone(BASE, X[y != "a"], y[y != "a"])
    held = HeldBack(np.arange(60), np.full((60, 2), 0.5), "the validation part")
    assert calibrate(fitted, held, y, groups, lambda *_: None).n_images == np.sum(y != "a")


def test_what_cannot_be_divided_is_left_as_it_is(data):
    X, y, groups = data
    fitted = Pipeline([("scale", PixelScaler()), ("classify", SVC())]).fit(X, y)
    held = HeldBack(np.arange(60), np.full((60, 3), 1 / 3), "the folds")
    assert calibrate(fitted, held, y, groups, lambda *_: pytest.fail("told")) is None


def test_copies_have_one_vote_in_the_temperature(data):
    """Thirty copies of one mistake make the classifier no less sure than one does."""
    _, y, _ = data
    codes = np.searchsorted(["10", "2", "a"], y)
    says = codes.copy()
    says[0] = (codes[0] + 1) % 3
    shares = np.where(np.eye(3)[says] == 1, 0.9, 0.05)
    rows = np.append(np.arange(60), np.zeros(30, int))
    groups = np.append(np.arange(60), np.zeros(30, int))
    found = []
    for some, its in ((np.arange(60), np.arange(60)), (rows, groups)):
        fitted = fit_alone(BASE, data[0], y)
        held = HeldBack(np.arange(len(some)), shares[some], "the folds")
        found.append(calibrate(fitted, held, y[some], its, lambda *_: None))
    assert found[1].temperature == pytest.approx(found[0].temperature, rel=1e-3)
    assert found[1].accuracy == pytest.approx(59 / 60)
    assert found[1].threshold == found[0].threshold


def test_the_threshold_is_one_of_calibrated_answers(data):
    """Half of the answers say 0.6 and half 0.55; the sure ones are right, of the others half."""
    X, y, _ = data
    y, codes = np.tile(y, 4), np.tile(np.searchsorted(["10", "2", "a"], y), 4)
    sure = np.arange(240) % 2 == 0
    says = np.where(sure | (np.arange(240) % 4 == 1), codes, (codes + 1) % 3)
    top = np.where(sure, 0.6, 0.55)[:, None]
    shares = np.where(np.eye(3)[says] == 1, top, (1 - top) / 2)
    fitted = fit_alone(BASE, X, y[:60])
    found = calibrate(
        fitted, HeldBack(np.arange(240), shares, "the folds"), y, np.arange(240), lambda *_: None
    )
    expected = cooled(shares, found.temperature).max(axis=1)
    assert found.threshold == pytest.approx(expected[0])
    assert abs(found.threshold - 0.6) > 0.02


@pytest.mark.parametrize(("n", "n_fits"), [(5000, 5), (5001, 1)])
def test_from_5001_rows_one_fold_is_enough(n, n_fits, monkeypatch):
    made, plain = [], heldback.fit_alone
    monkeypatch.setattr(heldback, "fit_alone", lambda *a, **k: made.append(1) or plain(*a, **k))
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (n, 4), np.uint8), np.array(["a", "b"], object)[np.arange(n) % 2]
    folds = grouped_folds(y, np.arange(n), 5, rng)
    fitted = plain(BASE, X, y)
    held = held_back(BASE, fitted, X, y, np.arange(n), n, folds, None)
    assert len(made) == n_fits
    assert len(held.rows) == pytest.approx(n * n_fits / 5, abs=2)


def test_a_class_that_a_fold_lacks_makes_no_answer_less_sure(data):
    """The single image of a class is held back from the fold that has never seen the class."""
    X, y, _ = data
    keep = np.append(np.flatnonzero(y != "a"), np.flatnonzero(y == "a")[:1])
    X, y, groups = X[keep], y[keep], np.arange(len(keep))
    folds = grouped_folds(y, groups, 5, np.random.default_rng(0))
    held = held_back(BASE, fit_alone(BASE, X, y), X, y, groups, len(y), folds, None)
    assert held.rows[~held.is_known].tolist() == [40]
    others = HeldBack(held.rows[held.is_known], held.probabilities[held.is_known], held.where)
    found = [
        calibrate(fit_alone(BASE, X, y), one, y, groups, lambda *_: None)
        for one in (held, others, held._replace(is_known=None))
    ]
    assert found[0].temperature == found[1].temperature
    assert found[2].temperature > 2 * found[0].temperature  # as if it had been sure and wrong
    assert found[0].accuracy == pytest.approx(40 / 41)  # it is a mistake all the same


def test_answers_of_who_knew_none_of_the_classes_tell_nothing(data):
    """Each class has a single picture, and each fold lacks those that it is asked for."""
    X, y, groups = data
    fitted = fit_alone(BASE, X, y)
    nobody = HeldBack(np.arange(3), np.full((3, 3), 1 / 3), "the folds", np.zeros(3, bool))
    assert calibrate(fitted, nobody, y, groups, lambda *_: None) is None
