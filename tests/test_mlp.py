"""The MLP beside scikit-learn's: the same steps, and what that one lacks."""

import pickle
import warnings
from itertools import combinations
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from sklimg.descent import Descent
from sklimg.epochs import HISTORY
from sklimg.errors import DataError, UsageError
from sklimg.mlp import MLPClassifier

QUICK = {"random_state": 0, "max_iter": 30, "learning_rate": "one-cycle",
         "learning_rate_init": 0.01, "batch_size": 50}  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    """1,797 images of digits of 8x8 pixels, 0 to 1."""
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


@pytest.fixture(scope="module")
def some(digits):
    """Every third of them."""
    X, y = digits
    return X[::3], y[::3]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([MLPClassifier(dtype="float64")])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore")
def test_in_float32_one_check_asks_for_more_digits_than_there_are():
    """It compares probabilities to seven digits after 200 epochs."""
    results = check_estimator(MLPClassifier(), on_fail=None, on_skip=None)
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    assert failed == {"check_sample_weight_equivalence_on_dense_data"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("n_classes", [2, 10])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_five_epochs_are_those_of_scikit_learn(
    digits, activation, solver, n_classes, n_jobs, monkeypatch
):
    for name in ("sklimg.descent.LARGE", "sklimg.descent._LARGE_NETWORK", "sklimg.partners.LARGE"):
        monkeypatch.setattr(name, 0)  # two threads share whatever there is
    X, y = digits[0].astype(np.float64), digits[1] % n_classes
    how = {"hidden_layer_sizes": (20, 12), "activation": activation, "solver": solver,
           "max_iter": 5, "alpha": 0.01, "random_state": 3}  # fmt: skip
    theirs = PlainMLPClassifier(**how).fit(X, y)
    ours = MLPClassifier(**how, dtype="float64", n_jobs=n_jobs).fit(X, y)
    for a, b in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_"):
        assert getattr(ours, name) == getattr(theirs, name), name


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("schedule", ["invscaling", "adaptive"])
def test_schedules_are_those_of_scikit_learn(some, schedule):
    X, y = some[0].astype(np.float64), some[1]
    how = {"solver": "sgd", "learning_rate": schedule, "learning_rate_init": 0.5, "tol": 0.05,
           "n_iter_no_change": 2, "max_iter": 25, "random_state": 1}  # fmt: skip
    theirs = PlainMLPClassifier(**how).fit(X, y)
    ours = MLPClassifier(**how, dtype="float64").fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_weights_of_rows_are_those_of_scikit_learn(some):
    X, y = some[0].astype(np.float64), some[1]
    weights = np.random.default_rng(0).random(len(y))
    how = {"max_iter": 5, "random_state": 1}
    theirs = PlainMLPClassifier(**how).fit(X, y, weights)
    ours = MLPClassifier(**how, dtype="float64").fit(X, y, weights)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "nadam", "sgd", "rmsprop", "lbfgs"])
def test_it_learns(digits, solver):
    X, y = digits
    rate = {"sgd": 0.3, "rmsprop": 0.003}.get(solver, 0.01)
    model = MLPClassifier(**QUICK | {"learning_rate_init": rate, "solver": solver})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of lbfgs
        model.fit(X[:1200], y[:1200].astype(str))
    assert np.mean(model.predict(X[1200:]) == y[1200:].astype(str)) > 0.89
    assert model.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("labels", [["b", "a"], [7, -3], [True, False]])
def test_labels_of_any_kind(some, labels):
    X, y = some
    y = np.array(labels)[(y > 4).astype(int)]
    model = MLPClassifier(**QUICK).fit(X, y)
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.97


def test_answers_are_those_of_scikit_learns_model(some):
    X, y = some
    for target in (y, y > 4):
        model = MLPClassifier(**QUICK, solver="nadam").fit(X, target)
        plain = model.to_sklearn()
        assert type(plain) is PlainMLPClassifier
        assert plain.solver == "adam"
        np.testing.assert_array_equal(plain.predict(X), model.predict(X))
        np.testing.assert_allclose(plain.predict_proba(X), model.predict_proba(X), atol=1e-6)
        plain.coefs_[0][:] = 0
        plain.loss_curve_.append(0)
        assert model.score(X, target) > 0.9
        assert len(model.loss_curve_) == 30


class TestHistory:
    def test_it_tells_of_every_epoch(self, digits):
        X, y = digits
        watch = X[1200:], y[1200:]
        model = MLPClassifier(**QUICK).fit(X[:1200], y[:1200], validation_data=watch)
        history = model.history_
        assert tuple(history) == HISTORY
        assert history["epoch"] == list(range(1, 31))
        assert {len(values) for values in history.values()} == {30}
        assert history["loss"] == pytest.approx(model.loss_curve_, abs=0.001)  # + penalty
        assert history["validation_accuracy"][-1] == pytest.approx(model.score(*watch))
        probabilities = model.predict_proba(watch[0])[np.arange(len(watch[1])), watch[1]]
        assert history["validation_loss"][-1] == pytest.approx(
            -np.log(probabilities).mean(), rel=1e-4
        )
        assert history["loss"][-1] < 0.2 * history["loss"][0]
        assert 0.99 < history["accuracy"][-1] <= 1
        assert np.argmax(history["learning_rate"]) == 8
        assert all(seconds > 0 for seconds in history["epoch_seconds"])

    def test_rows_that_only_watch_change_nothing(self, some):
        X, y = some
        alone = MLPClassifier(**QUICK).fit(X[:400], y[:400])
        watched = clone(alone).fit(X[:400], y[:400], validation_data=(X[400:], y[400:]))
        np.testing.assert_array_equal(alone.coefs_[0], watched.coefs_[0])
        assert np.isnan(alone.history_["validation_loss"]).all()
        assert alone.validation_scores_ is None

    def test_dropout_is_seen_in_training_alone(self, digits):
        X, y = digits
        model = MLPClassifier(**QUICK, dropout=0.7).fit(X, y)
        assert model.history_["accuracy"][-1] < model.score(X, y) - 0.02
        assert model.score(X, y) > 0.95


class TestEarlyStopping:
    HOW: ClassVar = {"early_stopping": True, "random_state": 0, "learning_rate_init": 0.01,
           "n_iter_no_change": 3, "hidden_layer_sizes": (60,)}  # fmt: skip

    @pytest.mark.parametrize("monitor", ["loss", "accuracy"])
    def test_the_best_epoch_is_kept(self, digits, monitor):
        X, y = digits
        watch = X[900:], y[900:]
        model = MLPClassifier(**self.HOW, monitor=monitor)
        model.fit(X[:900], y[:900], validation_data=watch)
        values = np.array(model.history_[f"validation_{monitor}"])
        values = values if monitor == "loss" else -values
        assert model.stop_reason_ == "no_improvement"
        assert model.best_epoch_ == np.argmin(values) + 1 < model.n_iter_ < 200
        assert model.score(*watch) == model.history_["validation_accuracy"][model.best_epoch_ - 1]
        assert model.best_validation_score_ == pytest.approx(model.score(*watch))

    def test_groups_stay_on_one_side(self):
        """Labels are random, so that held-back rows are known only by copies of them."""
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(60, 20)), np.tile(["a", "b"], 30)
        X, y, groups = np.repeat(X, 5, axis=0), np.repeat(y, 5), np.repeat(np.arange(60), 5)
        how = self.HOW | {"validation_fraction": 0.3, "n_iter_no_change": 30}
        apart = MLPClassifier(**how).fit(X, y, groups=groups)
        mixed = MLPClassifier(**how).fit(X, y)
        assert max(mixed.validation_scores_) > 0.9
        assert max(apart.validation_scores_) < 0.8

    def test_a_class_of_one_group_trains_and_is_told(self, some):
        X, y = some
        y = y.astype(str)
        y[:3] = "rare"
        groups = np.arange(len(y))
        groups[:3] = 0
        with pytest.warns(UserWarning, match="no image of 1 class could be held back: 'rare'"):
            model = MLPClassifier(**self.HOW).fit(X, y, groups=groups)
        assert "rare" in model.classes_

    def test_nothing_to_hold_back(self):
        with pytest.raises(DataError, match="a class with two different images"):
            MLPClassifier(**self.HOW).fit(np.eye(3), ["a", "b", "c"])

    def test_held_back_labels_must_be_known(self, some):
        X, y = some
        with pytest.raises(DataError, match="expected labels of the training part, got 9"):
            MLPClassifier(**self.HOW).fit(X[y < 9], y[y < 9], validation_data=(X, y))


class TestGoingOn:
    def test_each_epoch_has_an_order_of_its_own(self, some, monkeypatch):
        orders, plain = [], Descent.epoch

        def seen(self, rows, rate_of):
            orders.append(rows.index.copy())
            return plain(self, rows, rate_of)

        monkeypatch.setattr(Descent, "epoch", seen)
        model = MLPClassifier(random_state=0)
        for _ in range(3):
            model.partial_fit(*some)
        assert all(np.any(a != b) for a, b in combinations(orders, 2))

    def test_ten_calls_are_a_fit_of_ten_epochs(self, some):
        X, y = some
        how = {"random_state": 0, "dtype": "float64", "shuffle": False}
        with pytest.warns(ConvergenceWarning):
            whole = MLPClassifier(**how, max_iter=10).fit(X, y)
        parts = MLPClassifier(**how)
        for _ in range(10):
            parts.partial_fit(X, y)
        np.testing.assert_allclose(parts.coefs_[0], whole.coefs_[0], rtol=1e-9)
        assert parts.n_iter_ == 10
        np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_)

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    def test_a_warm_start_goes_on(self, some):
        X, y = some
        how = {"random_state": 0, "dtype": "float64", "shuffle": False}
        whole = MLPClassifier(**how, max_iter=10).fit(X, y)
        parts = MLPClassifier(**how, max_iter=5, warm_start=True).fit(X, y)
        parts = pickle.loads(pickle.dumps(parts)).fit(X, y)
        np.testing.assert_allclose(parts.coefs_[0], whole.coefs_[0], rtol=1e-9)
        assert parts.history_["epoch"] == list(range(1, 11))
        assert parts.set_params(warm_start=False).fit(X, y).n_iter_ == 5

    def test_after_early_stopping_too(self, some):
        X, y = some
        model = MLPClassifier(**TestEarlyStopping.HOW).fit(X, y)
        n = model.n_iter_
        assert model.partial_fit(X, y).n_iter_ == n + 1

    @pytest.mark.parametrize("n_known", [2, 4])
    def test_a_new_class_gets_an_output(self, digits, n_known):
        X, y = digits
        model = MLPClassifier(**QUICK).fit(X[y < n_known], y[y < n_known])
        before = model.predict(X[y < n_known])
        for _ in range(25):
            model.partial_fit(X, y)
        assert model.classes_.tolist() == list(range(10))
        assert model.n_outputs_ == 10
        assert np.mean(before == y[y < n_known]) > 0.98
        assert model.score(X, y) > 0.93

    def test_classes_that_come_later_may_be_named(self, some):
        X, y = some
        model = MLPClassifier(random_state=0).partial_fit(X[:1], y[:1], classes=np.arange(10))
        assert model.predict_proba(X).shape[1] == 10

    def test_what_cannot_go_on(self, some):
        X, y = some
        model = MLPClassifier(**QUICK, warm_start=True).fit(X, y)
        with pytest.raises(UsageError, match=r"expected \[100\] as before, .* got \[7\]"):
            model.set_params(hidden_layer_sizes=7).fit(X, y)
        with pytest.raises(ValueError, match="63 features"):
            model.set_params(hidden_layer_sizes=100).partial_fit(X[:, 1:], y)
        with pytest.raises(UsageError, match="'balanced' is not known of rows that come in parts"):
            MLPClassifier(class_weight="balanced").partial_fit(X, y)
        assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")

    def test_a_call_that_fails_leaves_what_was_learned(self, some):
        X, y = some
        model = MLPClassifier(**QUICK).fit(X[y < 9], y[y < 9])
        model.set_params(learning_rate="constant", learning_rate_init=1e30)
        with pytest.raises(DataError, match="the loss became"):
            model.partial_fit(X, y)
        assert model.classes_.tolist() == list(range(9))
        assert model.set_params(learning_rate_init=0.001).partial_fit(X, y).score(X, y) > 0.8

    def test_a_warm_fit_that_fails_leaves_the_optimiser_out(self, some):
        X, y = some
        model = MLPClassifier(**QUICK, warm_start=True).fit(X[y < 8], y[y < 8])
        with pytest.raises(DataError, match="labels of the training part"):
            model.fit(X[y < 9], y[y < 9], validation_data=(X, y))
        assert len(model.history_["epoch"]) == model.n_iter_ == len(model.loss_curve_) == 30
        model.set_params(warm_start=False).partial_fit(X, y)
        assert model.n_outputs_ == 10

    def test_lbfgs_between_leaves_nothing_of_the_others(self, some):
        X, y = some
        model = MLPClassifier(**QUICK).fit(X[:, :40], y)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(solver="lbfgs").fit(X, y)
        assert not hasattr(model, "history_")
        assert model.set_params(solver="adam").partial_fit(X, y).n_iter_ == 1

    def test_each_call_drops_other_units(self, some, monkeypatch):
        seeds, plain = [], Descent.__init__

        def seen(self, *args, **options):
            seeds.append(options["seed"])
            plain(self, *args, **options)

        monkeypatch.setattr(Descent, "__init__", seen)
        model = MLPClassifier(random_state=0, dropout=0.5)
        for _ in range(3):
            model.partial_fit(*some)
        assert len(set(seeds)) == 3

    @pytest.mark.parametrize(("first", "then"), [([0, 1], ["a", "b"]), (["a", "b"], [0, 1])])
    def test_labels_stay_of_one_kind(self, first, then):
        model = MLPClassifier(random_state=0).partial_fit(np.eye(2), first)
        with pytest.raises(UsageError, match="expected labels of one kind, got"):
            model.partial_fit(np.eye(2), then)

    def test_another_solver_begins_anew(self, some):
        X, y = some
        model = MLPClassifier(**QUICK).fit(X, y)
        assert model.set_params(solver="sgd").partial_fit(X, y).n_iter_ == 1 + 30


class TestClassWeights:
    def test_balanced_classes_are_read_alike(self):
        rng = np.random.default_rng(0)
        y = np.repeat(["many", "few"], [570, 30])
        X = rng.normal(size=(600, 4))
        X[y == "few", 0] += 1.5
        recall = {}
        for weight in (None, "balanced", {"many": 1, "few": 19}):
            model = MLPClassifier(**QUICK, class_weight=weight).fit(X, y)
            recall[str(weight)] = np.mean(model.predict(X[y == "few"]) == "few")
        assert recall["None"] < 0.5 < 0.7 < min(list(recall.values())[1:])

    def test_rows_that_watch_weigh_as_those_that_train(self):
        """Balanced by the training rows, whatever the share of classes among the others."""
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(200, 3)), np.repeat([0, 1], [150, 50])
        watch = X[100:], y[100:]
        how = QUICK | {"max_iter": 1, "class_weight": "balanced"}
        model = MLPClassifier(**how).fit(X[:160], y[:160], validation_data=watch)
        loss = -np.log(model.predict_proba(watch[0])[np.arange(100), watch[1]])
        weights = np.where(watch[1] == 0, 160 / (2 * 150), 160 / (2 * 10))
        expected = np.average(loss, weights=weights)
        assert model.history_["validation_loss"][0] == pytest.approx(expected, rel=1e-4)

    def test_held_back_rows_keep_their_weights(self, some):
        X, y = some
        weights = np.random.default_rng(0).random(len(y)) ** 4
        how = QUICK | {"max_iter": 2, "early_stopping": True}
        plain, weighted = (
            MLPClassifier(**how).fit(X, y, w).history_["validation_loss"] for w in (None, weights)
        )
        X_zero, y_zero = np.vstack([X, X]), np.append(y, y)
        zeros = np.append(weights, np.zeros(len(y)))
        again = MLPClassifier(**how).fit(X_zero, y_zero, zeros).history_["validation_loss"]
        assert weighted == pytest.approx(again)
        assert abs(plain[0] - weighted[0]) > 1e-4

    def test_balance_counts_rows_of_some_weight(self):
        X, y = np.random.default_rng(0).normal(size=(40, 3)), np.repeat([0, 1], [30, 10])
        weights = np.r_[np.zeros(20), np.ones(20)]  # ten of each class are left
        how = QUICK | {"max_iter": 3}
        balanced = MLPClassifier(**how, class_weight="balanced").fit(X, y, weights)
        even = MLPClassifier(**how).fit(X[20:], y[20:])
        np.testing.assert_allclose(balanced.loss_curve_, even.loss_curve_, rtol=1e-4)

    @pytest.mark.parametrize(
        ("class_weight", "sample_weight", "text"),
        [
            ({0: -1, 1: 1}, None, "at least 0, got negative"),
            ({0: 0, 1: 0}, None, "got zero for all"),
            (None, 1e-60, "got zero for all"),
            (None, 1e39, "infinite"),
        ],
    )
    def test_weights_that_cannot_be(self, class_weight, sample_weight, text):
        weights = None if sample_weight is None else np.full(4, sample_weight)
        with pytest.raises(UsageError, match=text):
            MLPClassifier(class_weight=class_weight).fit(np.eye(4), [0, 1, 0, 1], weights)

    def test_rows_of_no_weight_are_as_absent(self, some):
        X, y = some
        weights = (y < 8).astype(float)
        model = MLPClassifier(**QUICK).fit(X, y, weights)
        assert model.classes_.tolist() == list(range(8))


class TestBadInput:
    @pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
    def test_what_is_no_number(self, some, bad):
        X, y = some
        X = X.astype(np.float64)
        X[3, 4] = bad
        with pytest.raises(ValueError, match="NaN|infinity"):
            MLPClassifier().fit(X, y)

    def test_one_class(self):
        with pytest.raises(DataError, match="expected at least two classes, got one class, 'a'"):
            MLPClassifier().fit(np.eye(3), ["a", "a", "a"])

    @pytest.mark.parametrize("batch_size", ["auto", 5000])
    def test_fewer_rows_than_a_batch(self, batch_size):
        X, y = np.repeat(np.eye(2), 4, axis=0), np.repeat([0, 1], 4)
        how = {"batch_size": batch_size, "max_iter": 100, "learning_rate": "one-cycle"}
        model = MLPClassifier(**how, learning_rate_init=0.01, random_state=0).fit(X, y)
        assert model.score(X, y) == 1

    @pytest.mark.parametrize(
        ("weights", "text"),
        [([1, 2], "one for each of 4 rows"), ([1, -1, 1, 1], "at least 0"), ([0] * 4, "zero")],
    )
    def test_weights(self, weights, text):
        with pytest.raises(UsageError, match=text):
            MLPClassifier().fit(np.eye(4), [0, 1, 0, 1], weights)

    def test_a_loss_that_diverges_at_once(self, some):
        with pytest.raises(DataError, match=r"in epoch 1 with learning_rate_init=1e\+30; choose a"):
            MLPClassifier(learning_rate_init=1e30, random_state=0).fit(*some)

    def test_a_loss_that_diverges_later(self, some):
        """The rate rises with the cycle, until it is too much."""
        X, y = some
        model = MLPClassifier(
            solver="sgd", learning_rate="one-cycle", learning_rate_init=1e3, max_iter=400,
            batch_size=1000, random_state=0,
        )  # fmt: skip
        with pytest.warns(ConvergenceWarning, match="the loss became .* the weights of epoch"):
            model.fit(X, y)
        assert model.stop_reason_ == "diverged"
        assert model.best_epoch_ < model.n_iter_ < 400
        assert np.isfinite(model.predict_proba(X)).all()
        model.set_params(learning_rate="constant", learning_rate_init=0.01).partial_fit(X, y)
        assert np.isfinite(model.predict_proba(X)).all()  # the velocities are new

    def test_weights_that_are_no_numbers_have_diverged(self, some, monkeypatch):
        X, y = some
        plain, seen = Descent.epoch, []

        def broken(self, *args):
            seen.append(1)
            done = plain(self, *args)
            if len(seen) == 3:
                self.network.params[0] = np.nan
            return done

        monkeypatch.setattr(Descent, "epoch", broken)
        with pytest.warns(ConvergenceWarning, match="the weights of epoch 2 are kept"):
            model = MLPClassifier(random_state=0).fit(X, y)
        assert np.isfinite(model.coefs_[0]).all()

    @pytest.mark.parametrize("groups", [np.zeros(5), np.zeros(1000)])
    def test_groups_of_another_length(self, some, groups):
        with pytest.raises(UsageError, match="groups: expected one for each of 599 rows, got"):
            MLPClassifier(early_stopping=True).fit(*some, groups=groups)

    def test_held_back_data_of_another_form(self, some):
        with pytest.raises(UsageError, match="validation_data: expected a tuple of X and y"):
            MLPClassifier().fit(*some, validation_data=some[0])

    def test_epochs_that_do_not_suffice(self, some):
        with pytest.warns(ConvergenceWarning, match="max_iter=3, still improving; set a higher"):
            model = MLPClassifier(max_iter=3, random_state=0).fit(*some)
        assert model.stop_reason_ == "max_iter"


class TestInterrupts:
    def test_the_best_weights_are_kept_and_told(self, some, interrupt_in):
        X, y = some
        with pytest.warns(ConvergenceWarning):
            four = MLPClassifier(max_iter=4, random_state=0).fit(X, y)
        interrupt_in(5)
        with pytest.warns(UserWarning, match="interrupted by user; the weights of epoch 4 are"):
            model = MLPClassifier(random_state=0).fit(X, y)
        assert (model.stop_reason_, model.best_epoch_, model.n_iter_) == ("interrupted", 4, 4)
        np.testing.assert_array_equal(model.coefs_[0], four.coefs_[0])

    def test_before_there_are_any_it_goes_on(self, some, interrupt_in):
        interrupt_in(1)
        with pytest.raises(KeyboardInterrupt):
            MLPClassifier(random_state=0).fit(*some)


def test_it_can_say_what_it_does(some, capsys):
    MLPClassifier(**QUICK | {"max_iter": 2}, verbose=True).fit(*some)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("epoch 1: loss 2.")
    assert "learning_rate 0.0100" in second or "learning_rate 0.00" in second


def test_a_copy_without_history_answers_alike(some):
    X, y = some
    model = MLPClassifier(**QUICK).fit(X, y)
    slim = model.without_history()
    np.testing.assert_array_equal(slim.predict_proba(X), model.predict_proba(X))
    assert len(pickle.dumps(slim)) < 0.6 * len(pickle.dumps(model))
    again = MLPClassifier(**QUICK).fit(X, y).without_history()
    assert pickle.dumps(again) == pickle.dumps(slim)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("learning_rate", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize("how", [{}, {"early_stopping": True}, {"dropout": 0.2, "tol": 0.05}])
def test_a_kept_epoch_is_a_shorter_training(some, how, learning_rate):
    def model(epochs):
        params = {"max_iter": epochs, "random_state": 3, "n_iter_no_change": 3} | how
        return MLPClassifier((12,), learning_rate=learning_rate, solver="sgd",
                             learning_rate_init=0.1, **params)  # fmt: skip

    X, y = some
    long = model(20).fit(X, y, keep_epochs=(4, 9))
    for epochs in (4, 9, 20):
        alone, early = model(epochs).fit(X, y), long.at_epoch(epochs)
        np.testing.assert_array_equal(early.predict_proba(X), alone.predict_proba(X))
        assert (early.n_iter_, early.max_iter) == (alone.n_iter_, epochs)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_epoch_that_was_not_kept_is_told(some):
    model = MLPClassifier(**QUICK | {"learning_rate": "constant"}).fit(*some, keep_epochs=(4,))
    with pytest.raises(UsageError, match=r"epoch 5: expected one of those kept, \[4\], or the end"):
        model.at_epoch(5)
    cycle = MLPClassifier(**QUICK).fit(*some, keep_epochs=(4,))
    with pytest.raises(UsageError, match="without a one-cycle learning rate"):
        cycle.at_epoch(4)
    np.testing.assert_array_equal(cycle.at_epoch(30).coefs_[0], cycle.coefs_[0])
