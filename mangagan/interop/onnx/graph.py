"""Translate a JAX function of pictures to an ONNX model that accepts pictures of any size that fits.

The function is traced twice, with pictures of two sizes, and the two traces are followed side by side. What differs
between them depends on the size; it is either expressed in terms of the size or refused. Weights become constants.

jax2onnx (0.13) uses JAX's symbolic dimensions instead. With free height and width it refuses reflection padding and
convolutions of stride 2, and gives transposed convolutions another shape, so that it translates none of the
colourisers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from mangagan.interop.onnx.graph_builder import Graph
from mangagan.interop.onnx.operations import OPERATIONS, translate
from mangagan.interop.onnx.shapes import pixel_range
from mangagan.interop.onnx.values import Constant, NodeOutput, TranslationError, Untranslatable, Value

OPSET, IR_VERSION = 17, 9
# Parameters under which primitives that call a function keep it.
_CALLED = ("jaxpr", "call_jaxpr", "fun_jaxpr")


def onnx_model(
    function: Callable[[dict[str, Any]], Any],
    example: Mapping[str, jax.ShapeDtypeStruct],
    multiple: int,
    output: str,
    metadata: Mapping[str, str] = {},
) -> Any:
    """Return the ONNX model of a function of named arrays that returns one picture [1 h w c].

    Args:
        function: Takes pictures [1 h w c] or [1 h w], at least one, and vectors [1 n] of fixed length.
        example: Shapes and dtypes of the inputs; pictures have 1 x 1 pixel here. Height and width of the model's
            inputs are free.
        multiple: Height and width must be multiples of this, as they are in the two traces.
        output: Name of the model's output.
        metadata: Stored with the model.

    Returns:
        An `onnx.ModelProto` that onnx's checker has accepted.

    Raises:
        ValueError: The function cannot be translated for every size; the message has the reason.
        ImportError: The package onnx is not installed.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError as error:
        raise ImportError("writing ONNX files needs onnx: pip install 'mangagan[onnx]'") from error
    # Four different lengths, so that an axis of the traces tells which side of the picture it follows.
    sizes = ((2 * multiple, 3 * multiple), (5 * multiple, 4 * multiple))
    small, large = (jax.make_jaxpr(function)(_with_size(example, size)) for size in sizes)
    names = sorted(example)
    graph = Graph(sizes, next(name for name in names if _is_picture(example[name])))
    inputs: list[Value] = [
        NodeOutput(name, (small_var.aval.shape, large_var.aval.shape), np.dtype(small_var.aval.dtype))
        for name, small_var, large_var in zip(names, small.jaxpr.invars, large.jaxpr.invars, strict=True)
    ]
    (result,) = _follow(graph, small, large, inputs)
    if not isinstance(result, NodeOutput):
        constant = "its output does not depend on the picture"
        reason = result.reason if isinstance(result, Untranslatable) else constant
        raise ValueError(f"this network cannot be written as ONNX: {reason}")
    # A node is never renamed, since others may read its output: the result gets its public name by an identity.
    graph.nodes.append(helper.make_node("Identity", [result.name], [output]))
    nodes, constants = _reachable(graph, output)
    signature = [_value_info(value) for value in inputs if isinstance(value, NodeOutput)]
    picture = _value_info(NodeOutput(output, result.shapes, result.dtype))
    built = helper.make_graph(nodes, "mangagan", signature, [picture], constants)
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    return model


def _value_info(value: NodeOutput) -> Any:
    """Describe an input or output of the model; height and width of pictures are free."""
    from onnx import helper

    onnx_type = helper.np_dtype_to_tensor_dtype(value.dtype)
    shape = value.shapes[0]
    dimensions: list[str | int | None] = list(shape) if len(shape) < 3 else [1, "height", "width", *shape[3:]]
    return helper.make_tensor_value_info(value.name, onnx_type, dimensions)


def _with_size(example: Mapping[str, Any], size: tuple[int, int]) -> dict[str, jax.ShapeDtypeStruct]:
    return {
        name: jax.ShapeDtypeStruct((1, *size, *struct.shape[3:]), struct.dtype) if _is_picture(struct) else struct
        for name, struct in example.items()
    }


def _is_picture(struct: Any) -> bool:
    return len(struct.shape) > 2


def _follow(graph: Graph, small: Any, large: Any, inputs: Sequence[Value]) -> list[Value]:
    """Translate two traces (ClosedJaxpr) of one function and return its outputs."""
    if len(small.jaxpr.eqns) != len(large.jaxpr.eqns):
        return [Untranslatable("it computes something else for pictures of another size")] * len(small.jaxpr.outvars)
    # Values by the variables of the small trace; those of the large one stand at the same positions.
    values: dict[Any, Value] = dict(zip(small.jaxpr.invars, inputs, strict=True))
    values |= {
        var: Constant((small_value, large_value))
        for var, small_value, large_value in zip(small.jaxpr.constvars, small.consts, large.consts, strict=True)
    }

    def read(small_var: Any, large_var: Any) -> Value:
        is_literal = hasattr(small_var, "val")
        return Constant((small_var.val, large_var.val)) if is_literal else values[small_var]

    for small_eqn, large_eqn in zip(small.jaxpr.eqns, large.jaxpr.eqns, strict=True):
        operands = [read(*pair) for pair in zip(small_eqn.invars, large_eqn.invars, strict=True)]
        values.update(zip(small_eqn.outvars, _outputs(graph, small_eqn, large_eqn, operands), strict=True))
    return [read(*pair) for pair in zip(small.jaxpr.outvars, large.jaxpr.outvars, strict=True)]


def _outputs(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Value]) -> list[Value]:
    """Translate one equation and return its outputs, which are `Untranslatable` where that fails."""
    name, count = small_eqn.primitive.name, len(small_eqn.outvars)
    if name != large_eqn.primitive.name:
        reason = f"{name} for one size of pictures is {large_eqn.primitive.name} for another"
        return [Untranslatable(reason)] * count
    if name == "platform_index":
        # Code written for one platform is slow on others: take the branch for any platform.
        index = small_eqn.params["platforms"].index(None)
        return [Constant((index, index))]
    # A branch that is known beforehand needs no If node; others are not translated.
    if name == "cond" and isinstance(operands[0], Constant):
        index = int(operands[0].values[0])
        return _follow(graph, small_eqn.params["branches"][index], large_eqn.params["branches"][index], operands[1:])
    called = next((key for key in _CALLED if key in small_eqn.params), None)
    if called:
        return _follow(graph, _closed(small_eqn.params[called]), _closed(large_eqn.params[called]), operands)
    if failed := [value for value in operands if isinstance(value, Untranslatable)]:
        return [*failed[:1]] * count
    # Before folding: along a side of the picture an iota has no operands and yet depends on the size.
    if name == "iota" and (numbers := pixel_range(graph, small_eqn, large_eqn)):
        return [numbers]
    if all(isinstance(value, Constant) for value in operands):
        return _fold(small_eqn, large_eqn, operands)
    if name not in OPERATIONS:
        return [Untranslatable(f"there is no translation of {name}")] * count
    try:
        return list(translate(graph, small_eqn, large_eqn, operands))  # type: ignore[arg-type]
    except TranslationError as reason:
        return [Untranslatable(f"{name}: {reason}")] * count


def _fold(small_eqn: Any, large_eqn: Any, operands: Sequence[Any]) -> list[Value]:
    """Evaluate an equation whose operands are all constants."""
    results = [
        eqn.primitive.bind(*(value.values[n] for value in operands), **eqn.params)
        for n, eqn in enumerate((small_eqn, large_eqn))
    ]
    outputs = results if small_eqn.primitive.multiple_results else [[result] for result in results]
    return [Constant((np.asarray(small), np.asarray(large))) for small, large in zip(*outputs, strict=True)]


def _closed(jaxpr: Any) -> Any:
    return jaxpr if hasattr(jaxpr, "consts") else ClosedJaxpr(jaxpr, ())


def _reachable(graph: Graph, output: str) -> tuple[list[Any], list[Any]]:
    """Return the nodes and constants that the output depends on.

    Others exist: a batch norm computes the new running statistics, which nobody reads at test time.
    """
    needed, nodes = {output}, []
    for node in reversed(graph.nodes):
        if needed & set(node.output):
            needed |= set(node.input)
            nodes.append(node)
    return nodes[::-1], [tensor for tensor in graph.constants if tensor.name in needed]
