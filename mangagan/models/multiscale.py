"""The discriminators of Pix2PixHD (Wang et al. 2018, arXiv 1711.11585): PatchGANs on a pyramid of pictures."""

from __future__ import annotations

from functools import partial

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from mangagan.models.layers import Conv, InstanceNorm, Norm, convolve, leaky_relu


class MultiscaleDiscriminator(nn.Module):
    """`scales` PatchGANs of the same shape, each with weights of its own, on pictures of 1, 1/2, 1/4 ... the size.

    Follows NVIDIA/pix2pixHD, whose convolutions are padded by 2 and all have a bias: a picture of any size has
    logits. That code counts the other way round: its `scale{scales - 1}` is our `scale_1`, the one that sees the
    picture at its full size. `spectral`: see `mangagan.models.layers.convolve`.
    """

    scales: int = 2
    layers: int = 3
    features: int = 64
    norm: Norm = InstanceNorm()
    spectral: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> list[list[Float[Array, "b h2 w2 o"]]]:
        """For each scale, full resolution first, the outputs of its stages in float32, logits [b h2 w2 1] last.

        x [b h w i] is in [-1, 1]; a positive logit says: looks real. There are `layers` + 2 stages.
        """
        judgements = []
        for scale in range(1, self.scales + 1):
            x = half_size(x) if scale > 1 else x
            patches = _Patches(self.layers, self.features, self.norm, self.spectral, name=f"scale_{scale}")
            judgements.append(patches(x, train=train))
        return judgements


class _Patches(nn.Module):
    layers: int
    features: int
    norm: Norm
    spectral: bool

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> list[Array]:
        normalise = partial(convolve, spectral=self.spectral, train=train)
        x = leaky_relu(normalise(Conv(self.features, 4, 2, 2, name="conv_1"), x))
        stages = [x]
        for layer in range(1, self.layers + 1):
            stride = 2 if layer < self.layers else 1
            x = normalise(Conv(self.features * min(2**layer, 8), 4, stride, 2, name=f"conv_{layer + 1}"), x)
            x = leaky_relu(self.norm(x, train=train, name=f"norm_{layer + 1}"))
            stages.append(x)
        stages.append(normalise(Conv(1, 4, 1, 2, name="logits"), x))
        return [stage.astype(jnp.float32) for stage in stages]


def half_size(x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2 c"]:
    """x at half its size, rounded up: each pixel the mean of the (up to) 3 x 3 pixels of x around it.

    PyTorch's AvgPool2d(3, 2, 1, count_include_pad=False).
    """
    sums = lax.reduce_window(x, 0.0, lax.add, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = _taps(x.shape[1]), _taps(x.shape[2])
    return sums / jnp.asarray(rows[:, None, None] * columns[:, None], x.dtype)


def _taps(size: int) -> np.ndarray:
    """How many of three neighbours lie inside `size` pixels, for each second pixel."""
    middle = np.arange(0, size, 2)
    return np.minimum(middle + 1, size - 1) - np.maximum(middle - 1, 0) + 1
