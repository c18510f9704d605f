"""Operations that change shapes, in terms of ONNX's, for pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx.values import (
    Computed,
    Graph,
    Shapes,
    Unknown,
    check_whole,
    dtype_of,
    grown,
    like,
    shapes_of,
)

_TO_THE_END, _TO_THE_START = np.iinfo(np.int64).max, np.iinfo(np.int64).min + 1


def counted_pixels(graph: Graph, one: Any, other: Any) -> Computed | None:
    """0, 1, 2 ... along the picture's height or width; None for numbers of another count."""
    from onnx import helper

    shapes, dtype = shapes_of(one, other), dtype_of(one)
    sides = {((small,), (large,)): axis for axis, (small, large) in enumerate(zip(*graph.sizes, strict=True), 1)}
    if shapes not in sides:
        return None
    length = graph.node("Gather", graph.node("Shape", graph.picture), graph.constant(np.int64(sides[shapes])))
    numbers = graph.node("Range", graph.constant(np.int64(0)), length, graph.constant(np.int64(1)))
    return Computed(graph.node("Cast", numbers, to=helper.np_dtype_to_tensor_dtype(dtype)), shapes, dtype)


def cut(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """A part of a value, from places that are counted from either end. Raises Unknown for what depends on the size."""
    (x,) = taken
    check_whole(x, one, other)
    starts, ends, steps, axes = [], [], [], []
    strides = one.params["strides"] or (1,) * len(one.params["start_indices"])
    for axis, step in enumerate(strides):
        lengths = x.axis(axis)
        start, end = (
            (int(one.params[name][axis]), int(other.params[name][axis])) for name in ("start_indices", "limit_indices")
        )
        if start == (0, 0) and end == lengths and step == 1:
            continue
        starts.append(_place(start, lengths))
        ends.append(_TO_THE_END if end == lengths else _place(end, lengths))
        steps.append(int(step))
        axes.append(axis)
    if not axes:
        return x
    parts = (graph.integers(*values) for values in (starts, ends, axes, steps))
    return Computed(graph.node("Slice", x.name, *parts), shapes_of(one, other), x.dtype)


def split(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> list[Computed]:
    """Parts of a value one after the other along an axis. Raises Unknown for what depends on the size."""
    (x,), axis, sizes = taken, one.params["axis"], [int(size) for size in one.params["sizes"]]
    check_whole(x, one, other)
    if list(other.params["sizes"]) != sizes:
        raise Unknown("parts of lengths that depend on the picture's size")
    parts, start = [], 0
    for size in sizes:
        name = graph.node("Slice", x.name, *(graph.integers(n) for n in (start, start + size, axis)))
        small, large = ((*shape[:axis], size, *shape[axis + 1 :]) for shape in x.shapes)
        parts.append(Computed(name, (small, large), x.dtype))
        start += size
    return parts


def _place(index: tuple[int, int], lengths: tuple[int, int]) -> int:
    """A place along an axis, counted from its start or, below 0, from its end."""
    if index[0] == index[1]:
        return index[0]
    if index[0] - lengths[0] == index[1] - lengths[1]:
        return index[0] - lengths[0]
    raise Unknown(f"place {index[0]} of {lengths[0]} and {index[1]} of {lengths[1]}")


def reverse(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """A value turned about."""
    axes = [int(axis) for axis in one.params["dimensions"]]
    ways = ([-1] * len(axes), [_TO_THE_START] * len(axes), axes, [-1] * len(axes))
    return like(taken[0], graph.node("Slice", taken[0].name, *(graph.integers(*values) for values in ways)))


def transpose(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """A value with its axes in another order."""
    order = [int(axis) for axis in one.params["permutation"]]
    shapes = tuple(tuple(shape[axis] for axis in order) for shape in taken[0].shapes)
    return Computed(graph.node("Transpose", taken[0].name, perm=order), shapes, taken[0].dtype)  # type: ignore[arg-type]


def reshape(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """A shape that differs in axes of length 1, or any that does not depend on the picture's size."""
    (x, *_), shapes = taken, shapes_of(one, other)
    longer = [[axis for axis in zip(*pair, strict=True) if axis != (1, 1)] for pair in (x.shapes, shapes)]
    if longer[0] == longer[1]:
        return _with_ones(graph, _without_ones(graph, x), shapes)
    if shapes[0] != shapes[1] or x.shapes[0] != x.shapes[1]:
        raise Unknown(f"{list(x.shapes[0])} to {list(shapes[0])}")
    return Computed(graph.node("Reshape", x.name, graph.integers(*shapes[0])), shapes, x.dtype)


def squeeze(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """A value without some axes of 1."""
    (x,), gone = taken, [int(axis) for axis in one.params["dimensions"]]
    shapes = tuple(tuple(n for axis, n in enumerate(shape) if axis not in gone) for shape in x.shapes)
    return Computed(graph.node("Squeeze", x.name, graph.integers(*gone)), shapes, x.dtype)  # type: ignore[arg-type]


def _without_ones(graph: Graph, x: Computed) -> Computed:
    ones = [axis for axis, pair in enumerate(zip(*x.shapes, strict=True)) if pair == (1, 1)]
    if not ones:
        return x
    shapes = tuple(tuple(n for axis, n in enumerate(shape) if axis not in ones) for shape in x.shapes)
    return Computed(graph.node("Squeeze", x.name, graph.integers(*ones)), shapes, x.dtype)  # type: ignore[arg-type]


def _with_ones(graph: Graph, x: Computed, shapes: Shapes) -> Computed:
    ones = [axis for axis, pair in enumerate(zip(*shapes, strict=True)) if pair == (1, 1)]
    return Computed(graph.node("Unsqueeze", x.name, graph.integers(*ones)), shapes, x.dtype) if ones else x


def spread(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """A broadcast: to lengths that are the same for all pictures at once, to the others where it is used."""
    (x, *_), wanted = taken, shapes_of(one, other)
    kept = [int(axis) for axis in one.params["broadcast_dimensions"]]
    added = [axis for axis in range(len(wanted[0])) if axis not in kept]
    if added:
        x = Computed(graph.node("Unsqueeze", x.name, graph.integers(*added)), grown(x.shapes, added), x.dtype)
    lengths = [
        small if small == large and x.axis(axis) == (1, 1) else 1
        for axis, (small, large) in enumerate(zip(*wanted, strict=True))
    ]
    if set(lengths) <= {1}:
        return x
    shapes = tuple(tuple(map(max, shape, lengths)) for shape in x.shapes)
    return Computed(graph.node("Expand", x.name, graph.integers(*lengths)), shapes, x.dtype)  # type: ignore[arg-type]
