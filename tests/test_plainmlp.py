"""To scikit-learn's MLP and back."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier

from sklimg.mlp import MLPClassifier
from sklimg.plainmlp import SHARED, plain_copy, plain_params

X, Y = np.repeat(np.eye(3), 5, axis=0), np.repeat(["a", "b", "c"], 5)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("nadam", "adam"), ("rmsprop", "adam"), ("sgd", "sgd"), ("adam", "adam")]
)
def test_parameters_are_those_that_scikit_learn_knows(ours, theirs):
    params = plain_params(MLPClassifier(solver=ours, learning_rate="one-cycle", alpha=0.5))
    assert set(params) == set(SHARED) == set(PlainMLPClassifier().get_params())
    assert (params["solver"], params["learning_rate"], params["alpha"]) == (theirs, "constant", 0.5)


def test_a_copy_can_be_trained_on():
    model = MLPClassifier((4,), max_iter=3, learning_rate="one-cycle", random_state=0).fit(X, Y)
    plain = plain_copy(model)
    np.testing.assert_array_equal(plain.predict(X), model.predict(X))
    before = model.coefs_[0].copy()
    plain.partial_fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[0], before)
