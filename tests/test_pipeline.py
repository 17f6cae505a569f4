"""The pipeline is scikit-learn's, its parameters go by bare or full names."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import Pipeline

from sklimg.errors import UsageError
from sklimg.mlp import MLPClassifier
from sklimg.names import MODELS
from sklimg.pipeline import build_pipeline, default_grid, full_names


def test_it_ends_in_a_classifier():
    assert isinstance(build_pipeline(), Pipeline)
    assert type(build_pipeline()["classify"]) is MLPClassifier
    assert type(build_pipeline("sklearn-mlp")["classify"]) is PlainMLPClassifier
    assert type(build_pipeline("logistic")["classify"]) is LogisticRegression


def test_names():
    pipeline = build_pipeline(params={"alpha": 0.5, "scale__maximum": 100})
    assert (pipeline["classify"].alpha, pipeline["scale"].maximum) == (0.5, 100)


@pytest.mark.parametrize("model", MODELS)
def test_the_default_grid_fits_the_model(model):
    assert full_names(build_pipeline(model), default_grid(model))


@pytest.mark.parametrize(
    ("name", "near"), [("alhpa", "alpha"), ("hidden_layers", "hidden_layer_sizes")]
)
def test_a_wrong_name_is_told_its_nearest(name, near):
    with pytest.raises(UsageError, match=rf"{name!r}: .* did you mean {near!r}\?"):
        build_pipeline(params={name: 1})


def test_a_wrong_model_is_told_the_right_ones():
    with pytest.raises(UsageError, match="expected one of mlp, sklearn-mlp, logistic, got 'svm'"):
        build_pipeline("svm")


def test_a_value_that_cannot_be_used_is_refused_before_any_fit():
    with pytest.raises(UsageError, match="solver: expected one of .*; did you mean 'adam'?"):
        build_pipeline(params={"solver": "adan"})
