"""Operations that change shapes, translated to ONNX for pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx.graph_builder import Graph
from mangagan.interop.onnx.values import (
    NodeOutput,
    ShapePair,
    TranslationError,
    check_not_broadcast,
    insert_axes,
    output_dtype,
    output_shapes,
    with_name,
)

# Limits that ONNX's Slice clips to the two ends of an axis.
_END, _BEFORE_START = np.iinfo(np.int64).max, np.iinfo(np.int64).min + 1


def pixel_range(graph: Graph, small_eqn: Any, large_eqn: Any) -> NodeOutput | None:
    """Translate an iota along the picture's height or width; return None for an iota of any other length."""
    from onnx import helper

    shapes, dtype = output_shapes(small_eqn, large_eqn), output_dtype(small_eqn)
    sides = {((small,), (large,)): axis for axis, (small, large) in enumerate(zip(*graph.sizes, strict=True), 1)}
    if shapes not in sides:
        return None
    length = graph.node("Gather", graph.node("Shape", graph.picture), graph.constant(np.int64(sides[shapes])))
    numbers = graph.node("Range", graph.constant(np.int64(0)), length, graph.constant(np.int64(1)))
    return NodeOutput(graph.node("Cast", numbers, to=helper.np_dtype_to_tensor_dtype(dtype)), shapes, dtype)


def slice_axes(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate a slice whose limits have fixed distances from either end of their axes."""
    (x,) = operands
    check_not_broadcast(x, small_eqn, large_eqn)
    starts, ends, steps, axes = [], [], [], []
    strides = small_eqn.params["strides"] or (1,) * len(small_eqn.params["start_indices"])
    for axis, step in enumerate(strides):
        lengths = x.axis_lengths(axis)
        start, end = (
            (int(small_eqn.params[name][axis]), int(large_eqn.params[name][axis]))
            for name in ("start_indices", "limit_indices")
        )
        # Axes that stay whole are left out, so that one of length 1 may still be broadcast later.
        if start == (0, 0) and end == lengths and step == 1:
            continue
        starts.append(_index_from_an_end(start, lengths))
        ends.append(_END if end == lengths else _index_from_an_end(end, lengths))
        steps.append(int(step))
        axes.append(axis)
    if not axes:
        return x
    limits = (graph.integers(*values) for values in (starts, ends, axes, steps))
    return NodeOutput(graph.node("Slice", x.name, *limits), output_shapes(small_eqn, large_eqn), x.dtype)


def split(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> list[NodeOutput]:
    """Translate a split along an axis into parts of fixed lengths.

    Raises:
        TranslationError: The lengths depend on the picture's size.
    """
    (x,), axis, lengths = operands, small_eqn.params["axis"], [int(size) for size in small_eqn.params["sizes"]]
    check_not_broadcast(x, small_eqn, large_eqn)
    if list(large_eqn.params["sizes"]) != lengths:
        raise TranslationError("parts of lengths that depend on the picture's size")
    parts, start = [], 0
    for length in lengths:
        name = graph.node("Slice", x.name, *(graph.integers(n) for n in (start, start + length, axis)))
        small, large = ((*shape[:axis], length, *shape[axis + 1 :]) for shape in x.shapes)
        parts.append(NodeOutput(name, (small, large), x.dtype))
        start += length
    return parts


def _index_from_an_end(index: tuple[int, int], lengths: tuple[int, int]) -> int:
    """Return an index that is right at both sizes: counted from the start, or negative and counted from the end."""
    if index[0] == index[1]:
        return index[0]
    if index[0] - lengths[0] == index[1] - lengths[1]:
        return index[0] - lengths[0]
    raise TranslationError(f"index {index[0]} of {lengths[0]} and {index[1]} of {lengths[1]}")


def reverse(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate a reversal of the order along some axes to a slice of step -1."""
    axes = [int(axis) for axis in small_eqn.params["dimensions"]]
    limits = ([-1] * len(axes), [_BEFORE_START] * len(axes), axes, [-1] * len(axes))
    name = graph.node("Slice", operands[0].name, *(graph.integers(*values) for values in limits))
    return with_name(operands[0], name)


def transpose(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate a permutation of axes."""
    x, order = operands[0], [int(axis) for axis in small_eqn.params["permutation"]]
    # Not the equation's shapes: an axis of `x` may be of length 1 for one that is broadcast later.
    small, large = (tuple(shape[axis] for axis in order) for shape in x.shapes)
    return NodeOutput(graph.node("Transpose", x.name, perm=order), (small, large), x.dtype)


def reshape(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate a reshape that adds or removes axes of length 1, or one whose shapes do not depend on the size.

    Raises:
        TranslationError: Any other reshape.
    """
    (x, *_), shapes = operands, output_shapes(small_eqn, large_eqn)
    # ONNX's Reshape takes numbers, which the size of the picture would change; axes of length 1 need none.
    longer = [[lengths for lengths in zip(*pair, strict=True) if lengths != (1, 1)] for pair in (x.shapes, shapes)]
    if longer[0] == longer[1]:
        return _insert_ones(graph, _remove_ones(graph, x), shapes)
    if shapes[0] != shapes[1] or x.shapes[0] != x.shapes[1]:
        raise TranslationError(f"{list(x.shapes[0])} to {list(shapes[0])}")
    return NodeOutput(graph.node("Reshape", x.name, graph.integers(*shapes[0])), shapes, x.dtype)


def squeeze(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate the removal of axes of length 1."""
    (x,), removed = operands, [int(axis) for axis in small_eqn.params["dimensions"]]
    small, large = (tuple(n for axis, n in enumerate(shape) if axis not in removed) for shape in x.shapes)
    return NodeOutput(graph.node("Squeeze", x.name, graph.integers(*removed)), (small, large), x.dtype)


def _axes_of_length_1(shapes: ShapePair) -> list[int]:
    return [axis for axis, lengths in enumerate(zip(*shapes, strict=True)) if lengths == (1, 1)]


def _remove_ones(graph: Graph, x: NodeOutput) -> NodeOutput:
    ones = _axes_of_length_1(x.shapes)
    if not ones:
        return x
    small, large = (tuple(n for axis, n in enumerate(shape) if axis not in ones) for shape in x.shapes)
    return NodeOutput(graph.node("Squeeze", x.name, graph.integers(*ones)), (small, large), x.dtype)


def _insert_ones(graph: Graph, x: NodeOutput, shapes: ShapePair) -> NodeOutput:
    ones = _axes_of_length_1(shapes)
    return NodeOutput(graph.node("Unsqueeze", x.name, graph.integers(*ones)), shapes, x.dtype) if ones else x


def broadcast(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate a broadcast: at once to lengths that are fixed, later to lengths that depend on the size.

    An axis of length 1 that is to become as long as the picture stays 1; the operation that uses it broadcasts.
    """
    (x, *_), shapes = operands, output_shapes(small_eqn, large_eqn)
    kept = [int(axis) for axis in small_eqn.params["broadcast_dimensions"]]
    added = [axis for axis in range(len(shapes[0])) if axis not in kept]
    if added:
        x = NodeOutput(graph.node("Unsqueeze", x.name, graph.integers(*added)), insert_axes(x.shapes, added), x.dtype)
    lengths = [
        small if small == large and x.axis_lengths(axis) == (1, 1) else 1
        for axis, (small, large) in enumerate(zip(*shapes, strict=True))
    ]
    if set(lengths) <= {1}:
        return x
    small, large = (tuple(map(max, shape, lengths)) for shape in x.shapes)
    return NodeOutput(graph.node("Expand", x.name, graph.integers(*lengths)), (small, large), x.dtype)
