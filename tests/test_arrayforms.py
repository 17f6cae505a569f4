"""Plain arrays answer as the pipeline that they stand for."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier as PlainMLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklimg.arrayforms import NoArrayForm, array_form
from sklimg.arraysteps import ArrayPipeline
from sklimg.backbone import OnnxBackbone
from sklimg.features import HOG, ColourHistogram, Deslant, PatchFeatures
from sklimg.fitting import fit_alone
from sklimg.mlp import MLPClassifier
from sklimg.names import MODELS, PRESETS
from sklimg.pipeline import build_pipeline
from sklimg.transformers import CenterGlyph, PixelScaler
from tests.networks import write_network

SIDE = 20


def pictures(channels=1, n=60, seed=0):
    """Blots with noise; the label is where the blot lies."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    images = rng.integers(0, 60, (n, SIDE, SIDE, channels))
    for image, label in zip(images, labels, strict=True):
        image[2:9, 6 * label : 6 * label + 6] += 150
    return images.reshape(n, -1).astype(np.uint8), np.array(["a", "é", "10"], object)[labels]


def arrays_of(pipeline, network=b""):
    steps, arrays = array_form(pipeline)
    return ArrayPipeline(steps, arrays, list(pipeline.classes_), network)


def assert_alike(pipeline, X, network=b""):
    expected, found = pipeline.predict_proba(X), arrays_of(pipeline, network).predict_proba(X)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert np.ptp(expected, axis=0).min() > 0.1  # the rows are told from each other


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("features", PRESETS)
def test_each_model_on_each_preset(model, features):
    X, y = pictures(3 if "colour" in features else 1)
    params = {} if model == "logistic" else {"max_iter": 40, "hidden_layer_sizes": (9, 5)}
    pipeline = fit_alone(build_pipeline(model, params, features=features), X, y)
    assert_alike(pipeline, X)
    np.testing.assert_allclose(
        arrays_of(pipeline).predict_proba(X.astype(np.float64)),
        pipeline.predict_proba(X),
        atol=1e-5,
    )


@pytest.mark.parametrize("model", MODELS)
def test_two_classes(model):
    X, y = pictures()
    pipeline = fit_alone(build_pipeline(model), X[y != "é"], y[y != "é"])
    assert_alike(pipeline, X)


@pytest.mark.parametrize("activation", ["identity", "logistic", "relu", "tanh"])
@pytest.mark.parametrize("kind", [MLPClassifier, PlainMLPClassifier])
def test_each_activation(activation, kind):
    X, y = pictures()
    classifier = kind((7,), activation=activation, max_iter=30, random_state=0)
    assert_alike(fit_alone(Pipeline([("scale", PixelScaler()), ("classify", classifier)]), X, y), X)


@pytest.mark.parametrize(
    "step",
    [
        HOG(5, orientations=6, cells_per_block=3, block_norm="L1-sqrt"),
        PatchFeatures(20, 5, 2, 0.3, random_state=1),
        Deslant(),
        CenterGlyph(),
        CenterGlyph("photo", shape=(10, 40)),
        StandardScaler(),
        StandardScaler(with_mean=False),
        FeatureUnion([("hog", HOG()), ("raw", "passthrough"), ("gone", "drop")]),
        FeatureUnion(
            [("two", Pipeline([("up", Deslant()), ("hog", HOG())])), ("p", PixelScaler())]
        ),
        "passthrough",
    ],
    ids=str,
)
def test_each_step_with_other_settings(step):
    X, y = pictures()
    steps = [("features", step), ("scale", PixelScaler(1)), ("classify", LogisticRegression())]
    assert_alike(fit_alone(Pipeline(steps), X, y), X)


def test_colours_with_other_settings():
    X, y = pictures(3)
    step = ColourHistogram((2, 3, 4), n_cells=3, space="hsv")
    assert_alike(Pipeline([("features", step), ("classify", LogisticRegression())]).fit(X, y), X)


@pytest.mark.parametrize("options", [{}, {"views": 1, "normalise": "caffe"}, {"tensor": "pooled"}])
def test_a_network(tmp_path, options):
    X, y = pictures(3)
    file = write_network(tmp_path / "n.onnx")
    step = OnnxBackbone(file, side=SIDE, **options)
    pipeline = Pipeline([("features", step), ("classify", LogisticRegression(C=100))]).fit(X, y)
    assert_alike(pipeline, X, file.read_bytes())


class OtherHOG(HOG):
    """Does what its numbers do not tell."""


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (PCA(5), "features: expected a step .* got sklearn.decomposition.*PCA"),
        (OtherHOG(), "features: .*OtherHOG"),
        (FeatureUnion([("a", HOG()), ("b", PCA(3))]), "features, b: .*PCA"),
        (FeatureUnion([("a", HOG())], transformer_weights={"a": 2}), "features: .*FeatureUnion"),
    ],
)
def test_what_has_no_array_form_is_named(step, told):
    X, y = pictures()
    with pytest.raises(NoArrayForm, match=told):
        array_form(Pipeline([("features", step), ("classify", LogisticRegression())]).fit(X, y))


def test_a_classifier_without_an_array_form_is_named():
    X, y = pictures()
    with pytest.raises(NoArrayForm, match="classify: .*SVC"):
        array_form(Pipeline([("scale", PixelScaler()), ("classify", SVC())]).fit(X, y))
