"""Products of matrices and of whole arrays in terms of ONNX's, for pictures of any size."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
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
    shapes_of,
)


def product(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    """Sums of products over axes of two operands. Raises Unknown for one that is known and depends on the size."""
    for place, value in enumerate(taken):
        if isinstance(value, Computed):
            check_whole(value, one, other, place)
    (contracted, batch) = one.params["dimension_numbers"]
    made = _of_matrix(graph, taken, contracted, batch) or _of_any(graph, taken, contracted, batch, dtype_of(one))
    return Computed(made, shapes_of(one, other), dtype_of(one))


def _of_matrix(graph: Graph, taken: Sequence[Operand], contracted: Any, batch: Any) -> str | None:
    """The last axis of a value by one of a known matrix, the quickest and most frequent; None for other products."""
    x, matrix = taken
    if not (isinstance(x, Computed) and isinstance(matrix, Known) and matrix.same) or any(map(len, batch)):
        return None
    array = np.asarray(matrix.values[0])
    if array.ndim != 2 or tuple(contracted[0]) != (len(x.shapes[0]) - 1,):
        return None
    along = contracted[1][0]
    return graph.node("MatMul", x.name, graph.constant(array if along == 0 else array.T))


def _of_any(graph: Graph, taken: Sequence[Operand], contracted: Any, batch: Any, dtype: np.dtype) -> str:
    names = []
    for value in taken:
        if isinstance(value, Known) and not value.same:
            raise Unknown("a product with numbers that depend on the picture's size")
        names.append(graph.name(value, dtype))
    ranks = [len(value.shapes[0]) if isinstance(value, Computed) else np.ndim(value.values[0]) for value in taken]
    return graph.node("Einsum", *names, equation=_equation(ranks, contracted, batch))


def _equation(ranks: Sequence[int], contracted: Any, batch: Any) -> str:
    """The product in the letters of `einsum`: axes that are alike come first, then those of each operand's own."""
    letters = iter(ascii_lowercase)
    left, right = ([""] * rank for rank in ranks)
    for one, other in (*zip(*batch, strict=True), *zip(*contracted, strict=True)):
        left[one] = right[other] = next(letters)
    for side in (left, right):
        side[:] = [letter or next(letters) for letter in side]
    summed, alike = ([left[axis] for axis in pairs[0]] for pairs in (contracted, batch))
    own = [letter for letter in left + right if letter not in summed + alike]
    return f"{''.join(left)},{''.join(right)}->{''.join(alike + own)}"
