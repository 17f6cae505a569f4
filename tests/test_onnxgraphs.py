"""What an ONNX file says is understood, and what is none is refused."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

from sklimg.errors import ModelError, UsageError
from sklimg.onnxgraphs import ImageInput, read_graph, with_output
from tests.networks import write_network


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (("n", 3, "h", "w"), ImageInput("image", True, None, 3, None, "float32")),
        ((1, 3, 32, 32), ImageInput("image", True, 32, 3, 1, "float32")),
        ((2, 20, 20, 3), ImageInput("image", False, 20, 3, 2, "float32")),
        (("n", 1, 28, 28), ImageInput("image", True, 28, 1, None, "float32")),
    ],
)
def test_the_image_input_is_found(tmp_path, shape, expected):
    assert read_graph(write_network(tmp_path / "n.onnx", shape=shape)).image == expected


def test_bytes_are_an_input_too(tmp_path):
    file = write_network(tmp_path / "n.onnx", dtype=TensorProto.UINT8)
    assert read_graph(file).image.dtype == "uint8"


@pytest.mark.parametrize("head", [True, False])
def test_the_features_are_what_the_classifier_takes(tmp_path, head):
    assert read_graph(write_network(tmp_path / "n.onnx", head=head)).tensor == "pooled"


def test_the_features_of_a_quantized_network_are_real_numbers(shared_model):
    graph = read_graph(shared_model)
    assert graph.tensor == "611"
    assert graph.image == ImageInput("input", True, 224, 3, 1, "float32")


def test_a_tensor_may_be_named(tmp_path):
    file = write_network(tmp_path / "n.onnx")
    assert read_graph(file, "map").tensor == "map"
    with pytest.raises(UsageError, match=r"none of the name 'poled'; near it: pooled"):
        read_graph(file, "poled")


def test_several_outputs_ask_for_a_name(tmp_path):
    file = write_network(tmp_path / "n.onnx", outputs=2)
    with pytest.raises(UsageError, match=r"got 2: shares, map; name the features with --tensor"):
        read_graph(file)
    assert read_graph(file, "pooled").tensor == "pooled"


def test_weights_in_other_files_are_taken_in(tmp_path):
    file = write_network(tmp_path / "n.onnx", apart=True)
    whole = read_graph(file).content
    assert len(whole) > len(file.read_bytes())
    onnxruntime.InferenceSession(whole, providers=["CPUExecutionProvider"])
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(ModelError, match=r"n\.onnx"):
        read_graph(file)


def test_metadata_is_read(tmp_path):
    file = write_network(tmp_path / "n.onnx", metadata={"mean": "0.5"})
    assert read_graph(file).metadata == {"mean": "0.5"}


def test_an_output_is_put_behind(tmp_path):
    file = write_network(tmp_path / "n.onnx")
    long = "x" * 200
    content = with_output(with_output(file.read_bytes(), "pooled"), "map")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_outputs()] == ["shares", "pooled", "map"]
    assert with_output(b"", long).endswith(long.encode())
    images = np.zeros((1, 3, 8, 8), np.float32)
    assert session.run(["pooled"], {"image": images})[0].shape == (1, 6)


@pytest.mark.parametrize("content", [b"", b"no network", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_what_is_no_network_is_refused(tmp_path, content):
    file = tmp_path / "n.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"n\.onnx: expected an ONNX file"):
        read_graph(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.onnx: cannot be read: No such file"):
        read_graph(tmp_path / "absent.onnx")


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((1, 10), TensorProto.FLOAT),
        ((1, 5, 32, 32), TensorProto.FLOAT),
        ((1, 3, 32, 20), TensorProto.FLOAT),
        ((1, 3, 2000, 2000), TensorProto.FLOAT),
        ((1, 3, 32, 32), TensorProto.INT64),
    ],
)
def test_other_inputs_are_no_images(tmp_path, shape, dtype):
    graph_shape = shape if len(shape) == 4 else (1, 3, 1, 10)
    file = write_network(tmp_path / "n.onnx", shape=graph_shape, dtype=dtype)
    if len(shape) == 2:
        file.write_bytes(_with_flat_input(file))
    with pytest.raises(ModelError, match="expected one input for square images .* got 'image'"):
        read_graph(file)


def _with_flat_input(file):
    """Return the file with an input of two dimensions."""
    import onnx

    model = onnx.load(file)
    del model.graph.input[0].type.tensor_type.shape.dim[2:]
    return model.SerializeToString()
