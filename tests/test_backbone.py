"""Features by a network in an ONNX file."""

import pickle

import numpy as np
import pytest
from onnx import TensorProto
from sklearn.base import clone

from sklimg import featurestore
from sklimg.backbone import OnnxBackbone, backbone_side
from sklimg.errors import ModelError, UsageError
from sklimg.frozennets import FrozenNetwork
from tests.networks import FEATURES, features_of, write_network


def pictures(n=5, side=16, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side * side * channels), np.uint8)


def of_one_length(features):
    rooted = np.sign(features) * np.sqrt(np.abs(features))
    return rooted * 0.5 / np.sqrt(np.mean(rooted**2, axis=1, keepdims=True))


@pytest.fixture
def network(tmp_path):
    return write_network(tmp_path / "network.onnx")


def test_features_are_the_networks(network):
    X = pictures()
    got = OnnxBackbone(network, side=16, normalise="unit", views=2).fit_transform(X)
    images = X.reshape(-1, 16, 16, 3).transpose(0, 3, 1, 2) / np.float32(255)
    expected = (features_of(images) + features_of(images[..., ::-1])) / 2
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, of_one_length(expected), rtol=1e-4)


@pytest.mark.parametrize("views", [1, 2, 4])
def test_a_mirrored_image_is_the_same_from_two_views_on(network, views):
    X = pictures()
    mirrored = X.reshape(-1, 16, 16, 3)[:, :, ::-1].reshape(X.shape)
    model = OnnxBackbone(network, side=16, views=views).fit(X)
    got = model.transform(X)
    assert got.shape == (5, FEATURES * (2 if views == 4 else 1))
    assert len(model.get_feature_names_out()) == got.shape[1]
    is_same = np.allclose(model.transform(mirrored), got, atol=0.005)  # a middle is rounded
    assert is_same == (views > 1)


@pytest.mark.parametrize(
    "how",
    [
        {"shape": (1, 3, 16, 16)},
        {"shape": (3, 3, 16, 16)},
        {"shape": ("n", 16, 16, 3)},
        {"shape": (3, "h", "w", 3)},
        {"apart": True},
        {"outputs": 1, "head": False},
    ],
)
def test_however_the_network_takes_images_it_says_the_same(network, tmp_path, how):
    X = pictures()
    side = None if 16 in how.get("shape", ()) else 16
    expected = OnnxBackbone(network, side=16).fit_transform(X)
    (tmp_path / "other").mkdir()
    other = write_network(tmp_path / "other" / "network.onnx", **how)
    np.testing.assert_allclose(OnnxBackbone(other, side=side).fit_transform(X), expected, rtol=1e-4)


def test_a_map_is_averaged(network):
    X = pictures()
    how = {"side": 16, "normalise": "unit"}
    mean = OnnxBackbone(network, tensor="active", **how).fit_transform(X)
    np.testing.assert_allclose(mean, OnnxBackbone(network, **how).fit_transform(X), rtol=1e-4)


def test_a_network_for_bytes_normalises_for_itself(tmp_path):
    file = write_network(tmp_path / "n.onnx", shape=("n", 16, 16, 3), dtype=TensorProto.UINT8)
    plain = write_network(tmp_path / "p.onnx", shape=("n", 16, 16, 3))
    X = pictures()
    expected = OnnxBackbone(plain, normalise="none").fit_transform(X)
    np.testing.assert_allclose(OnnxBackbone(file).fit_transform(X), expected, rtol=1e-4)


def test_small_and_grey_images_are_brought_to_its_size(network):
    X = pictures(side=9, channels=1)
    assert OnnxBackbone(network, side=24).fit_transform(X).shape == (5, 2 * FEATURES)


def test_each_image_is_alone_and_threads_change_nothing(network):
    X = pictures(n=7)
    model = OnnxBackbone(network, side=16).fit(X)
    together = model.transform(X)
    np.testing.assert_array_equal(model.set_params(n_jobs=1).transform(X), together)
    for i in range(7):
        np.testing.assert_array_equal(model.transform(X[i : i + 1]), together[i : i + 1])
    same = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(same.transform(X), together)


def test_features_are_kept_by_content(network, monkeypatch):
    X = pictures()
    model = OnnxBackbone(network, side=16, cache=True).fit(X[:1])
    first = model.transform(X[:3])
    np.testing.assert_array_equal(
        first, clone(model).set_params(cache=False).fit(X).transform(X[:3])
    )
    made = []
    run = FrozenNetwork.features
    monkeypatch.setattr(
        FrozenNetwork, "features", lambda self, one, n_jobs: made.append(len(one)) or run(self, one)
    )
    np.testing.assert_array_equal(model.transform(X)[:3], first)
    assert sum(made) == 2  # those that were new
    made.clear()
    other = clone(model).set_params(normalise="unit").fit(X[:1])
    assert np.abs(other.transform(X[:3]) - first).max() > 1e-3
    assert sum(made) == 4  # one is tried in fit
    assert featurestore.cache_file().is_file()


def test_a_changed_file_is_refused(network, tmp_path):
    side, mode, digest = backbone_side(network, side=16)
    assert (side, mode) == (16, "RGB")
    model = OnnxBackbone(network, side=16, sha256=digest)
    model.fit(pictures())
    write_network(network, metadata={"another": "one"})
    with pytest.raises(
        ModelError, match=r"network\.onnx: expected the network of SHA-256 .* has chan"
    ):
        clone(model).fit(pictures())
    assert model.transform(pictures()).shape == (5, 2 * FEATURES)  # a fitted one has it


def test_a_model_keeps_its_network_apart(network):
    X = pictures()
    model = OnnxBackbone(network, side=16).fit(X)
    bare = model.without_network()
    assert bare.graph_.content == b""
    assert len(pickle.dumps(bare)) < len(pickle.dumps(model))
    whole = bare.with_network(model.graph_.content)
    np.testing.assert_array_equal(whole.transform(X), model.transform(X))


def test_an_operation_that_the_runtime_lacks_is_told(tmp_path):
    file = write_network(tmp_path / "n.onnx", op="Magic", domain="nobody.knows")
    with pytest.raises(ModelError, match=r"n\.onnx: onnxruntime .* cannot run it: .*Magic"):
        OnnxBackbone(file, side=16).fit(pictures())


def test_features_that_are_no_numbers_are_refused(tmp_path):
    file = write_network(tmp_path / "n.onnx", op="Log")
    with pytest.raises(ModelError, match="expected features that are numbers, got NaN or infinity"):
        OnnxBackbone(file, side=16).fit(pictures())


def test_a_size_it_cannot_take_is_told(network):
    with pytest.raises(ModelError, match="the network failed on images of 2x2"):
        OnnxBackbone(network, side=2).fit(pictures())


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"cache": "maybe"}, "cache: expected one of .*, got 'maybe'"),
        ({"n_jobs": 7}, "n_jobs: expected one of .*, got 7"),
        ({"views": 3}, "views: expected 1, 2 or 4, got 3"),
        ({"normalise": "magic"}, "normalise: expected one of imagenet, .*, got 'magic'"),
        ({"tensor": "shrs"}, "tensor: .* none of the name 'shrs'"),
    ],
)
def test_parameters_of_no_use_are_refused(network, params, words):
    with pytest.raises(UsageError, match=words):
        OnnxBackbone(network, side=16, **params).fit(pictures())


def test_a_side_it_does_not_take_is_refused(tmp_path):
    file = write_network(tmp_path / "n.onnx", shape=(1, 3, 16, 16))
    with pytest.raises(UsageError, match="takes images of 16x16, got 20"):
        OnnxBackbone(file, side=20).fit(pictures())


def test_the_shared_network_sees(shared_model, shared):
    from sklimg.sources import read_images
    from sklimg.spec import ImageSpec

    files = [min((shared / "animals" / kind).iterdir()) for kind in ("Bear", "Zebra")]
    table = read_images(files, ImageSpec(224, "RGB"), settle=False).table
    got = OnnxBackbone(shared_model).fit_transform(table.pixels)
    assert got.shape == (2, 2048)
    np.testing.assert_allclose(np.sqrt((got**2).mean(axis=1)), 0.5, rtol=1e-4)
    assert np.corrcoef(got)[0, 1] < 0.9
