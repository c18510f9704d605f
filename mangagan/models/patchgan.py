"""The discriminators of Pix2Pix and CycleGAN (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from functools import partial

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, Norm, convolve, leaky_relu


class PatchGAN(nn.Module):
    """One logit per overlapping patch of 70 x 70 pixels with 3 layers (1 to 5 layers: 16, 34, 70, 142, 286).

    Follows junyanz/pytorch-CycleGAN-and-pix2pix: `layers` stride-2 convolutions, then two of stride 1, no sigmoid.
    For `spectral` see `mangagan.models.layers.convolve`.
    """

    layers: int = 3
    features: int = 64
    norm: Norm = BatchNorm()
    spectral: bool = False

    @property
    def smallest(self) -> int:
        """The smallest side, in pixels, of a picture with a logit: three pixels reach the stride-1 convolutions."""
        return 3 * 2**self.layers

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h2 w2 1"]:
        """Return one logit per patch; positive means real.

        Args:
            x: pictures in [-1, 1], with the conditioning in further channels.
            train: whether batch statistics are used.

        Raises:
            ValueError: where a picture is smaller than `smallest`.
        """
        if min(x.shape[1:3]) < self.smallest:
            raise ValueError(
                f"PatchGAN of {self.layers} layers: a picture of {x.shape[1]} x {x.shape[2]} (h x w) is too small; "
                f"use {self.smallest} pixels at least, or fewer layers"
            )
        apply = partial(convolve, spectral=self.spectral, train=train)
        # No norm after the first layer, as in the reference.
        x = leaky_relu(apply(Conv(self.features, 4, 2, 1, name="conv_1"), x))
        for layer in range(1, self.layers + 1):
            # The width stops at eight times the first, as in the reference.
            features = self.features * min(2**layer, 8)
            stride = 2 if layer < self.layers else 1
            # A norm with a shift makes the bias before it redundant.
            conv = Conv(features, 4, stride, 1, bias=self.norm.conv_bias, name=f"conv_{layer + 1}")
            x = leaky_relu(self.norm(apply(conv, x), train=train, name=f"norm_{layer + 1}"))
        return apply(Conv(1, 4, 1, 1, name="logits"), x).astype(jnp.float32)


class PixelGAN(nn.Module):
    """One logit per pixel: three 1 x 1 convolutions. For `spectral` see `mangagan.models.layers.convolve`."""

    features: int = 64
    norm: Norm = BatchNorm()
    spectral: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w 1"]:
        """Return one logit per pixel of x, a picture in [-1, 1]; positive means real."""
        apply = partial(convolve, spectral=self.spectral, train=train)
        x = leaky_relu(apply(Conv(self.features, 1, name="conv_1"), x))
        x = apply(Conv(2 * self.features, 1, bias=self.norm.conv_bias, name="conv_2"), x)
        x = leaky_relu(self.norm(x, train=train, name="norm_2"))
        # As in the reference the norm decides about this bias, too, although no norm follows.
        return apply(Conv(1, 1, bias=self.norm.conv_bias, name="logits"), x).astype(jnp.float32)
