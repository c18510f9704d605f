"""Matrix products and general tensor contractions, translated to ONNX for pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np

from mangagan.interop.onnx.graph_builder import Graph
from mangagan.interop.onnx.values import (
    Constant,
    NodeOutput,
    Operand,
    TranslationError,
    check_not_broadcast,
    output_dtype,
    output_shapes,
)


def dot_general(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    """Translate a contraction of two operands to MatMul where possible, and to Einsum otherwise."""
    for position, value in enumerate(operands):
        if isinstance(value, NodeOutput):
            check_not_broadcast(value, small_eqn, large_eqn, position)
    (contracted, batch), dtype = small_eqn.params["dimension_numbers"], output_dtype(small_eqn)
    name = _matmul(graph, operands, contracted, batch) or _einsum(graph, operands, contracted, batch, dtype)
    return NodeOutput(name, output_shapes(small_eqn, large_eqn), dtype)


def _matmul(graph: Graph, operands: Sequence[Operand], contracted: Any, batch: Any) -> str | None:
    """Multiply the last axis of a value by a constant matrix, the most frequent case; return None for other products.

    Runtimes execute MatMul faster than Einsum.
    """
    x, matrix = operands
    if not (isinstance(x, NodeOutput) and isinstance(matrix, Constant) and matrix.size_independent):
        return None
    if any(map(len, batch)):
        return None
    array = np.asarray(matrix.values[0])
    if array.ndim != 2 or tuple(contracted[0]) != (len(x.shapes[0]) - 1,):
        return None
    matrix_axis = contracted[1][0]
    return graph.node("MatMul", x.name, graph.constant(array if matrix_axis == 0 else array.T))


def _einsum(graph: Graph, operands: Sequence[Operand], contracted: Any, batch: Any, dtype: np.dtype) -> str:
    names = []
    for value in operands:
        if isinstance(value, Constant) and not value.size_independent:
            raise TranslationError("a product with numbers that depend on the picture's size")
        names.append(graph.name(value, dtype))
    ranks = [len(value.shapes[0]) if isinstance(value, NodeOutput) else np.ndim(value.values[0]) for value in operands]
    return graph.node("Einsum", *names, equation=_equation(ranks, contracted, batch))


def _equation(ranks: Sequence[int], contracted: Any, batch: Any) -> str:
    """Return the product in the notation of `einsum`.

    JAX puts the batch axes first in the result, then the remaining axes of the left and of the right operand.
    """
    letters = iter(ascii_lowercase)
    left, right = ([""] * rank for rank in ranks)
    for left_axis, right_axis in (*zip(*batch, strict=True), *zip(*contracted, strict=True)):
        left[left_axis] = right[right_axis] = next(letters)
    for side in (left, right):
        side[:] = [letter or next(letters) for letter in side]
    summed, batched = ([left[axis] for axis in pairs[0]] for pairs in (contracted, batch))
    free = [letter for letter in left + right if letter not in summed + batched]
    return f"{''.join(left)},{''.join(right)}->{''.join(batched + free)}"
