"""Operations that put values together, in terms of ONNX's, for pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx.values import (
    Computed,
    Graph,
    Known,
    Operand,
    Unknown,
    check_whole,
    dtype_of,
    grown,
    shapes_of,
    without,
)


def pad(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    """A border of one known number. Raises Unknown for what depends on the size."""
    x, filling = taken
    widths = one.params["padding_config"]
    if not isinstance(x, Computed) or not isinstance(filling, Known):
        raise Unknown("a filling that is computed")
    if tuple(widths) != tuple(other.params["padding_config"]) or any(inner for _, _, inner in widths):
        raise Unknown("a width that depends on the picture's size, or gaps")
    check_whole(x, one, other)
    pads = graph.integers(*(low for low, _, _ in widths), *(high for _, high, _ in widths))
    return Computed(graph.node("Pad", x.name, pads, graph.name(filling, x.dtype)), shapes_of(one, other), x.dtype)


def concatenate(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    """Parts one after the other along an axis. Raises Unknown for what depends on the size."""
    axis = one.params["dimension"]
    parts = [value for value in taken if not (isinstance(value, Known) and 0 in np.shape(value.values[0]))]
    return _joined(graph, one, other, parts, axis)


def stack(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    """Parts one after the other along a new axis. Raises Unknown for what depends on the size."""
    axis = one.params["axis"]
    apart = [
        Computed(graph.node("Unsqueeze", value.name, graph.integers(axis)), grown(value.shapes, (axis,)), value.dtype)
        for value in taken
        if isinstance(value, Computed)
    ]
    if len(apart) != len(taken):
        raise Unknown("a part that is not computed")
    return _joined(graph, one, other, apart, axis)


def _joined(graph: Graph, one: Any, other: Any, parts: Sequence[Operand], axis: int) -> Computed:
    shapes = shapes_of(one, other)
    large = (value for value in parts if isinstance(value, Computed) and _without(value, axis) == without(shapes, axis))
    whole = next(large, None)
    if whole is None:
        raise Unknown("parts of which none is as large as the picture")
    names = []
    for value in parts:
        part = _filled(graph, value, whole, axis) if isinstance(value, Known) else value
        if _without(part, axis) != without(shapes, axis):
            part = _widened(graph, part, whole, axis)
        names.append(part.name)
    return Computed(graph.node("Concat", *names, axis=axis), shapes, dtype_of(one))


def _filled(graph: Graph, value: Known, whole: Computed, axis: int) -> Computed:
    """One known number all over, as large as another value but along one axis."""
    scalars, lengths = value.scalars, {np.shape(array)[axis] for array in value.values}
    if scalars is None or scalars[0] != scalars[1] or len(lengths) != 1:
        raise Unknown("a part that depends on the picture's size")
    number = graph.node("Add", _blank(graph, whole, axis), graph.constant(np.asarray(scalars[0], whole.dtype)))
    wanted = [1] * len(whole.shapes[0])
    wanted[axis] = lengths.pop()
    small, large = ((*shape[:axis], wanted[axis], *shape[axis + 1 :]) for shape in whole.shapes)
    return Computed(graph.node("Expand", number, graph.integers(*wanted)), (small, large), whole.dtype)


def _widened(graph: Graph, value: Computed, whole: Computed, axis: int) -> Computed:
    """A value that a broadcast has left as it was, as large as another value but along one axis."""
    if any(pair not in ((1, 1), whole.axis(n)) for n, pair in enumerate(map(value.axis, range(len(value.shapes[0]))))
           if n != axis):  # fmt: skip
        raise Unknown("parts of which some are not as large as the picture")
    small, large = (
        (*wide[:axis], own[axis], *wide[axis + 1 :]) for own, wide in zip(value.shapes, whole.shapes, strict=True)
    )
    return Computed(graph.node("Add", value.name, _blank(graph, whole, axis)), (small, large), value.dtype)


def _blank(graph: Graph, whole: Computed, axis: int) -> str:
    """Zeros as large as a value, but of length 1 along one axis."""
    first = graph.node("Slice", whole.name, *(graph.integers(n) for n in (0, 1, axis)))
    return graph.node("Mul", first, graph.constant(np.zeros((), whole.dtype)))


def _without(value: Operand, axis: int) -> Any:
    assert isinstance(value, Computed)
    return without(value.shapes, axis)
