"""What an ONNX file of a network says: its image input, and where its features stand.

Floor 1: reads a file of extra embed; runs nothing.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from sklimg.errors import ModelError, UsageError
from sklimg.extras import require
from sklimg.files import one_line

__all__ = ["Graph", "ImageInput", "read_graph", "with_output"]

_DENSE = {"Gemm": 1, "MatMul": 1, "FusedGemm": 1, "FusedMatMul": 1}  # and where weights stand
_DENSE |= {"MatMulInteger": 1, "MatMulNBits": 1, "QLinearMatMul": 3, "QGemm": 3}
_TAIL = {  # operations that may stand behind a classifier's dense layer
    *("Add", "Mul", "Div", "QLinearAdd", "QLinearMul", "Clip", "Cast", "Identity"),
    *("Softmax", "LogSoftmax", "Sigmoid", "QLinearSoftmax", "QLinearSigmoid"),
    *("Flatten", "Reshape", "Squeeze", "DequantizeLinear", "QuantizeLinear"),
}
_MOST_SIDE = 1024  # pixels, of an image
_QUANTIZE = ("QuantizeLinear", "DynamicQuantizeLinear")


@dataclass(frozen=True)
class ImageInput:
    """The input of a network that takes images.

    Attributes
    ----------
    name : str
    is_channels_first : bool
    side : int or None
        Pixels; None if any.
    n_channels : {1, 3}
    batch : int or None
        Images at a time; None if any.
    dtype : str
    """

    name: str
    is_channels_first: bool
    side: int | None
    n_channels: int
    batch: int | None
    dtype: str


@dataclass(frozen=True)
class Graph:
    """A network as its file has it.

    Attributes
    ----------
    content : bytes
        Of the file; with its weights in it, if they stood in other files.
    image : ImageInput
    tensor : str
        The features.
    metadata : dict of str to str
        What its maker wrote into it.
    """

    content: bytes
    image: ImageInput
    tensor: str
    metadata: dict[str, str]


def read_graph(file: str | os.PathLike, tensor: str | None = None) -> Graph:
    """Read an ONNX file, and find its image input and its features.

    Parameters
    ----------
    file : path
    tensor : str, optional
        The features. By default what goes into the dense layer at the end, the
        classifier's own; or, without one, the output.

    Raises
    ------
    MissingExtra
        If onnx is not installed.
    ModelError
        If it is no such file, or has no image input.
    UsageError
        If there is no such tensor, or several outputs to choose from.
    """
    onnx = require("onnx", "embed")
    message = require("google.protobuf.message", "embed")
    path = Path(file)
    try:
        content = path.read_bytes()
        model = onnx.load_model_from_string(content)
        if _stands_apart(onnx, model):
            model = onnx.load(path)
            content = model.SerializeToString()
    except OSError as err:
        raise ModelError(f"{file}: cannot be read: {err.strerror or err}; check the path") from err
    except (message.DecodeError, message.EncodeError, onnx.checker.ValidationError) as err:
        raise ModelError(
            f"{file}: expected an ONNX file, with what it refers to beside it, got something else: "
            f"{one_line(err)[:200]}; export the network again"
        ) from err
    if not model.graph.node:
        raise ModelError(f"{file}: expected an ONNX file of a network, got one without operations")
    image = _image_input(onnx, model.graph, str(file))
    found = _features(model.graph, str(file)) if tensor is None else tensor
    known = [name for node in model.graph.node for name in node.output if name]
    if found not in known:
        near = get_close_matches(found, known, n=3, cutoff=0.3) or known[-3:]
        raise UsageError(
            f"tensor: {file} has none of the name {found!r}; near it: {', '.join(near)}"
        )
    return Graph(content, image, found, {prop.key: prop.value for prop in model.metadata_props})


def with_output(content: bytes, tensor: str) -> bytes:
    """Return the content of an ONNX file with one more output.

    Of a protobuf message that stands twice, lists are joined: a graph with nothing but
    an output is put behind.
    """

    def field(number: int, value: bytes) -> bytes:
        length, n = b"", len(value)
        while n > 127:
            length, n = length + bytes([n & 127 | 128]), n >> 7
        return bytes([number << 3 | 2]) + length + bytes([n]) + value

    return content + field(7, field(12, field(1, tensor.encode())))


def _stands_apart(onnx: Any, model: Any) -> bool:
    """Tell whether weights stand in other files."""
    return any(
        onnx.external_data_helper.uses_external_data(weights) for weights in model.graph.initializer
    )


def _image_input(onnx: Any, graph: Any, file: str) -> ImageInput:
    """Return the input that takes images."""
    weights = {value.name for value in graph.initializer}
    given = [value for value in graph.input if value.name not in weights]
    for value in given:
        kind = value.type.tensor_type
        shape = [
            dim.dim_value if dim.WhichOneof("value") == "dim_value" else None
            for dim in kind.shape.dim
        ]
        if len(given) > 1 or len(shape) != 4:
            continue
        for is_first, (channels, *sides) in ((True, shape[1:]), (False, [shape[3], *shape[1:3]])):
            sizes = {side for side in sides if side}
            if channels in (1, 3) and len(sizes) <= 1 and not (len(sizes) == 1 and None in sides):
                dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
                side = sizes.pop() if sizes else None
                name = np.dtype(dtype).name
                is_odd = side is not None and not 1 <= side <= _MOST_SIDE
                if is_odd or name not in ("float32", "float16", "uint8"):
                    break
                return ImageInput(value.name, is_first, side, channels, shape[0] or None, name)
    got = "; ".join(f"{value.name!r} {_shape_text(value)}" for value in given) or "none"
    raise ModelError(
        f"{file}: expected one input for square images of at most {_MOST_SIDE} pixels a side, of "
        f"shape (batch, 3, side, side) or (batch, side, side, 3), got {got}; export the network "
        "with such an input"
    )


def _shape_text(value: Any) -> str:
    dims = value.type.tensor_type.shape.dim
    return f"({', '.join(str(dim.dim_value or dim.dim_param or '?') for dim in dims)})"


def _features(graph: Any, file: str) -> str:
    """Return the tensor that goes into the classifier at the end, or the output."""
    outputs = [value.name for value in graph.output]
    if len(outputs) != 1:
        raise UsageError(
            f"{file}: expected one output to find the features by, got {len(outputs)}: "
            f"{', '.join(outputs[:8])}; name the features with --tensor"
        )
    makers = {name: node for node in graph.node for name in node.output}
    fixed = {value.name for value in graph.initializer}
    fixed |= {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    name = outputs[0]
    while (node := makers.get(name)) is not None:
        weights = _DENSE.get(node.op_type)
        if weights is not None and node.input[weights] in _weights(fixed, graph.node):
            return _before_quantizing(node.input[0], makers)
        moving = [value for value in node.input if value and value not in fixed]
        if node.op_type not in _TAIL or len(moving) != 1:
            break
        name = moving[0]
    return outputs[0]


def _weights(fixed: set[str], nodes: Sequence[Any]) -> set[str]:
    """Return what is fixed, and what is made of that alone by one operation."""
    made = {
        name
        for node in nodes
        if all(value in fixed for value in node.input if value)
        for name in node.output
    }
    return fixed | made


def _before_quantizing(name: str, makers: dict[str, Any]) -> str:
    """Return the tensor of real numbers that a quantized one was made of."""
    while (node := makers.get(name)) is not None and node.op_type in _QUANTIZE:
        name = node.input[0]
    return name
