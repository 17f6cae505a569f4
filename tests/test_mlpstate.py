"""Where a training begins, and what a model keeps of it."""

import numpy as np
import pytest

from sklimg.errors import DataError, UsageError
from sklimg.mlp import MLPClassifier
from sklimg.mlpstate import begin_training

X, Y = np.repeat(np.eye(3), 5, axis=0), np.repeat(["a", "b", "c"], 5)


@pytest.fixture
def model():
    """An MLP that has learned three classes."""
    return MLPClassifier((4,), max_iter=3, learning_rate="one-cycle", random_state=0).fit(X, Y)


def params_of(model):
    return model.get_params() | {"hidden_layer_sizes": [4], "dropout": [0.0], "batch_size": 5}


def test_it_goes_on_in_arrays_of_its_own(model):
    start = begin_training(model, Y, 3, params_of(model), goes_on=True)
    start.network.params[:] = 0
    assert model.coefs_[0].any()
    start.training.history["epoch"].append(99)
    assert model.history_["epoch"] == [1, 2, 3]


@pytest.mark.parametrize(("y", "n_outputs"), [(["a", "b"], 1), (["a", "b", "c"], 3)])
def test_two_classes_share_an_output(y, n_outputs):
    start = begin_training(
        MLPClassifier((4,)), np.array(y), 3, params_of(MLPClassifier((4,))), False
    )
    assert start.network.units == (3, 4, n_outputs)
    assert start.classes.tolist() == y


def test_new_classes_stand_in_order(model):
    start = begin_training(model, np.array(["aa", "c"]), 3, params_of(model), goes_on=True)
    assert start.classes.tolist() == ["a", "aa", "b", "c"]
    np.testing.assert_array_equal(start.network.coefs[-1][:, [0, 2, 3]], model.coefs_[-1])


def test_what_cannot_begin(model):
    with pytest.raises(DataError, match="one class, 'a'; add rows of another"):
        begin_training(MLPClassifier((4,)), np.array(["a"]), 3, params_of(model), goes_on=False)
    with pytest.raises(UsageError, match=r"expected \[4\] as before"):
        begin_training(model, Y, 3, params_of(model) | {"hidden_layer_sizes": [5]}, goes_on=True)
