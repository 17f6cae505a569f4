"""Fits on folds are those that would have been made one by one."""

import numpy as np
import pytest
from sklearn.base import clone

from sklimg.augment import Augmented
from sklimg.errors import OutputError
from sklimg.fitting import one_quiet_thread
from sklimg.foldfits import fit_on_fold, plain_labels, prepare_fold, train_on_fold
from sklimg.mlp import MLPClassifier
from sklimg.pipeline import build_pipeline
from sklimg.sharedfits import with_params

SHORT = {"max_iter": 9, "hidden_layer_sizes": (8,), "learning_rate": "constant"}
BASE = with_params(build_pipeline(params=SHORT), {})
ROWS = np.arange(45), np.arange(45, 60)
HOWS = [{}, {"early_stopping": True}, {"class_weight": "balanced"}, {"solver": "sgd"}]


@pytest.fixture(scope="module")
def data(bars_table):
    order = np.random.default_rng(0).permutation(60)
    return bars_table.pixels[order], bars_table.labels[order], np.arange(60) // 2


def accuracy_of(fitted, data):
    X, y, _ = data
    return np.mean(fitted.predict(X[ROWS[1]]) == y[ROWS[1]])


@pytest.mark.parametrize("how", HOWS)
def test_several_epochs_of_one_fit_are_several_fits(data, how):
    base = with_params(BASE, {f"classify__{k}": v for k, v in how.items()})
    fold = prepare_fold(base, data, ROWS)
    records = fit_on_fold(base[-1], fold, (2, 9, 5))
    for epochs, record in zip((2, 9, 5), records, strict=True):
        alone = with_params(base, {"classify__max_iter": epochs})
        with one_quiet_thread():
            X, y, groups = (part[ROWS[0]] for part in data)
            alone.fit(X, y, classify__groups=groups)
        assert record["accuracy"] == accuracy_of(alone, data)
        assert record["n_epochs"] == alone[-1].n_iter_
        assert not record["reason"]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_copies_and_features_are_those_of_a_fit(data, early_stopping):
    params = {"classify__early_stopping": early_stopping}
    base = Augmented(with_params(BASE, params), random_state=3, shape=(8, 8))
    fold = prepare_fold(base, data, ROWS)
    assert len(fold.X) > 45 * 10
    assert (fold.watch is not None) == early_stopping
    (record,) = fit_on_fold(base.estimator[-1], fold, (None,))
    with one_quiet_thread():
        X, y, groups = (part[ROWS[0]] for part in data)
        fitted = clone(base).fit(X, y, groups=groups)
    assert record["accuracy"] == accuracy_of(fitted, data)


def test_a_fit_that_fails_is_recorded_with_its_reason(data):
    fold = prepare_fold(BASE, data, ROWS)
    wrong = with_params(BASE, {"classify__activation": "nonsense"})
    records = fit_on_fold(wrong[-1], fold, (3, 4))
    assert [record["accuracy"] for record in records] == [None, None]
    assert records[0]["reason"].startswith("activation: expected one of identity, logistic")


@pytest.mark.parametrize("step", ["fit", "partial_fit"])
def test_memory_that_ends_is_no_fault_of_a_candidate(data, monkeypatch, step):
    def full(*_, **__):
        raise MemoryError

    fold = prepare_fold(BASE, data, ROWS)
    monkeypatch.setattr(MLPClassifier, step, full)
    with pytest.raises(OutputError, match=r"ran out of memory; .* --resume and fewer --jobs"):
        fit_on_fold(BASE[-1], fold, (2,)) if step == "fit" else train_on_fold(BASE[-1], fold, 2)


@pytest.mark.parametrize("how", [{}, {"class_weight": "balanced"}, {"dropout": 0.4}])
def test_two_stages_are_one_long_training(data, how):
    base = with_params(BASE, {f"classify__{k}": v for k, v in how.items()})
    fold = prepare_fold(base, data, ROWS)
    whole, record = train_on_fold(clone(base[-1]), fold, 7)
    first, _ = train_on_fold(clone(base[-1]), fold, 3)
    second, later = train_on_fold(first, fold, 4)
    for one, other in zip(whole.coefs_, second.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    assert record["accuracy"] == later["accuracy"]
    assert record["history"]["epoch"] == list(range(1, 8))
    assert later["history"]["epoch"] == list(range(4, 8))
    assert second.class_weight == how.get("class_weight")
    for name in ("loss", "validation_loss", "validation_accuracy"):
        assert record["history"][name][3:] == later["history"][name]


def test_balanced_classes_weigh_alike(data):
    fold = prepare_fold(BASE, data, ROWS)
    some = fold._replace(y=np.where(fold.y == "a", "a", "2"))
    plain, _ = train_on_fold(clone(BASE[-1]), some, 5)
    weighted, _ = train_on_fold(clone(BASE[-1]).set_params(class_weight="balanced"), some, 5)
    share = [model.predict_proba(fold.X)[:, 1].mean() for model in (plain, weighted)]
    assert share[1] > share[0]  # of the rarer class


def test_the_watched_loss_is_the_log_loss(data):
    from sklearn.metrics import log_loss

    fold = prepare_fold(BASE, data, ROWS)
    model, record = train_on_fold(clone(BASE[-1]), fold, 6)
    probabilities = model.predict_proba(fold.X_test).astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    expected = log_loss(fold.y_test, probabilities, labels=list(model.classes_))
    assert record["history"]["validation_loss"][-1] == pytest.approx(expected, rel=1e-5)


def test_a_stage_that_fails_is_recorded(data):
    fold = prepare_fold(BASE, data, ROWS)
    _, record = train_on_fold(clone(BASE[-1]).set_params(alpha=-1), fold, 2)
    assert record["reason"].startswith("alpha: expected a number of at least 0")


def test_labels_become_text_of_a_fixed_length_unless_that_loses_something():
    labels = np.array(["7", "naïve", ""], object)
    assert plain_labels(labels).dtype.kind == "U"
    for kept in (np.array(["a\0", "b"], object), np.array([1, 2]), np.array([1, "b"], object)):
        assert plain_labels(kept) is kept
