"""JAX's primitive operations in terms of ONNX's, for pictures of any size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx import joins, matrix_products, shapes, windows
from mangagan.interop.onnx.values import (
    Computed,
    Graph,
    Known,
    Operand,
    Shapes,
    Unknown,
    check_whole,
    dtype_of,
    like,
    shapes_of,
)

# Of a graph, the equations of the two traces, and their operands.
Operation = Callable[[Graph, Any, Any, Sequence[Any]], Computed | list[Computed]]

_UNARY = {"tanh": "Tanh", "exp": "Exp", "log": "Log", "neg": "Neg", "abs": "Abs", "sqrt": "Sqrt", "sign": "Sign"}
_UNARY |= {"logistic": "Sigmoid", "not": "Not", "stop_gradient": "Identity", "copy": "Identity"}
_BINARY = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max", "min": "Min", "pow": "Pow"}
_BINARY |= {"gt": "Greater", "lt": "Less", "ge": "GreaterOrEqual", "le": "LessOrEqual", "eq": "Equal"}
_BINARY |= {"and": "And", "or": "Or"}


def operate(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> list[Computed]:
    """What an equation computes, as nodes of the graph. Raises Unknown for what depends on the size in other ways."""
    made = OPERATIONS[one.primitive.name](graph, one, other, taken)
    return made if isinstance(made, list) else [made]


def _simple(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    """An operation on each number; operands broadcast."""
    name = one.primitive.name
    if name == "div" and (mean := windows.window_mean(graph, *taken)):
        return mean
    return _made(graph, (_UNARY | _BINARY)[name], one, taken)


def _not_equal(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    same = _made(graph, "Equal", one, taken)
    return Computed(graph.node("Not", same.name), same.shapes, same.dtype)


def _root_reciprocal(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    return like(taken[0], graph.node("Reciprocal", graph.node("Sqrt", taken[0].name)))


def _square(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    return like(taken[0], graph.node("Mul", taken[0].name, taken[0].name))


def _integer_power(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    return like(taken[0], graph.node("Pow", taken[0].name, graph.constant(np.asarray(one.params["y"], taken[0].dtype))))


def _cube_root(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    root = graph.node("Pow", graph.node("Abs", taken[0].name), graph.constant(np.asarray(1 / 3, taken[0].dtype)))
    return like(taken[0], graph.node("Mul", graph.node("Sign", taken[0].name), root))


def _convert(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    from onnx import helper

    dtype = np.dtype(one.params["new_dtype"])
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    return Computed(graph.node("Cast", taken[0].name, to=kind), taken[0].shapes, dtype)


def _select(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    if len(taken) != 3:
        raise Unknown(f"a choice of {len(taken) - 1} cases")
    dtype = dtype_of(one)
    chosen, if_false, if_true = (
        graph.name(value, np.dtype(bool) if n == 0 else dtype) for n, value in enumerate(taken)
    )
    return Computed(graph.node("Where", chosen, if_true, if_false), _broadcast(taken), dtype)


def _sum(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    (x,) = taken
    check_whole(x, one, other)
    axes = graph.integers(*(int(axis) for axis in one.params["axes"]))
    return Computed(graph.node("ReduceSum", x.name, axes, keepdims=0), shapes_of(one, other), x.dtype)


def _made(graph: Graph, operation: str, one: Any, taken: Sequence[Operand]) -> Computed:
    dtype = next(value.dtype for value in taken if isinstance(value, Computed))
    names = [graph.name(value, dtype) for value in taken]
    return Computed(graph.node(operation, *names), _broadcast(taken), dtype_of(one))


def _broadcast(taken: Sequence[Operand]) -> Shapes:
    """The shapes of an operation's result, as far as its operands are drawn out."""
    computed = [value.shapes for value in taken if isinstance(value, Computed)]
    fixed = [np.shape(value.values[0]) for value in taken if isinstance(value, Known) and value.same]
    small, large = (np.broadcast_shapes(*(shapes[n] for shapes in computed), *fixed) for n in range(2))
    return small, large


OPERATIONS: dict[str, Operation] = dict.fromkeys([*_UNARY, *_BINARY], _simple) | {
    "ne": _not_equal,
    "rsqrt": _root_reciprocal,
    "square": _square,
    "integer_pow": _integer_power,
    "cbrt": _cube_root,
    "convert_element_type": _convert,
    "select_n": _select,
    "conv_general_dilated": windows.convolution,
    "pad": joins.pad,
    "concatenate": joins.concatenate,
    "stack": joins.stack,
    "slice": shapes.cut,
    "split": shapes.split,
    "rev": shapes.reverse,
    "transpose": shapes.transpose,
    "reshape": shapes.reshape,
    "squeeze": shapes.squeeze,
    "broadcast_in_dim": shapes.spread,
    "reduce_sum": _sum,
    "dot_general": matrix_products.product,
    "reduce_window_sum": windows.window_sum,
}
