"""Layers shared by the networks: convolutions, norm recipes, reflection padding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.convolution import conv, conv_transpose


def weights(key: Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> Array:
    """Numbers from N(0, 0.02), as every weight of Pix2Pix and CycleGAN starts."""
    # Drawn flat: the same numbers, and XLA's CPU backend compiles a draw of four axes five times as long.
    return 0.02 * jax.random.normal(key, (math.prod(shape),), dtype).reshape(shape)


def leaky_relu(x: Array) -> Array:
    """The LeakyReLU of slope 0.2 that all reference networks use."""
    return nn.leaky_relu(x, 0.2)


def reflect_pad(x: Float[Array, "b h w c"], width: int) -> Float[Array, "b h2 w2 c"]:
    """x grown by `width` pixels on each side, mirrored about its outermost pixels."""
    return jnp.pad(x, ((0, 0), (width, width), (width, width), (0, 0)), "reflect")


def check_input(network: nn.Module, x: Array, takes: str = "") -> None:
    """Raises ValueError where height or width of x [b h w c] is no multiple of `network.multiple`.

    `takes` names the four channels that a network is made for; another number of them is an error, too.
    """
    name, (height, width, channels) = type(network).__name__, x.shape[1:]
    if takes and channels != 4:
        raise ValueError(f"{name}: {channels} input channels; it takes 4: {takes}")
    if height % network.multiple or width % network.multiple:
        raise ValueError(
            f"{name}: a picture of {height} x {width} (h x w) does not fit; "
            f"pad both sides to multiples of {network.multiple}"
        )


class Conv(nn.Module):
    """Convolution with zero padding in the dtype of its kernel; kernel (h, w, in, out), its taps `dilation` apart."""

    features: int
    size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    bias: bool = True

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        kernel = self.param("kernel", weights, (self.size, self.size, x.shape[-1], self.features))
        x = conv(x.astype(kernel.dtype), kernel, stride=self.stride, padding=self.padding, dilation=self.dilation)
        return _add_bias(self, x) if self.bias else x


class ConvTranspose(nn.Module):
    """PyTorch's ConvTranspose2d in the dtype of its kernel; kernel (h, w, out, in)."""

    features: int
    size: int
    stride: int
    padding: int
    output_padding: int = 0
    bias: bool = True

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        kernel = self.param("kernel", weights, (self.size, self.size, self.features, x.shape[-1]))
        x = conv_transpose(
            x.astype(kernel.dtype),
            kernel,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
        )
        return _add_bias(self, x) if self.bias else x


def convolve(conv: Conv, x: Array, *, spectral: bool, train: bool) -> Array:
    """x convolved; with `spectral` by a kernel that is divided by its largest singular value.

    That value comes from power iteration, one step for each call in training (Miyato et al. 2018, arXiv 1802.05957).
    """
    return nn.SpectralNorm(conv)(x, update_stats=train) if spectral else conv(x)


def _add_bias(layer: nn.Module, x: Array) -> Array:
    return x + layer.param("bias", nn.initializers.zeros, (x.shape[-1],)).astype(x.dtype)


class Dropout(nn.Module):
    """x with each number zeroed with probability `rate` in training and the others scaled up to make up for it."""

    rate: float

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> Array:
        if not train or self.rate == 0:
            return x
        # Flat for the reason that `weights` are.
        keep = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.rate, (x.size,)).reshape(x.shape)
        return jnp.where(keep, x / (1 - self.rate), 0)


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation with scale and shift; the batch's own statistics in training, running ones else.

    Computed in float32 and returned in x's dtype. `momentum` is the share of the running value that is kept
    (PyTorch's 0.1 is 0.9 here); the running variance is the unbiased one, as in PyTorch. `frozen`: the running ones
    in training, too, and they stay; for a model that learns on, from pictures too large for more than one or two.
    """

    momentum: float = 0.9
    epsilon: float = 1e-5
    frozen: bool = False
    # The reference gives the convolution before a norm a bias only where the norm is an instance norm.
    conv_bias: ClassVar[bool] = False

    def __call__(self, x: Array, *, train: bool, name: str | None = None) -> Array:
        return _BatchNormLayer(self.momentum, self.epsilon, name=name)(x, train=train and not self.frozen)


@dataclass(frozen=True)
class InstanceNorm:
    """Each channel of each picture brought to mean 0 and variance 1; no scale, no shift, no state."""

    epsilon: float = 1e-5
    conv_bias: ClassVar[bool] = True

    def __call__(self, x: Array, *, train: bool, name: str | None = None) -> Array:
        x32 = x.astype(jnp.float32)
        mean, variance = _moments(x32, (1, 2))
        return ((x32 - mean) * jax.lax.rsqrt(variance + self.epsilon)).astype(x.dtype)


@dataclass(frozen=True)
class NoNorm:
    """No normalisation (and, as in the reference, no bias in the convolution before)."""

    conv_bias: ClassVar[bool] = False

    def __call__(self, x: Array, *, train: bool, name: str | None = None) -> Array:
        return x


# How a network normalises: plain values that a configuration can name, each a layer where a module calls it.
Norm = BatchNorm | InstanceNorm | NoNorm


class _BatchNormLayer(nn.Module):
    momentum: float
    epsilon: float

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> Array:
        channels = (x.shape[-1],)
        scale = self.param("scale", lambda key, shape: 1 + weights(key, shape), channels)
        bias = self.param("bias", nn.initializers.zeros, channels)
        running_mean = self.variable("batch_stats", "mean", jnp.zeros, channels)
        running_variance = self.variable("batch_stats", "var", jnp.ones, channels)
        x32 = x.astype(jnp.float32)
        if train:
            mean, variance = _moments(x32, (0, 1, 2))
            if not self.is_initializing():
                count = x.size // x.shape[-1]
                unbiased = variance * (count / max(count - 1, 1))
                keep = self.momentum
                running_mean.value = keep * running_mean.value + (1 - keep) * mean.reshape(channels)
                running_variance.value = keep * running_variance.value + (1 - keep) * unbiased.reshape(channels)
        else:
            mean, variance = running_mean.value, running_variance.value
        factor = scale.astype(jnp.float32) * jax.lax.rsqrt(variance + self.epsilon)
        return ((x32 - mean) * factor + bias.astype(jnp.float32)).astype(x.dtype)


def _moments(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    mean = x.mean(axes, keepdims=True)
    return mean, jnp.square(x - mean).mean(axes, keepdims=True)
