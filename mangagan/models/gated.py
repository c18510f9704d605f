"""Gated convolutions (Yu et al. 2019, arXiv 1806.03589), which learn where to look away from."""

from __future__ import annotations

import math
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.convolution import conv


def gated_weights(key: Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> Array:
    """Uniform numbers of variance 4 / (taps x inputs): twice what He et al. 2015 give a rectifier.

    A gate halves what passes it, and so a quarter of its power is left: with less, seventeen layers would leave
    nothing of the picture.
    """
    bound = math.sqrt(12 / math.prod(shape[:3]))
    # Drawn flat, as the weights in `mangagan.models.layers` are and for their reason.
    return jax.random.uniform(key, (math.prod(shape),), dtype, -bound, bound).reshape(shape)


class GatedConv(nn.Module):
    """activation(a) * sigmoid(b), where a and b are the halves of one convolution with 2 x `features` outputs.

    The picture keeps its size, divided by `stride` and rounded up; `symmetric` is explained in `zero_pad`. Computed
    in the dtype of the kernel (h, w, in, 2 x features).
    """

    features: int
    size: int = 3
    stride: int = 1
    dilation: int = 1
    activation: Callable[[Array], Array] = nn.elu
    symmetric: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        outputs = 2 * self.features
        kernel = self.param("kernel", gated_weights, (self.size, self.size, x.shape[-1], outputs))
        bias = self.param("bias", nn.initializers.zeros, (outputs,))
        x = zero_pad(x, self.size, stride=self.stride, dilation=self.dilation, symmetric=self.symmetric)
        x = conv(x.astype(kernel.dtype), kernel, stride=self.stride, dilation=self.dilation)
        x, gate = jnp.split(x + bias.astype(x.dtype), 2, axis=-1)
        return self.activation(x) * nn.sigmoid(gate)


def doubled(x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2 c"]:
    """x at twice its size, each pixel four times: what stands before a gated convolution that enlarges."""
    return x.repeat(2, axis=1).repeat(2, axis=2)


def zero_pad(
    x: Float[Array, "b h w c"], size: int, *, stride: int = 1, dilation: int = 1, symmetric: bool = False
) -> Float[Array, "b h2 w2 c"]:
    """x with the zeros around it that a convolution needs to keep its size, divided by `stride` and rounded up.

    As in TensorFlow ("SAME") a kernel of `size` taps then starts as far outside as it ends, or a pixel less: with
    stride 2 on an even side it never sees the zeros of the near end. `symmetric` is PyTorch's padding, equal on
    both ends. With stride 1 the two are the same.
    """
    reach = dilation * (size - 1)

    def ends(n: int) -> tuple[int, int]:
        needed = max((-(-n // stride) - 1) * stride + reach + 1 - n, 0)
        return (reach // 2, reach // 2) if symmetric else (needed // 2, needed - needed // 2)

    return jnp.pad(x, ((0, 0), ends(x.shape[1]), ends(x.shape[2]), (0, 0)))
