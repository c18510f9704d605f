"""Convolutions and means over windows, in terms of ONNX's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx.values import (
    Computed,
    Graph,
    Known,
    Operand,
    Unknown,
    shapes_of,
)

Pair = tuple[int, ...]


def convolution(graph: Graph, one: Any, other: Any, taken: Sequence[Operand]) -> Computed:
    """A convolution, or where its input is spread out, a transposed one."""
    x, kernel = taken
    names = ("window_strides", "padding", "lhs_dilation", "rhs_dilation")
    strides, padding, spread, dilation = (tuple(one.params[name]) for name in names)
    if any(tuple(one.params[name]) != tuple(other.params[name]) for name in names):
        raise Unknown("a window that depends on the picture's size")
    if not (isinstance(x, Computed) and isinstance(kernel, Known) and kernel.same):
        raise Unknown("a kernel that is computed")
    if one.params["feature_group_count"] != 1 or one.params["batch_group_count"] != 1:
        raise Unknown("groups of channels")
    numbers = one.params["dimension_numbers"]
    weights = np.asarray(kernel.values[0]).transpose(numbers.rhs_spec)
    first = graph.node("Transpose", x.name, perm=list(numbers.lhs_spec))
    if set(spread) == {1}:
        before, after = zip(*padding, strict=True)
        ways: dict[str, Any] = {"strides": strides, "dilations": dilation, "pads": (*before, *after)}
        result = graph.node("Conv", first, graph.constant(weights), **ways)
    elif set(strides) == {1}:
        result = _transposed(graph, first, weights, spread, padding, dilation)
    else:
        raise Unknown("a transposed convolution with strides")
    back = np.argsort(numbers.out_spec).tolist()
    return Computed(graph.node("Transpose", result, perm=back), shapes_of(one, other), x.dtype)


def _transposed(
    graph: Graph, x: str, weights: np.ndarray, spread: Pair, padding: Sequence[Pair], dilation: Pair
) -> str:
    """It is told as the convolution whose gradient it is, with the kernel turned about."""
    before, after = zip(*padding, strict=True)
    reach = [d * (taps - 1) for d, taps in zip(dilation, weights.shape[2:], strict=True)]
    cut = [length - pad for length, pad in zip(reach * 2, (*before, *after), strict=True)]
    ways: dict[str, Any] = {"strides": spread, "dilations": dilation, "pads": [max(0, length) for length in cut]}
    ways |= {"output_padding": [max(0, -length) for length in cut[2:]]}
    turned = weights[:, :, ::-1, ::-1].swapaxes(0, 1)
    return graph.node("ConvTranspose", x, graph.constant(turned), **ways)


def window_sum(graph: Graph, one: Any, other: Any, taken: Sequence[Computed]) -> Computed:
    """Sums over windows of a picture, which say what they are sums of."""
    (x,) = taken
    taps = graph.constant(np.asarray(_taps(one.params), x.dtype))
    name = graph.node("Mul", _pooled(graph, x, one.params, 1), taps)
    return Computed(name, shapes_of(one, other), x.dtype, (x, one.params))


def window_mean(graph: Graph, sums: Operand, counts: Operand) -> Computed | None:
    """Sums over windows by the number of pixels that lie in each; None where it is something else."""
    if not (isinstance(sums, Computed) and sums.window and isinstance(counts, Known)):
        return None
    from jax import lax

    x, params = sums.window
    ways = [params[name] for name in ("window_dimensions", "window_strides", "padding")]
    for shape, values in zip(x.shapes, counts.values, strict=True):
        inside = lax.reduce_window(np.ones(shape, np.float32), np.float32(0), lax.add, *ways)
        if not np.array_equal(np.broadcast_to(values, inside.shape), inside):
            return None
    return Computed(_pooled(graph, x, params, 0), sums.shapes, sums.dtype)


def _pooled(graph: Graph, x: Computed, params: dict[str, Any], with_padding: int) -> str:
    window, strides = ([int(n) for n in params[name]] for name in ("window_dimensions", "window_strides"))
    lead = len(window) - 3
    if any(n != 1 for n in (*window[:lead], window[-1])) or math.prod(x.shapes[0][:lead]) != 1:
        raise Unknown("a window over other axes than height and width")
    pads = params["padding"][lead:-1]
    ways = {"kernel_shape": window[lead:-1], "strides": strides[lead:-1], "count_include_pad": with_padding}
    ways |= {"pads": [int(low) for low, _ in pads] + [int(high) for _, high in pads]}
    extra = graph.integers(*range(lead - 1)) if lead > 1 else ""
    first = graph.node("Squeeze", x.name, extra) if extra else x.name
    result = graph.node("AveragePool", graph.node("Transpose", first, perm=[0, 3, 1, 2]), **ways)
    back = graph.node("Transpose", result, perm=[0, 2, 3, 1])
    return graph.node("Unsqueeze", back, extra) if extra else back


def _taps(params: dict[str, Any]) -> int:
    return math.prod(int(n) for n in params["window_dimensions"])
