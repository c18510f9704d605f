"""The table of JAX primitives and their translations to ONNX for pictures of any size.

Every translation takes the graph, the equation of the small and that of the large picture, and the operands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx import concatenation, convolutions, matrix_products, shapes
from mangagan.interop.onnx.graph_builder import Graph
from mangagan.interop.onnx.values import (
    Constant,
    NodeOutput,
    Operand,
    ShapePair,
    TranslationError,
    check_not_broadcast,
    output_dtype,
    output_shapes,
    with_name,
)

Translation = Callable[[Graph, Any, Any, Sequence[Any]], NodeOutput | list[NodeOutput]]

_UNARY = {"tanh": "Tanh", "exp": "Exp", "log": "Log", "neg": "Neg", "abs": "Abs", "sqrt": "Sqrt", "sign": "Sign"}
_UNARY |= {"logistic": "Sigmoid", "not": "Not", "stop_gradient": "Identity", "copy": "Identity"}
_BINARY = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max", "min": "Min", "pow": "Pow"}
_BINARY |= {"gt": "Greater", "lt": "Less", "ge": "GreaterOrEqual", "le": "LessOrEqual", "eq": "Equal"}
_BINARY |= {"and": "And", "or": "Or"}


def translate(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> list[NodeOutput]:
    """Add the nodes that compute an equation and return its outputs."""
    outputs = OPERATIONS[small_eqn.primitive.name](graph, small_eqn, large_eqn, operands)
    return outputs if isinstance(outputs, list) else [outputs]


def _elementwise(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    name = small_eqn.primitive.name
    # AveragePool without padding in the count is what `sum / count` computes, and needs no count at run time.
    if name == "div" and (mean := convolutions.window_mean(graph, *operands)):
        return mean
    return _broadcasting_node(graph, (_UNARY | _BINARY)[name], small_eqn, operands)


def _not_equal(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    equal = _broadcasting_node(graph, "Equal", small_eqn, operands)
    return with_name(equal, graph.node("Not", equal.name))


def _rsqrt(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    return with_name(operands[0], graph.node("Reciprocal", graph.node("Sqrt", operands[0].name)))


def _square(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    return with_name(operands[0], graph.node("Mul", operands[0].name, operands[0].name))


def _integer_pow(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    (x,) = operands
    return with_name(x, graph.node("Pow", x.name, graph.constant(np.asarray(small_eqn.params["y"], x.dtype))))


def _cbrt(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    # Pow of a negative number is NaN, hence the sign apart.
    (x,) = operands
    root = graph.node("Pow", graph.node("Abs", x.name), graph.constant(np.asarray(1 / 3, x.dtype)))
    return with_name(x, graph.node("Mul", graph.node("Sign", x.name), root))


def _convert_element_type(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    from onnx import helper

    dtype = np.dtype(small_eqn.params["new_dtype"])
    name = graph.node("Cast", operands[0].name, to=helper.np_dtype_to_tensor_dtype(dtype))
    return NodeOutput(name, operands[0].shapes, dtype)


def _select(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    if len(operands) != 3:
        raise TranslationError(f"a choice of {len(operands) - 1} cases")
    dtype = output_dtype(small_eqn)
    condition, if_false, if_true = (
        graph.name(value, np.dtype(bool) if n == 0 else dtype) for n, value in enumerate(operands)
    )
    return NodeOutput(graph.node("Where", condition, if_true, if_false), _broadcast_shapes(operands), dtype)


def _reduce_sum(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    (x,) = operands
    check_not_broadcast(x, small_eqn, large_eqn)
    axes = graph.integers(*(int(axis) for axis in small_eqn.params["axes"]))
    return NodeOutput(graph.node("ReduceSum", x.name, axes, keepdims=0), output_shapes(small_eqn, large_eqn), x.dtype)


def _broadcasting_node(graph: Graph, operation: str, small_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    dtype = next(value.dtype for value in operands if isinstance(value, NodeOutput))
    names = [graph.name(value, dtype) for value in operands]
    return NodeOutput(graph.node(operation, *names), _broadcast_shapes(operands), output_dtype(small_eqn))


def _broadcast_shapes(operands: Sequence[Operand]) -> ShapePair:
    """Return the shapes of a result, in which axes of length 1 may still stand for longer ones."""
    computed = [value.shapes for value in operands if isinstance(value, NodeOutput)]
    fixed = [np.shape(value.values[0]) for value in operands if isinstance(value, Constant) and value.size_independent]
    small, large = (np.broadcast_shapes(*(shapes[n] for shapes in computed), *fixed) for n in range(2))
    return small, large


OPERATIONS: dict[str, Translation] = dict.fromkeys([*_UNARY, *_BINARY], _elementwise) | {
    "ne": _not_equal,
    "rsqrt": _rsqrt,
    "square": _square,
    "integer_pow": _integer_pow,
    "cbrt": _cbrt,
    "convert_element_type": _convert_element_type,
    "select_n": _select,
    "conv_general_dilated": convolutions.convolution,
    "pad": concatenation.pad,
    "concatenate": concatenation.concatenate,
    "stack": concatenation.stack,
    "slice": shapes.slice_axes,
    "split": shapes.split,
    "rev": shapes.reverse,
    "transpose": shapes.transpose,
    "reshape": shapes.reshape,
    "squeeze": shapes.squeeze,
    "broadcast_in_dim": shapes.broadcast,
    "reduce_sum": _reduce_sum,
    "dot_general": matrix_products.dot_general,
    "reduce_window_sum": convolutions.window_sum,
}
