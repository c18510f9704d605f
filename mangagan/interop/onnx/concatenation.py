"""Padding, concatenation and stacking, translated to ONNX for pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx.graph_builder import Graph
from mangagan.interop.onnx.values import (
    Constant,
    NodeOutput,
    Operand,
    TranslationError,
    check_not_broadcast,
    insert_axes,
    output_dtype,
    output_shapes,
    remove_axis,
)


def pad(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    """Translate padding of fixed widths with a constant number.

    Raises:
        TranslationError: The number is computed, the widths depend on the picture's size, or elements are spread apart.
    """
    x, filling = operands
    widths = small_eqn.params["padding_config"]
    if not isinstance(x, NodeOutput) or not isinstance(filling, Constant):
        raise TranslationError("a filling that is computed")
    if tuple(widths) != tuple(large_eqn.params["padding_config"]) or any(inner for _, _, inner in widths):
        raise TranslationError("a width that depends on the picture's size, or gaps")
    check_not_broadcast(x, small_eqn, large_eqn)
    pads = graph.integers(*(low for low, _, _ in widths), *(high for _, high, _ in widths))
    padded = graph.node("Pad", x.name, pads, graph.name(filling, x.dtype))
    return NodeOutput(padded, output_shapes(small_eqn, large_eqn), x.dtype)


def concatenate(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    """Translate a concatenation along an existing axis."""
    axis = small_eqn.params["dimension"]
    # Parts of length 0 add nothing, and would be constants that cannot be filled.
    parts = [value for value in operands if not (isinstance(value, Constant) and 0 in np.shape(value.values[0]))]
    return _concat(graph, small_eqn, large_eqn, parts, axis)


def stack(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    """Translate a concatenation along a new axis.

    Raises:
        TranslationError: A part is a constant.
    """
    axis = small_eqn.params["axis"]
    parts = [
        NodeOutput(
            graph.node("Unsqueeze", value.name, graph.integers(axis)), insert_axes(value.shapes, (axis,)), value.dtype
        )
        for value in operands
        if isinstance(value, NodeOutput)
    ]
    if len(parts) != len(operands):
        raise TranslationError("a part that is not computed")
    return _concat(graph, small_eqn, large_eqn, parts, axis)


def _concat(graph: Graph, small_eqn: Any, large_eqn: Any, parts: Sequence[Operand], axis: int) -> NodeOutput:
    """Concatenate parts, after those that are still to be broadcast have been expanded to the size of a whole one.

    ONNX's Concat does not broadcast.
    """
    shapes = output_shapes(small_eqn, large_eqn)
    expected = remove_axis(shapes, axis)
    computed = [value for value in parts if isinstance(value, NodeOutput)]
    whole = next((value for value in computed if remove_axis(value.shapes, axis) == expected), None)
    if whole is None:
        raise TranslationError("parts of which none is as large as the picture")
    names = []
    for value in parts:
        part = _fill(graph, value, whole, axis) if isinstance(value, Constant) else value
        if remove_axis(part.shapes, axis) != expected:
            part = _expand(graph, part, whole, axis)
        names.append(part.name)
    return NodeOutput(graph.node("Concat", *names, axis=axis), shapes, output_dtype(small_eqn))


def _fill(graph: Graph, value: Constant, whole: NodeOutput, axis: int) -> NodeOutput:
    """Return an array filled with one number, as large as `whole` except along `axis`."""
    scalars, lengths = value.scalars, {np.shape(array)[axis] for array in value.values}
    if scalars is None or scalars[0] != scalars[1] or len(lengths) != 1:
        raise TranslationError("a part that depends on the picture's size")
    number = graph.node("Add", _zeros(graph, whole, axis), graph.constant(np.asarray(scalars[0], whole.dtype)))
    expanded = [1] * len(whole.shapes[0])
    expanded[axis] = lengths.pop()
    small, large = ((*shape[:axis], expanded[axis], *shape[axis + 1 :]) for shape in whole.shapes)
    return NodeOutput(graph.node("Expand", number, graph.integers(*expanded)), (small, large), whole.dtype)


def _expand(graph: Graph, value: NodeOutput, whole: NodeOutput, axis: int) -> NodeOutput:
    """Return a value that is to be broadcast as large as `whole` except along `axis`."""
    others = [n for n in range(len(value.shapes[0])) if n != axis]
    if any(value.axis_lengths(n) not in ((1, 1), whole.axis_lengths(n)) for n in others):
        raise TranslationError("parts of which some are not as large as the picture")
    small, large = (
        (*wide[:axis], own[axis], *wide[axis + 1 :]) for own, wide in zip(value.shapes, whole.shapes, strict=True)
    )
    return NodeOutput(graph.node("Add", value.name, _zeros(graph, whole, axis)), (small, large), value.dtype)


def _zeros(graph: Graph, whole: NodeOutput, axis: int) -> str:
    """Return zeros as large as `whole`, but of length 1 along `axis`.

    A slice times zero has the right shape at every size without a shape being computed.
    """
    first = graph.node("Slice", whole.name, *(graph.integers(n) for n in (0, 1, axis)))
    return graph.node("Mul", first, graph.constant(np.zeros((), whole.dtype)))
