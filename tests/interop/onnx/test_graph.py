"""ONNX models agree with the functions that they translate, at sizes other than those of the two traces."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from mangagan.models.convolution import conv, conv_transpose
from mangagan.models.layers import reflect_pad
from mangagan.models.multiscale import half_size

pytest.importorskip("onnx", reason="onnx is not installed (pip install -e '.[onnx]')")
runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (pip install -e '.[onnx]')")

from mangagan.interop.onnx.graph import onnx_model  # noqa: E402

EXAMPLE = {"x": jax.ShapeDtypeStruct((1, 1, 1, 3), jnp.float32)}
KERNEL = np.random.default_rng(1).normal(size=(4, 4, 3, 5)).astype(np.float32)


def assert_same(function, sizes=((20, 8),), example=EXAMPLE, atol=2e-5):
    model = onnx_model(function, example, 4, "y")
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for height, width in sizes:
        rng = np.random.default_rng(height)
        inputs = {
            name: rng.uniform(-1, 3, _sized(like.shape, height, width)).astype(like.dtype)
            for name, like in example.items()
        }
        (output,) = session.run(None, inputs)
        np.testing.assert_allclose(output, np.asarray(function(inputs)), atol=atol)


def _sized(shape, height, width):
    return (1, height, width, *shape[3:]) if len(shape) > 2 else shape


@pytest.mark.parametrize("stride, padding, dilation", [(2, 1, 1), (1, 2, 2)])
def test_convolutions(stride, padding, dilation):
    assert_same(
        lambda maps: conv(maps["x"], jnp.asarray(KERNEL), stride=stride, padding=padding, dilation=dilation),
        sizes=((20, 9),),
    )


@pytest.mark.parametrize(
    "size, stride, padding, output_padding", [(4, 2, 1, 0), (3, 2, 1, 1), (3, 1, 1, 0), (4, 3, 0, 2)]
)
def test_transposed_convolutions(size, stride, padding, output_padding):
    kernel = jnp.asarray(KERNEL[:size, :size].swapaxes(2, 3))
    options = {"stride": stride, "padding": padding, "output_padding": output_padding}
    assert_same(lambda maps: conv_transpose(maps["x"], kernel, **options))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, ::2, 1::3] + 1,
        lambda x: x[:, 2:-1, -3:-1, ::-1],
        lambda x: x * jnp.arange(x.shape[1], dtype=jnp.float32)[:, None, None] - jnp.arange(x.shape[2])[::-1, None],
        lambda x: jnp.pad(x, ((0, 0), (1, 2), (0, 3), (0, 0)), constant_values=7),
        lambda x: reflect_pad(x, 3),
        lambda x: jnp.where(x > 0.5, jnp.cbrt(x), x**3 / (1 + jnp.exp(-x))),
        lambda x: (x - x.mean((1, 2), keepdims=True)) * lax.rsqrt(jnp.square(x).mean((1, 2), keepdims=True)),
        lambda x: jnp.concatenate([x, jnp.zeros((*x.shape[:3], 2)), jnp.full_like(x[..., :1], 4)], -1),
        lambda x: jnp.concatenate([x, jnp.zeros((*x.shape[:3], 0))], -1) @ KERNEL[0, 0],
        lambda x: jnp.broadcast_to(x[..., :1], x.shape) + jnp.stack([x[..., 0], x[..., 2], x[..., 1]], -1),
        lambda x: jnp.broadcast_to(jnp.sqrt(jnp.abs(x.mean((1, 2), keepdims=True))), x.shape) - x,
        lambda x: jax.vmap(lambda one: one[None].transpose(0, 2, 1, 3)[0])(x),
        lambda x: (jnp.pad(x[:, 1:] != x[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0))) | ~(x > 1)).astype(jnp.float32),
        lambda x: jax.nn.relu(jax.nn.sigmoid(jnp.tanh(x)) - 0.6).reshape(1, *x.shape)[0],
        lambda x: jnp.einsum("bhwc,bcd->bhwd", x, jnp.einsum("bhwc,bhwd->bcd", x, x) / 1000),
        lambda x: jnp.einsum("bhwc,dc->bhwd", x, KERNEL[0, 0].T) + jnp.einsum("bhwc,bhwc->bhw", x, x)[..., None],
        lambda x: jnp.concatenate([x, jnp.broadcast_to(x.mean((1, 2), keepdims=True) * 2, x.shape)], -1),
        lambda x: jnp.concatenate(jnp.split(x, [1], axis=-1)[::-1], -1) * 2,
        half_size,
        jax.vmap(lambda one: half_size(one[None])[0]),
    ],
)
def test_functions_of_pictures(function):
    assert_same(lambda maps: function(maps["x"]), sizes=((21, 6),))


def test_integer_inputs_and_several_pictures():
    example = EXAMPLE | {"regions": jax.ShapeDtypeStruct((1, 1, 1), jnp.int32)}
    assert_same(lambda maps: maps["x"] * (maps["regions"] == 1)[..., None], example=example)


def test_a_vector_input_keeps_its_length():
    # Its name comes before the picture's in alphabetical order; the size is still read from the picture.
    example = EXAMPLE | {"code": jax.ShapeDtypeStruct((1, 4), jnp.float32)}

    def function(maps):
        scale = jnp.sqrt(jnp.abs(maps["code"])) @ KERNEL[0, :, 0, :3]
        given = (maps["code"].sum(-1) > 0)[:, None, None, None]
        return jnp.where(given, maps["x"] * scale[:, None, None] + scale.mean(), maps["x"].mean((1, 2), keepdims=True))

    assert_same(function, sizes=((20, 8), (4, 12)), example=example)
    assert_same(
        lambda maps: function({"x": maps["z"], "code": maps["code"]}),
        example={"z": EXAMPLE["x"], "code": example["code"]},
    )


def test_unused_computations_are_left_out():
    def function(maps):
        jnp.sort(maps["x"], axis=1)
        return maps["x"] * 2

    assert [node.op_type for node in onnx_model(function, EXAMPLE, 4, "y").graph.node] == ["Mul", "Identity"]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: jnp.sort(x, axis=1), "there is no translation of sort"),
        (lambda x: x * np.arange(x.shape[2])[:, None], "an array that depends on the picture's size"),
        (lambda x: x * (x.shape[1] + 3), "no share of the picture's pixels"),
        (lambda x: x[:, : x.shape[1] // 2], "slice: index"),
        (lambda x: x.reshape(1, -1, 1, 3), "reshape"),
        (lambda x: jnp.concatenate(jnp.split(x, 2, axis=1)[::-1], 1), "parts of lengths that depend"),
        (lambda x: jnp.einsum("bhwc,h->bwc", x, np.arange(x.shape[1]) * 1.0)[:, None], "a product with numbers"),
        (lambda x: jnp.ones((1, 4, 4, 3)), "its output does not depend on the picture"),
    ],
)
def test_functions_that_depend_on_the_size_in_other_ways_are_refused(function, reason):
    with pytest.raises(ValueError, match=reason):
        onnx_model(lambda maps: function(maps["x"]), EXAMPLE, 4, "y")
