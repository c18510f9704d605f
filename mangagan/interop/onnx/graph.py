"""A function of pictures as an ONNX model that takes pictures of any size that fits.

The function is traced twice, with pictures of two sizes, and both traces are followed side by side: what differs
between them depends on the size, and is either said in terms of it or refused. Weights are folded in.

jax2onnx (0.13) says sizes in JAX's symbolic dimensions. With height and width free it refuses reflecting padding and
convolutions of stride 2, and gives transposed convolutions another shape, so none of the colourisers came through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from mangagan.interop.onnx.operations import OPERATIONS, operate
from mangagan.interop.onnx.shapes import counted_pixels
from mangagan.interop.onnx.values import Computed, Graph, Known, Lost, Unknown, Value

OPSET, IR_VERSION = 17, 9
_CALLS = ("jaxpr", "call_jaxpr", "fun_jaxpr")


def onnx_model(
    function: Callable[[dict[str, Any]], Any],
    example: Mapping[str, jax.ShapeDtypeStruct],
    multiple: int,
    output: str,
    about: Mapping[str, str] = {},
) -> Any:
    """The ONNX model of a function of arrays by name that gives one picture [1 h w c].

    They are pictures [1 h w c] or [1 h w], one at least, and vectors [1 n], whose length stays. `example`: shapes, of
    pictures of 1 x 1 pixel. Height and width are free; they must be multiples of `multiple`, as they are where
    the function is followed. `about` is stored with the model. Raises ValueError for a function that cannot be
    translated, ImportError without onnx.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError as error:
        raise ImportError("writing ONNX files needs onnx: pip install 'mangagan[onnx]'") from error
    # No length of one picture is that of the other, or its own other side.
    sizes = ((2 * multiple, 3 * multiple), (5 * multiple, 4 * multiple))
    closed = [jax.make_jaxpr(function)(_sized(example, size)) for size in sizes]
    names = sorted(example)
    graph = Graph(sizes, next(name for name in names if _is_picture(example[name])))
    inputs: list[Value] = [
        Computed(name, (one.aval.shape, other.aval.shape), np.dtype(one.aval.dtype))
        for name, one, other in zip(names, closed[0].jaxpr.invars, closed[1].jaxpr.invars, strict=True)
    ]
    (result,) = _follow(graph, closed[0], closed[1], inputs)
    if not isinstance(result, Computed):
        reason = result.reason if isinstance(result, Lost) else "its output does not depend on the picture"
        raise ValueError(f"this network cannot be written as ONNX: {reason}")
    graph.nodes.append(helper.make_node("Identity", [result.name], [output]))
    nodes, constants = _needed(graph, output)
    given = [_tensor(value) for value in inputs if isinstance(value, Computed)]
    painted = _tensor(Computed(output, result.shapes, result.dtype))
    built = helper.make_graph(nodes, "mangagan", given, [painted], constants)
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(model, dict(about))
    onnx.checker.check_model(model)
    return model


def _tensor(value: Computed) -> Any:
    """What goes in or comes out; pictures of any height and width."""
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    shape = value.shapes[0]
    sized: list[str | int | None] = list(shape) if len(shape) < 3 else [1, "height", "width", *shape[3:]]
    return helper.make_tensor_value_info(value.name, kind, sized)


def _sized(example: Mapping[str, Any], size: tuple[int, int]) -> dict[str, jax.ShapeDtypeStruct]:
    return {
        name: jax.ShapeDtypeStruct((1, *size, *like.shape[3:]), like.dtype) if _is_picture(like) else like
        for name, like in example.items()
    }


def _is_picture(like: Any) -> bool:
    return len(like.shape) > 2


def _follow(graph: Graph, small: Any, large: Any, inputs: Sequence[Value]) -> list[Value]:
    """The outputs of two traces of one function, both ClosedJaxpr."""
    if len(small.jaxpr.eqns) != len(large.jaxpr.eqns):
        return [Lost("it computes something else for pictures of another size")] * len(small.jaxpr.outvars)
    values: dict[Any, Value] = dict(zip(small.jaxpr.invars, inputs, strict=True))
    values |= {
        var: Known((one, other))
        for var, one, other in zip(small.jaxpr.constvars, small.consts, large.consts, strict=True)
    }

    def read(one: Any, other: Any) -> Value:
        return Known((one.val, other.val)) if hasattr(one, "val") else values[one]

    for one, other in zip(small.jaxpr.eqns, large.jaxpr.eqns, strict=True):
        taken = [read(*pair) for pair in zip(one.invars, other.invars, strict=True)]
        values.update(zip(one.outvars, _result(graph, one, other, taken), strict=True))
    return [read(*pair) for pair in zip(small.jaxpr.outvars, large.jaxpr.outvars, strict=True)]


def _result(graph: Graph, one: Any, other: Any, taken: Sequence[Value]) -> list[Value]:
    name = one.primitive.name
    if name != other.primitive.name:
        return [Lost(f"{name} for one size of pictures is {other.primitive.name} for another")] * len(one.outvars)
    if name == "platform_index":
        # What is made for one platform is slow elsewhere: take what is made for any.
        return [Known((index := one.params["platforms"].index(None), index))]
    if name == "cond" and isinstance(taken[0], Known):
        index = int(taken[0].values[0])
        return _follow(graph, one.params["branches"][index], other.params["branches"][index], taken[1:])
    inner = next((key for key in _CALLS if key in one.params), None)
    if inner:
        return _follow(graph, _closed(one.params[inner]), _closed(other.params[inner]), taken)
    if lost := [value for value in taken if isinstance(value, Lost)]:
        return [*lost[:1]] * len(one.outvars)
    if name == "iota" and (counted := counted_pixels(graph, one, other)):
        return [counted]
    if all(isinstance(value, Known) for value in taken):
        return _folded(one, other, taken)
    if name not in OPERATIONS:
        return [Lost(f"there is no translation of {name}")] * len(one.outvars)
    try:
        return list(operate(graph, one, other, taken))  # type: ignore[arg-type]
    except Unknown as reason:
        return [Lost(f"{name}: {reason}")] * len(one.outvars)


def _folded(one: Any, other: Any, taken: Sequence[Any]) -> list[Value]:
    """What two equations give for values that are known."""
    bound = [
        eqn.primitive.bind(*(value.values[n] for value in taken), **eqn.params) for n, eqn in enumerate((one, other))
    ]
    made = bound if one.primitive.multiple_results else [[result] for result in bound]
    return [Known((np.asarray(small), np.asarray(large))) for small, large in zip(*made, strict=True)]


def _closed(jaxpr: Any) -> Any:
    return jaxpr if hasattr(jaxpr, "consts") else ClosedJaxpr(jaxpr, ())


def _needed(graph: Graph, output: str) -> tuple[list[Any], list[Any]]:
    """The nodes and constants that the output is computed from; statistics of a batch norm that is at rest are not."""
    wanted, nodes = {output}, []
    for node in reversed(graph.nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            nodes.append(node)
    return nodes[::-1], [tensor for tensor in graph.constants if tensor.name in wanted]
