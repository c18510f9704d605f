"""The ONNX graph that a translation builds, node by node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mangagan.interop.onnx.values import NodeOutput, Operand, TranslationError


@dataclass
class Graph:
    """An ONNX graph under construction.

    Attributes:
        sizes: Height and width of the small and of the large picture.
        picture: Name of the input whose height and width are free.
        nodes: Nodes in the order of computation.
        constants: Named arrays.
    """

    sizes: tuple[tuple[int, int], tuple[int, int]]
    picture: str
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        name = f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], name, **attributes))
        return name

    def constant(self, array: Any) -> str:
        """Add a constant array and return its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values: int) -> str:
        """Add a constant vector of int64, the form in which ONNX takes shapes and axes, and return its name."""
        return self.constant(np.array(values, np.int64).reshape(-1))

    def name(self, value: Operand, dtype: np.dtype) -> str:
        """Return the name of a value for an operation that broadcasts its operands.

        Args:
            value: A node's output, or a constant, which is added to the graph.
            dtype: Dtype in which a constant is added.

        Raises:
            TranslationError: The constant depends on the picture's size and is not proportional to its area.
        """
        if isinstance(value, NodeOutput):
            return value.name
        if value.size_independent:
            return self.constant(np.asarray(value.values[0], dtype))
        scalars = value.scalars
        if scalars is None:
            raise TranslationError("an array that depends on the picture's size")
        # The same number, filled into two shapes that depend on the size: a scalar broadcasts to both.
        if scalars[0] == scalars[1]:
            return self.constant(np.asarray(scalars[0], dtype))
        return self._proportional_to_area(*scalars, dtype)

    def _proportional_to_area(self, small: Any, large: Any, dtype: np.dtype) -> str:
        """Return a number computed as pixels / ratio, where it has the two given values at the two sizes.

        Means over a picture divide by its number of pixels, which is the usual case.
        """
        from onnx import helper

        pixels = [height * width for height, width in self.sizes]
        ratio = pixels[0] / small if small else 0
        if not ratio or pixels[1] != ratio * large:
            raise TranslationError(f"a number that is {small} and {large}, which is no share of the picture's pixels")
        sides = self.node("Gather", self.node("Shape", self.picture), self.integers(1, 2))
        area = self.node("ReduceProd", sides, keepdims=0)
        onnx_type = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.node("Div", self.node("Cast", area, to=onnx_type), self.constant(np.asarray(ratio, dtype)))
