"""A network that others have trained is told by plain settings and its file."""

import json

import numpy as np
import pytest

from sklimg.errors import UsageError
from sklimg.frozennets import SIDE, FrozenNetwork
from sklimg.onnxgraphs import read_graph
from tests.networks import FEATURES, write_network


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 20, 20, 3), np.uint8)


def test_settings_and_content_make_it_again(tmp_path, images):
    file = write_network(tmp_path / "n.onnx", metadata={"mean": "0.4", "std": "0.2"})
    network = FrozenNetwork(read_graph(file), "n.onnx", 16, None, 4)
    told = json.loads(json.dumps(network.settings()))
    again = FrozenNetwork.from_settings(file.read_bytes(), told)
    np.testing.assert_array_equal(again.features(images), network.features(images))
    assert again.settings() == told
    assert network.features(images).shape == (5, 2 * FEATURES)


def test_threads_change_nothing(tmp_path, images):
    network = FrozenNetwork(read_graph(write_network(tmp_path / "n.onnx")), "n", 16, "unit", 1)
    one = network.features(images, n_jobs=1)
    np.testing.assert_array_equal(network.features(images), one)
    np.testing.assert_allclose(np.sqrt(np.mean(one**2, axis=1)), 0.5, rtol=1e-5)  # of one length


def test_its_own_side_comes_first(tmp_path):
    free = read_graph(write_network(tmp_path / "free.onnx"))
    assert FrozenNetwork(free, "free", None, None, 1).side == SIDE
    fixed = read_graph(write_network(tmp_path / "fixed.onnx", shape=(1, 3, 20, 20)))
    assert FrozenNetwork(fixed, "fixed", None, None, 1).side == 20
    with pytest.raises(UsageError, match="side: fixed takes images of 20x20, got 24"):
        FrozenNetwork(fixed, "fixed", 24, None, 1)
