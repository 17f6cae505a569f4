"""Laws that every transformer of images keeps."""

import pickle
import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklimg.backbone import OnnxBackbone
from sklimg.colours import colour_histogram
from sklimg.errors import UsageError
from sklimg.features import HOG, ColourHistogram, Deslant, PatchFeatures
from sklimg.hog import hog
from sklimg.names import PRESETS
from sklimg.presets import feature_step
from sklimg.transformers import CenterGlyph, PixelScaler
from tests.networks import write_network

ANY = {
    "pixels": PixelScaler(),
    "hog": HOG(),
    "coarse hog": HOG(3, orientations=6, cells_per_block=1, block_norm="L2"),
    "patches": PatchFeatures(random_state=0),
    "few patches": PatchFeatures(5, patch_side=4, n_cells=2, random_state=1),
    "upright": Deslant(),
    **{name: feature_step(name, 0) for name in PRESETS if "colour" not in name},
}
COLOURED = {
    "colour": ColourHistogram(),
    "hues": ColourHistogram((8, 3, 3), n_cells=3, space="hsv"),
    **{name: feature_step(name, 0) for name in PRESETS if "colour" in name},
}
SQUARE = {name: model for name, model in (ANY | COLOURED).items() if name != "pixels"}
CASES = [
    *[(name, shape) for name in ANY for shape in [(12, 12), (33, 33), (20, 20, 3)]],
    *[(name, shape) for name in COLOURED for shape in [(12, 12, 3), (33, 33, 3)]],
    *[(name, (64, 64)) for name in ("hog+patches", "upright")],
]
on_images = pytest.mark.parametrize(("name", "shape"), CASES)


def pictures(shape, n=7, seed=0):
    """Return vectors of blurred noise and strokes."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (n, 4, 4, *shape[2:]), np.uint8)
    index = np.arange(shape[0]) * 4 // shape[0]
    images = coarse[:, index][:, :, index]
    images[:, shape[0] // 3, 2:-2] = 250
    return images.reshape(n, -1)


def model_of(name):
    return clone((ANY | COLOURED)[name])


@on_images
def test_each_row_is_treated_alone(name, shape):
    X = pictures(shape)
    model = model_of(name).fit(X)
    together = model.transform(X)
    for i in (0, 3, 6):
        np.testing.assert_allclose(model.transform(X[i : i + 1])[0], together[i], atol=1e-5)
    np.testing.assert_allclose(model.transform(X[::-1]), together[::-1], atol=1e-5)


@on_images
def test_numbers_names_and_types(name, shape):
    X = pictures(shape)
    model = model_of(name)
    features = model.fit_transform(X)
    assert features.dtype == (np.uint8 if name == "upright" else np.float32)
    assert np.isfinite(features).all()
    names = model.get_feature_names_out()
    assert features.shape == (len(X), len(names))
    assert len(set(names)) == len(names)


@on_images
def test_what_is_given_stays(name, shape):
    X = pictures(shape)
    before = X.copy()
    X.setflags(write=False)
    model_of(name).fit(X).transform(X)
    np.testing.assert_array_equal(X, before)


@on_images
def test_whole_levels_of_any_type_are_one(name, shape):
    X = pictures(shape)
    model = model_of(name).fit(X)
    for dtype in (np.float32, np.float64, np.int64):
        np.testing.assert_allclose(model.transform(X.astype(dtype)), model.transform(X), atol=1e-5)


@on_images
def test_copies_answer_alike(name, shape):
    X = pictures(shape)
    model = model_of(name).fit(X)
    for same in (pickle.loads(pickle.dumps(model)), clone(model).fit(X)):
        np.testing.assert_array_equal(same.transform(X), model.transform(X))


@pytest.mark.parametrize("name", SQUARE)
def test_rows_that_are_no_square_are_refused(name):
    with pytest.raises(UsageError, match=r"rows of side\*side pixels, .* got 785; make the images"):
        model_of(name).fit(np.zeros((3, 785), np.uint8))


@on_images
def test_another_width_is_refused(name, shape):
    model = model_of(name).fit(pictures(shape))
    with pytest.raises(ValueError, match="features"):
        model.transform(np.zeros((2, 81), np.uint8))


@pytest.mark.parametrize("name", [n for n in SQUARE if n != "upright"])
def test_what_is_not_fitted_says_so(name):
    with pytest.raises(NotFittedError):
        model_of(name).transform(pictures((28, 28)))


@pytest.mark.parametrize("name", ["hog", "patches", "hog+patches", "upright", "hog+colour"])
def test_memory_is_bounded(name):
    shape = (28, 28, 3) if "colour" in name else (28, 28)
    X = pictures(shape, n=3000)
    model = model_of(name).fit(X[:100])
    size = len(X) * len(model.get_feature_names_out()) * model.transform(X[:1]).itemsize
    tracemalloc.start()
    model.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n_copies = 2 if "+" in name else 1  # a union puts features side by side
    most = (60e6 + 60 * X.nbytes) if name == "upright" else 60e6
    assert peak < n_copies * size + most


@pytest.mark.parametrize(
    ("model", "shape", "words"),
    [
        (HOG(), (6, 6), "at least 7x7 pixels for as many cells, got 6x6"),
        (PatchFeatures(), (5, 5), "at least 6x6 pixels for patches of that size, got 5x5"),
        (PatchFeatures(), (7, 7), "at least 8x8 pixels for 3x3 parts, got 7x7"),
        (ColourHistogram(), (28, 28), r"expected images of three channels, got grey .*--mode RGB"),
        (ColourHistogram(n_cells=4), (3, 3, 3), "at least 4x4 pixels for as many parts, got 3x3"),
        (HOG(0), (28, 28), "n_cells: expected a whole number from 1, got 0"),
        (HOG(block_norm="L3"), (28, 28), "block_norm: expected one of"),
        (HOG(cells_per_block=9), (28, 28), "hog: expected images of at least 36x36 pixels"),
        (PatchFeatures(n_patches=1.5), (28, 28), "n_patches: expected a whole number"),
        (PatchFeatures(threshold=-1), (28, 28), "threshold: expected 0 or more, got -1"),
        (PatchFeatures(threshold="abc"), (28, 28), "threshold: expected 0 or more, got 'abc'"),
        (PatchFeatures(n_jobs=7), (28, 28), "n_jobs: expected 1, 2, -1 or None, got 7"),
        (HOG(True), (28, 28), "n_cells: expected a whole number from 1, got True"),
        (HOG(orientations="a"), (28, 28), "orientations: expected a whole number from 1, got 'a'"),
        (ColourHistogram(99), (8, 8, 3), "bins: expected at most 4096 in all, got 970299"),
        (ColourHistogram(space="lab"), (8, 8, 3), "space: expected one of"),
    ],
)
def test_what_cannot_be_is_refused(model, shape, words):
    with pytest.raises(UsageError, match=words):
        model.fit(pictures((28, 28, *shape[2:]))[:, : np.prod(shape)])


def test_they_are_the_ops():
    X = pictures((21, 21))
    images = X.reshape(-1, 21, 21)
    np.testing.assert_array_equal(HOG().fit_transform(X), hog(images, 9, (3, 3)))
    X = pictures((21, 21, 3))
    images = X.reshape(-1, 21, 21, 3)
    np.testing.assert_array_equal(ColourHistogram().fit_transform(X), colour_histogram(images))


def test_a_seed_decides_the_dictionary():
    X = pictures((28, 28))
    one, other = (PatchFeatures(random_state=seed).fit(X) for seed in (0, 1))
    assert one.weights_.shape == (36, 64)
    assert np.abs(one.weights_ - other.weights_).max() > 0.1


def test_centred_and_backbone_features_join_in(tmp_path):
    X = pictures((28, 28))
    network = OnnxBackbone(write_network(tmp_path / "n.onnx"), side=16)
    for model in (CenterGlyph(), network):
        features = model.fit_transform(X)
        np.testing.assert_array_equal(features[2:3], model.transform(X[2:3]))
