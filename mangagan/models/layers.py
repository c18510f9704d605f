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
    """Initialise weights from N(0, 0.02), as Pix2Pix and CycleGAN do.

    Args:
        key: a PRNG key.
        shape: of the weights.
        dtype: of the weights.
    """
    # Drawn flat: the numbers are the same, and XLA's CPU backend takes five times as long to compile a 4D draw.
    return 0.02 * jax.random.normal(key, (math.prod(shape),), dtype).reshape(shape)


def leaky_relu(x: Array) -> Array:
    """Apply LeakyReLU with slope 0.2, which all reference networks use.

    Args:
        x: unbounded.
    """
    return nn.leaky_relu(x, 0.2)


def reflect_pad(x: Float[Array, "b h w c"], width: int) -> Float[Array, "b h2 w2 c"]:
    """Pad height and width by reflection about the outermost pixels.

    Args:
        x: unbounded.
        width: pixels that are added on each side.
    """
    return jnp.pad(x, ((0, 0), (width, width), (width, width), (0, 0)), "reflect")


def check_input(network: nn.Module, x: Array, takes: str = "") -> None:
    """Check that a network can take a picture of this shape.

    Args:
        network: a generator with the property `multiple`.
        x: the picture [b h w c]; only its shape is read.
        takes: names the four channels that the network takes, where it takes exactly four.

    Raises:
        ValueError: where height or width is not a multiple of `network.multiple`, or the number of channels is wrong.
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
    """A zero-padded convolution, computed in the dtype of its kernel (h, w, in, out)."""

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
    """A transposed convolution with the sizes of PyTorch's ConvTranspose2d; kernel (h, w, out, in) and its dtype."""

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
    """Apply a convolution, with spectral normalisation if `spectral` (Miyato et al. 2018, arXiv 1802.05957).

    Spectral normalisation divides the kernel by its largest singular value, which power iteration estimates: one
    iteration per call in training.

    Args:
        conv: the convolution.
        x: features [b h w c], unbounded.
        spectral: whether the kernel is normalised.
        train: whether the power iteration is kept.
    """
    return nn.SpectralNorm(conv)(x, update_stats=train) if spectral else conv(x)


def _add_bias(layer: nn.Module, x: Array) -> Array:
    # The bias stays float32 in the parameters and is added in the dtype of the kernel.
    return x + layer.param("bias", nn.initializers.zeros, (x.shape[-1],)).astype(x.dtype)


class Dropout(nn.Module):
    """Inverted dropout: in training each number is zeroed with probability `rate`, and the others are scaled up."""

    rate: float

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> Array:
        if not train or self.rate == 0:
            return x
        # Drawn flat for the reason given in `weights`.
        keep = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.rate, (x.size,)).reshape(x.shape)
        return jnp.where(keep, x / (1 - self.rate), 0)


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation with scale and shift: batch statistics in training, running statistics otherwise.

    Computed in float32 and returned in the dtype of the input. `momentum` is the share of the running value that is
    kept (PyTorch's 0.1 is 0.9 here); the running variance is unbiased, as in PyTorch. With `frozen` the running
    statistics are used in training, too, and are not updated: for fine-tuning with batches of one or two large
    pictures.
    """

    momentum: float = 0.9
    epsilon: float = 1e-5
    frozen: bool = False
    # In the reference a convolution before a norm has a bias only where the norm is an instance norm.
    conv_bias: ClassVar[bool] = False

    def __call__(self, x: Array, *, train: bool, name: str | None = None) -> Array:
        return _BatchNormLayer(self.momentum, self.epsilon, name=name)(x, train=train and not self.frozen)


@dataclass(frozen=True)
class InstanceNorm:
    """Instance normalisation: mean 0 and variance 1 per channel and picture; no scale, no shift, no state."""

    epsilon: float = 1e-5
    conv_bias: ClassVar[bool] = True

    def __call__(self, x: Array, *, train: bool, name: str | None = None) -> Array:
        x32 = x.astype(jnp.float32)
        mean, variance = _moments(x32, (1, 2))
        return ((x32 - mean) * jax.lax.rsqrt(variance + self.epsilon)).astype(x.dtype)


@dataclass(frozen=True)
class NoNorm:
    """No normalisation; as in the reference the convolution before has no bias, either."""

    conv_bias: ClassVar[bool] = False

    def __call__(self, x: Array, *, train: bool, name: str | None = None) -> Array:
        return x


# Norms are plain dataclasses, so that a configuration can name them; a module that calls one adds its layer.
Norm = BatchNorm | InstanceNorm | NoNorm


class _BatchNormLayer(nn.Module):
    """The parameters and running statistics of a `BatchNorm`; not `nn.BatchNorm`, whose running variance is biased."""

    momentum: float
    epsilon: float

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> Array:
        channels = (x.shape[-1],)
        # The reference initialises the scale from N(1, 0.02).
        scale = self.param("scale", lambda key, shape: 1 + weights(key, shape), channels)
        bias = self.param("bias", nn.initializers.zeros, channels)
        running_mean = self.variable("batch_stats", "mean", jnp.zeros, channels)
        running_variance = self.variable("batch_stats", "var", jnp.ones, channels)
        x32 = x.astype(jnp.float32)
        if train:
            mean, variance = _moments(x32, (0, 1, 2))
            # `init` must not change the running statistics by its example batch.
            if not self.is_initializing():
                count = x.size // x.shape[-1]
                unbiased = variance * (count / max(count - 1, 1))
                keep = self.momentum
                running_mean.value = keep * running_mean.value + (1 - keep) * mean.reshape(channels)
                running_variance.value = keep * running_variance.value + (1 - keep) * unbiased.reshape(channels)
        else:
            mean, variance = running_mean.value, running_variance.value
        # Scale and standard deviation are combined first: one multiplication per pixel less.
        factor = scale.astype(jnp.float32) * jax.lax.rsqrt(variance + self.epsilon)
        return ((x32 - mean) * factor + bias.astype(jnp.float32)).astype(x.dtype)


def _moments(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    mean = x.mean(axes, keepdims=True)
    # Two passes: E[x²] - E[x]² loses all digits where the mean is large.
    return mean, jnp.square(x - mean).mean(axes, keepdims=True)
