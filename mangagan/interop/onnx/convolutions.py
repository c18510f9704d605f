"""Convolutions and average pooling, translated to ONNX for pictures of any size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mangagan.interop.onnx.graph_builder import Graph
from mangagan.interop.onnx.values import Constant, NodeOutput, Operand, TranslationError, output_shapes

Ints = tuple[int, ...]


def convolution(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[Operand]) -> NodeOutput:
    """Translate a convolution, or a transposed one where the input is dilated.

    Raises:
        TranslationError: The kernel is computed, or strides and padding depend on the picture's size, or the
            convolution is grouped or has both a stride and a dilated input.
    """
    x, kernel = operands
    names = ("window_strides", "padding", "lhs_dilation", "rhs_dilation")
    strides, padding, input_dilation, kernel_dilation = (tuple(small_eqn.params[name]) for name in names)
    if any(tuple(small_eqn.params[name]) != tuple(large_eqn.params[name]) for name in names):
        raise TranslationError("a window that depends on the picture's size")
    if not (isinstance(x, NodeOutput) and isinstance(kernel, Constant) and kernel.size_independent):
        raise TranslationError("a kernel that is computed")
    if small_eqn.params["feature_group_count"] != 1 or small_eqn.params["batch_group_count"] != 1:
        raise TranslationError("groups of channels")
    numbers = small_eqn.params["dimension_numbers"]
    # ONNX has channels first; the layouts of JAX are given as permutations.
    weights = np.asarray(kernel.values[0]).transpose(numbers.rhs_spec)
    channels_first = graph.node("Transpose", x.name, perm=list(numbers.lhs_spec))
    if set(input_dilation) == {1}:
        before, after = zip(*padding, strict=True)
        attributes: dict[str, Any] = {"strides": strides, "dilations": kernel_dilation, "pads": (*before, *after)}
        result = graph.node("Conv", channels_first, graph.constant(weights), **attributes)
    elif set(strides) == {1}:
        result = _transposed(graph, channels_first, weights, input_dilation, padding, kernel_dilation)
    else:
        raise TranslationError("a transposed convolution with strides")
    order = np.argsort(numbers.out_spec).tolist()
    return NodeOutput(graph.node("Transpose", result, perm=order), output_shapes(small_eqn, large_eqn), x.dtype)


def _transposed(
    graph: Graph, x: str, weights: np.ndarray, strides: Ints, padding: Sequence[Ints], dilation: Ints
) -> str:
    """Write a convolution of a dilated input as ConvTranspose, which flips the kernel and counts padding inversely."""
    before, after = zip(*padding, strict=True)
    reach = [d * (taps - 1) for d, taps in zip(dilation, weights.shape[2:], strict=True)]
    cropped = [length - pad for length, pad in zip(reach * 2, (*before, *after), strict=True)]
    attributes: dict[str, Any] = {"strides": strides, "dilations": dilation}
    attributes["pads"] = [max(0, length) for length in cropped]
    attributes["output_padding"] = [max(0, -length) for length in cropped[2:]]
    flipped = weights[:, :, ::-1, ::-1].swapaxes(0, 1)
    return graph.node("ConvTranspose", x, graph.constant(flipped), **attributes)


def window_sum(graph: Graph, small_eqn: Any, large_eqn: Any, operands: Sequence[NodeOutput]) -> NodeOutput:
    """Translate a sum over windows to average pooling times the number of pixels of a window.

    The result keeps its input and parameters, so that `window_mean` recognises a division by the counts.
    """
    (x,) = operands
    pixels = graph.constant(np.asarray(_window_pixels(small_eqn.params), x.dtype))
    name = graph.node("Mul", _average_pool(graph, x, small_eqn.params, 1), pixels)
    return NodeOutput(name, output_shapes(small_eqn, large_eqn), x.dtype, (x, small_eqn.params))


def window_mean(graph: Graph, sums: Operand, counts: Operand) -> NodeOutput | None:
    """Translate sums over windows divided by the number of pixels inside the picture to average pooling.

    Returns:
        The mean, or None where the operands are anything else.
    """
    if not (isinstance(sums, NodeOutput) and sums.window and isinstance(counts, Constant)):
        return None
    from jax import lax

    x, params = sums.window
    geometry = [params[name] for name in ("window_dimensions", "window_strides", "padding")]
    # The divisor is compared with the true counts at both sizes, since any other divisor is no mean.
    for shape, values in zip(x.shapes, counts.values, strict=True):
        inside = lax.reduce_window(np.ones(shape, np.float32), np.float32(0), lax.add, *geometry)
        if not np.array_equal(np.broadcast_to(values, inside.shape), inside):
            return None
    return NodeOutput(_average_pool(graph, x, params, 0), sums.shapes, sums.dtype)


def _average_pool(graph: Graph, x: NodeOutput, params: dict[str, Any], count_include_pad: int) -> str:
    window, strides = ([int(n) for n in params[name]] for name in ("window_dimensions", "window_strides"))
    # `vmap` puts axes of length 1 before [b h w c].
    lead = len(window) - 3
    if any(n != 1 for n in (*window[:lead], window[-1])) or math.prod(x.shapes[0][:lead]) != 1:
        raise TranslationError("a window over other axes than height and width")
    pads = params["padding"][lead:-1]
    attributes: dict[str, Any] = {"kernel_shape": window[lead:-1], "strides": strides[lead:-1]}
    attributes["count_include_pad"] = count_include_pad
    attributes["pads"] = [int(low) for low, _ in pads] + [int(high) for _, high in pads]
    extra_axes = graph.integers(*range(lead - 1)) if lead > 1 else ""
    picture = graph.node("Squeeze", x.name, extra_axes) if extra_axes else x.name
    result = graph.node("AveragePool", graph.node("Transpose", picture, perm=[0, 3, 1, 2]), **attributes)
    channels_last = graph.node("Transpose", result, perm=[0, 2, 3, 1])
    return graph.node("Unsqueeze", channels_last, extra_axes) if extra_axes else channels_last


def _window_pixels(params: dict[str, Any]) -> int:
    return math.prod(int(n) for n in params["window_dimensions"])
