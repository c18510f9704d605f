"""A U-Net for denoising whose output layer also reads the input."""

from __future__ import annotations

import math
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.convolution import conv, conv_transpose
from mangagan.models.layers import BatchNorm, Norm, check_input, leaky_relu


class DenoisingUNet(nn.Module):
    """An encoder and a decoder of `levels` stride-2 layers each, with additive skips, and an output layer.

    The channels double from `features` at half the size to `widest` x `features`. At each level the encoder and the
    decoder have `blocks` residual blocks of two 3 x 3 convolutions, as DRUNet does (Zhang et al. 2021, arXiv
    2008.13751). With `residual` the network predicts the noise, which is subtracted from the input (DnCNN, Zhang et al.
    2017, arXiv 1608.03981); otherwise it predicts the picture through a tanh.
    """

    levels: int = 7
    features: int = 64
    widest: int = 8
    blocks: int = 0
    sampling: int = 4  # size of the stride-2 kernels, 4 or 2
    outputs: int = 3
    norm: Norm = BatchNorm()
    residual: bool = True

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 2**self.levels

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Return the denoised picture, in about [-1, 1].

        Args:
            x: the noisy picture in [-1, 1], followed by further known maps such as sigma.
            train: whether batch statistics are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`, or x has fewer channels than the output.
        """
        check_input(self, x)
        if x.shape[3] < self.outputs:
            raise ValueError(
                f"DenoisingUNet: the input has {x.shape[3]} channels, the clean picture {self.outputs}; "
                "give pictures with as many (data.input=color)"
            )
        channels = [self.features * min(2**level, self.widest) for level in range(self.levels)]
        noisy, skips = x, []
        for level, features in enumerate(channels, 1):
            x = self._down(x, level, features, train)
            skips.append(x)
        for level in range(self.levels - 1, 0, -1):
            # Skips are added, as in DRUNet, which needs half the channels of a concatenation.
            x = self._up(x, level, channels[level - 1], train) + skips[level - 1]
            x = self._blocks(x, f"up_{level}", train)
        x = self._up(x, 0, self.features // 4, train)
        x = jnp.concatenate([noisy.astype(x.dtype), leaky_relu(x)], axis=-1)
        # A small gain: an untrained residual network starts near the identity.
        output = _Conv(self.outputs, 3, gain=0.1, name="head")(x).astype(jnp.float32)
        return noisy[..., : self.outputs] - output if self.residual else jnp.tanh(output)

    def _down(self, x: Array, level: int, features: int, train: bool) -> Array:
        # The first layer reads the picture itself: its kernels overlap, whatever `sampling` is.
        size = 4 if level == 1 else self.sampling
        x = _Conv(features, size, 2, name=f"down_{level}")(leaky_relu(x) if level > 1 else x)
        x = self.norm(x, train=train, name=f"down_{level}_norm")
        return self._blocks(x, f"down_{level}", train)

    def _up(self, x: Array, level: int, features: int, train: bool) -> Array:
        x = _ConvTranspose(features, self.sampling, name=f"up_{level}")(leaky_relu(x))
        return self.norm(x, train=train, name=f"up_{level}_norm")

    def _blocks(self, x: Array, prefix: str, train: bool) -> Array:
        for block in range(1, self.blocks + 1):
            name = f"{prefix}_block_{block}"
            y = _Conv(x.shape[-1], 3, name=f"{name}_conv_1")(x)
            y = leaky_relu(self.norm(y, train=train, name=f"{name}_norm"))
            # A small gain keeps the variance nearly constant over many residual blocks.
            x = x + _Conv(x.shape[-1], 3, gain=0.3, name=f"{name}_conv_2")(y)
        return x


def _rectifier_weights(gain: float, inputs: int) -> Callable:
    """Return an initialiser N(0, gain² 2 / inputs), which preserves the variance through ReLUs (He et al. 2015)."""

    def draw(key: Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> Array:
        # Drawn flat for the reason given in `mangagan.models.layers.weights`.
        return gain * math.sqrt(2 / inputs) * jax.random.normal(key, (math.prod(shape),), dtype).reshape(shape)

    return draw


class _Conv(nn.Module):
    """A convolution with bias and padding; He initialisation, so that networks without norms train, too."""

    features: int
    size: int
    stride: int = 1
    gain: float = 1.0

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        shape = (self.size, self.size, x.shape[-1], self.features)
        kernel = self.param("kernel", _rectifier_weights(self.gain, math.prod(shape[:3])), shape)
        x = conv(x.astype(kernel.dtype), kernel, stride=self.stride, padding=(self.size - 1) // 2)
        return x + self.param("bias", nn.initializers.zeros, (self.features,)).astype(x.dtype)


class _ConvTranspose(nn.Module):
    """A transposed convolution with bias to twice the size; He initialisation."""

    features: int
    size: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        shape = (self.size, self.size, self.features, x.shape[-1])
        # With stride 2 each output pixel receives a quarter of the taps.
        kernel = self.param("kernel", _rectifier_weights(1.0, self.size**2 * shape[3] // 4), shape)
        x = conv_transpose(x.astype(kernel.dtype), kernel, stride=2, padding=(self.size - 1) // 2)
        return x + self.param("bias", nn.initializers.zeros, (self.features,)).astype(x.dtype)
