"""Gated convolutions (Yu et al. 2019, arXiv 1806.03589): the gate can suppress features from inside a hole."""

from __future__ import annotations

import math
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.convolution import conv


def gated_weights(key: Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> Array:
    """Initialise uniform weights of variance 4 / (taps x inputs), twice the variance of He et al. 2015 for a ReLU.

    A gate starts near one half and leaves about a quarter of the power. With a smaller variance the signal would vanish
    within seventeen layers.

    Args:
        key: a PRNG key.
        shape: (h, w, in, out).
        dtype: of the weights.
    """
    # A uniform distribution on [-b, b] has the variance b² / 3.
    bound = math.sqrt(12 / math.prod(shape[:3]))
    # Drawn flat for the reason given in `mangagan.models.layers.weights`.
    return jax.random.uniform(key, (math.prod(shape),), dtype, -bound, bound).reshape(shape)


class GatedConv(nn.Module):
    """activation(a) * sigmoid(b), where a and b are the halves of one convolution with 2 x `features` outputs.

    The output has the size of the input divided by `stride`, rounded up. For `symmetric` see `zero_pad`. Computed in
    the dtype of the kernel (h, w, in, 2 x features).
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
        # One convolution for values and gates is faster than two.
        x, gate = jnp.split(x + bias.astype(x.dtype), 2, axis=-1)
        return self.activation(x) * nn.sigmoid(gate)


def upsample_nearest(x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2 c"]:
    """Double height and width by repeating pixels, before a gated convolution that upsamples.

    Args:
        x: unbounded.
    """
    return x.repeat(2, axis=1).repeat(2, axis=2)


def zero_pad(
    x: Float[Array, "b h w c"], size: int, *, stride: int = 1, dilation: int = 1, symmetric: bool = False
) -> Float[Array, "b h2 w2 c"]:
    """Pad with the zeros that a convolution needs for an output of the input's size over `stride`, rounded up.

    By default this is TensorFlow's "SAME" padding, whose near end may get one zero less than the far end: with stride 2
    and an even side a 3 x 3 kernel has no zeros at the near end. With stride 1 both kinds of padding are the same.

    Args:
        x: unbounded.
        size: taps of the kernel along one axis.
        stride: of the convolution.
        dilation: pixels between two taps.
        symmetric: whether both ends get the same padding, as in PyTorch.
    """
    reach = dilation * (size - 1)

    def ends(n: int) -> tuple[int, int]:
        needed = max((-(-n // stride) - 1) * stride + reach + 1 - n, 0)
        return (reach // 2, reach // 2) if symmetric else (needed // 2, needed - needed // 2)

    return jnp.pad(x, ((0, 0), ends(x.shape[1]), ends(x.shape[2]), (0, 0)))
