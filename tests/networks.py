"""Small networks in ONNX files, made here."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save_model

FEATURES = 6


def write_network(
    path: Path,
    *,
    shape=("n", 3, "h", "w"),
    dtype=TensorProto.FLOAT,
    head=True,
    outputs=1,
    op="Relu",
    domain="",
    apart=False,
    metadata=None,
) -> Path:
    """Write a network: a convolution, its mean over the image, a classifier; return *path*.

    Images with channels last are turned first. Its features are called ``pooled``.
    """
    rng = np.random.default_rng(0)
    is_first = shape[1] in (1, 3)
    channels = shape[1] if is_first else shape[3]
    weights = {
        "kernel": rng.normal(size=(FEATURES, channels, 3, 3)),
        "dense": rng.normal(size=(FEATURES, 4)),
        "bias": rng.normal(size=4),
    }
    nodes = []
    start = "image"
    if dtype != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [start], ["real"], to=TensorProto.FLOAT))
        start = "real"
    if not is_first:
        nodes.append(helper.make_node("Transpose", [start], ["turned"], perm=[0, 3, 1, 2]))
        start = "turned"
    nodes += [
        helper.make_node("Conv", [start, "kernel"], ["map"]),
        helper.make_node(op, ["map"], ["active"], domain=domain),
        helper.make_node("GlobalAveragePool", ["active"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["pooled"]),
    ]
    if head:
        nodes += [
            helper.make_node("Gemm", ["pooled", "dense", "bias"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["shares"]),
        ]
    last = "shares" if head else "pooled"
    outs = [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)]
    if outputs > 1:
        outs.append(helper.make_tensor_value_info("map", TensorProto.FLOAT, None))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image", dtype, shape)],
        outs,
        [numpy_helper.from_array(v.astype(np.float32), name) for name, v in weights.items()],
    )
    opsets = [helper.make_opsetid("", 13), *([helper.make_opsetid(domain, 1)] if domain else [])]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 8
    helper.set_model_props(model, metadata or {})
    how = {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 0}
    save_model(model, path, **(how if apart else {}))
    return path


def features_of(images: np.ndarray) -> np.ndarray:
    """Return what the network's features are, of images of shape (n, 3, height, width)."""
    kernel = np.random.default_rng(0).normal(size=(FEATURES, images.shape[1], 3, 3))
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(2, 3))
    seen = np.einsum("nchwyx,fcyx->nfhw", windows, kernel.astype(np.float32))
    return np.maximum(seen, 0).mean(axis=(2, 3))
