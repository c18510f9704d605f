"""What an ONNX graph is built of: its nodes, and the values that a function has computed while it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Shapes = tuple[Shape, Shape]


@dataclass(frozen=True)
class Computed:
    """A value that the graph computes; its shapes for the smaller and the larger picture.

    An axis of 1 may stand for one of any length, as far as operations broadcast it. `window`: the value and the
    parameters that it is the sum over windows of.
    """

    name: str
    shapes: Shapes
    dtype: np.dtype
    window: tuple[Computed, dict[str, Any]] | None = None

    def axis(self, number: int) -> tuple[int, int]:
        """The lengths of one axis."""
        return self.shapes[0][number], self.shapes[1][number]


@dataclass(frozen=True)
class Known:
    """A value that is known beforehand, for the smaller and for the larger picture."""

    values: tuple[Any, Any]

    @property
    def same(self) -> bool:
        """Whether it does not depend on the picture's size."""
        small, large = self.values
        return small is large or (np.shape(small) == np.shape(large) and bool(np.all(np.asarray(small) == large)))

    @property
    def scalars(self) -> tuple[Any, Any] | None:
        """The one number that each is filled with; None where there are several."""
        filled = [np.asarray(value) for value in self.values]
        if any(array.size == 0 or (array != array.flat[0]).any() for array in filled):
            return None
        return filled[0].flat[0], filled[1].flat[0]


@dataclass(frozen=True)
class Lost:
    """A value that no graph can compute for pictures of every size, and why."""

    reason: str


Value = Computed | Known | Lost
Operand = Computed | Known


class Unknown(Exception):
    """An operation that no graph can compute for pictures of every size; the message is the reason."""


@dataclass
class Graph:
    """Nodes in their order, and named constants; `sizes` are the height and width of the two pictures."""

    sizes: tuple[tuple[int, int], tuple[int, int]]
    picture: str
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node and gives the name of its output."""
        from onnx import helper

        name = f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], name, **attributes))
        return name

    def constant(self, array: Any) -> str:
        """Adds an array and gives its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values: int) -> str:
        """A constant of whole numbers, as shapes and axes are given."""
        return self.constant(np.array(values, np.int64).reshape(-1))

    def name(self, value: Computed | Known, dtype: np.dtype) -> str:
        """The name of a value for an operation that broadcasts. Raises Unknown."""
        if isinstance(value, Computed):
            return value.name
        if value.same:
            return self.constant(np.asarray(value.values[0], dtype))
        scalars = value.scalars
        if scalars is None:
            raise Unknown("an array that depends on the picture's size")
        return self.constant(np.asarray(scalars[0], dtype)) if scalars[0] == scalars[1] else self._area(*scalars, dtype)

    def _area(self, small: Any, large: Any, dtype: np.dtype) -> str:
        """The number of a picture's pixels over that for which it is the given numbers at the two sizes."""
        from onnx import helper

        pixels = [height * width for height, width in self.sizes]
        share = pixels[0] / small if small else 0
        if not share or pixels[1] != share * large:
            raise Unknown(f"a number that is {small} and {large}, which is no share of the picture's pixels")
        sides = self.node("Gather", self.node("Shape", self.picture), self.integers(1, 2))
        area = self.node("ReduceProd", sides, keepdims=0)
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.node("Div", self.node("Cast", area, to=kind), self.constant(np.asarray(share, dtype)))


def like(value: Computed, name: str) -> Computed:
    """A value of the same shapes and kind as another, under a name."""
    return Computed(name, value.shapes, value.dtype)


def shapes_of(one: Any, other: Any) -> Shapes:
    """The shapes of what the equations of the two traces give."""
    return tuple(one.outvars[0].aval.shape), tuple(other.outvars[0].aval.shape)


def dtype_of(eqn: Any) -> np.dtype:
    """The kind of number that an equation gives."""
    return np.dtype(eqn.outvars[0].aval.dtype)


def grown(shapes: Shapes, axes: Sequence[int]) -> Shapes:
    """Shapes with axes of 1 put in."""
    small, large = (list(shape) for shape in shapes)
    for axis in sorted(axes):
        small.insert(axis, 1)
        large.insert(axis, 1)
    return tuple(small), tuple(large)


def without(shapes: Shapes, axis: int) -> list[Shape]:
    """Shapes without one axis."""
    return [(*shape[:axis], *shape[axis + 1 :]) for shape in shapes]


def check_whole(x: Computed, one: Any, other: Any, place: int = 0) -> None:
    """Raises Unknown where an axis of 1 stands for a longer one, in the operand at a place of an equation."""
    wanted = tuple(one.invars[place].aval.shape), tuple(other.invars[place].aval.shape)
    if x.shapes != wanted:
        raise Unknown("a value that is broadcast later")
