"""The pipeline is scikit-learn's, its parameters go by bare or full names."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from sklimg.errors import UsageError
from sklimg.names import MODELS
from sklimg.pipeline import build_pipeline, default_grid, full_names


def test_it_ends_in_scikit_learns_classifiers():
    assert isinstance(build_pipeline(), Pipeline)
    assert type(build_pipeline()["classify"]) is MLPClassifier
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
    with pytest.raises(UsageError, match="expected one of sklearn-mlp, logistic, got 'svm'"):
        build_pipeline("svm")
