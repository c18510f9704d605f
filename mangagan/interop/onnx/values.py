"""The values that a translation meets while it follows a function.

A function is traced for a small and a large picture. Every value therefore has two versions, and every axis has two
lengths; an axis whose two lengths differ depends on the size of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Shape = tuple[int, ...]
ShapePair = tuple[Shape, Shape]


@dataclass(frozen=True)
class NodeOutput:
    """A value that a node of the graph computes.

    An axis of length 1 may stand for an axis of any length as long as operations broadcast it; this saves an `Expand`
    for each broadcast.

    Attributes:
        name: Name of the tensor in the graph.
        shapes: Its shape for the small and for the large picture.
        dtype: Its dtype.
        window: For a sum over windows, the value that is summed and the parameters of the sum; otherwise None.
    """

    name: str
    shapes: ShapePair
    dtype: np.dtype
    window: tuple[NodeOutput, dict[str, Any]] | None = None

    def axis_lengths(self, axis: int) -> tuple[int, int]:
        """Return the lengths of one axis for the small and for the large picture."""
        return self.shapes[0][axis], self.shapes[1][axis]


@dataclass(frozen=True)
class Constant:
    """A value that does not depend on the inputs, for the small and for the large picture."""

    values: tuple[Any, Any]

    @property
    def size_independent(self) -> bool:
        """Whether the value is the same for both pictures."""
        small, large = self.values
        return small is large or (np.shape(small) == np.shape(large) and bool(np.all(np.asarray(small) == large)))

    @property
    def scalars(self) -> tuple[Any, Any] | None:
        """The single number that fills each of the two arrays, or None where an array has several numbers."""
        filled = [np.asarray(value) for value in self.values]
        if any(array.size == 0 or (array != array.flat[0]).any() for array in filled):
            return None
        return filled[0].flat[0], filled[1].flat[0]


@dataclass(frozen=True)
class Untranslatable:
    """A value that no graph computes for pictures of every size, with the reason.

    It is a value and not an exception because the output may not depend on it.
    """

    reason: str


Value = NodeOutput | Constant | Untranslatable
Operand = NodeOutput | Constant


class TranslationError(Exception):
    """An operation that no graph computes for pictures of every size; the message is the reason."""


def with_name(value: NodeOutput, name: str) -> NodeOutput:
    """Return another node's output with the shapes and dtype of `value`."""
    return NodeOutput(name, value.shapes, value.dtype)


def output_shapes(small_eqn: Any, large_eqn: Any) -> ShapePair:
    """Return the shapes of the first output of an equation in the two traces."""
    return tuple(small_eqn.outvars[0].aval.shape), tuple(large_eqn.outvars[0].aval.shape)


def output_dtype(eqn: Any) -> np.dtype:
    """Return the dtype of the first output of an equation."""
    return np.dtype(eqn.outvars[0].aval.dtype)


def insert_axes(shapes: ShapePair, axes: Sequence[int]) -> ShapePair:
    """Return shapes with axes of length 1 inserted at `axes`, counted in the result."""
    small, large = (list(shape) for shape in shapes)
    for axis in sorted(axes):
        small.insert(axis, 1)
        large.insert(axis, 1)
    return tuple(small), tuple(large)


def remove_axis(shapes: ShapePair, axis: int) -> list[Shape]:
    """Return shapes without one axis."""
    return [(*shape[:axis], *shape[axis + 1 :]) for shape in shapes]


def check_not_broadcast(x: NodeOutput, small_eqn: Any, large_eqn: Any, operand: int = 0) -> None:
    """Check that no axis of length 1 stands for a longer one, for operations that do not broadcast.

    Args:
        x: The operand.
        small_eqn: The equation of the small picture.
        large_eqn: The same equation of the large picture.
        operand: Position of `x` among the equation's operands.

    Raises:
        TranslationError: `x` has axes of length 1 that are broadcast later.
    """
    traced = tuple(small_eqn.invars[operand].aval.shape), tuple(large_eqn.invars[operand].aval.shape)
    if x.shapes != traced:
        raise TranslationError("a value that is broadcast later")
