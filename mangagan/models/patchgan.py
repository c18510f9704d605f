"""The discriminators of Pix2Pix and CycleGAN (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from functools import partial

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, Norm, convolve, leaky_relu


class PatchGAN(nn.Module):
    """Judges overlapping patches; 3 layers see 70 x 70 pixels each (1 to 5: 16, 34, 70, 142, 286).

    Follows junyanz/pytorch-CycleGAN-and-pix2pix: `layers` stride-2 convolutions, two of stride 1, no sigmoid.
    `spectral`: see `mangagan.models.layers.convolve`.
    """

    layers: int = 3
    features: int = 64
    norm: Norm = BatchNorm()
    spectral: bool = False

    @property
    def smallest(self) -> int:
        """The side of the smallest picture that has a logit: three pixels are left for the stride-1 convolutions."""
        return 3 * 2**self.layers

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h2 w2 1"]:
        """One logit per patch of x [b h w i] (positive: looks real).

        Raises ValueError where a picture is too small to hold one patch.
        """
        if min(x.shape[1:3]) < self.smallest:
            raise ValueError(
                f"PatchGAN of {self.layers} layers: a picture of {x.shape[1]} x {x.shape[2]} (h x w) is too small; "
                f"use {self.smallest} pixels at least, or fewer layers"
            )
        normalise = partial(convolve, spectral=self.spectral, train=train)
        x = leaky_relu(normalise(Conv(self.features, 4, 2, 1, name="conv_1"), x))
        for layer in range(1, self.layers + 1):
            features = self.features * min(2**layer, 8)
            stride = 2 if layer < self.layers else 1
            conv = Conv(features, 4, stride, 1, bias=self.norm.conv_bias, name=f"conv_{layer + 1}")
            x = leaky_relu(self.norm(normalise(conv, x), train=train, name=f"norm_{layer + 1}"))
        return normalise(Conv(1, 4, 1, 1, name="logits"), x).astype(jnp.float32)


class PixelGAN(nn.Module):
    """Judges each pixel by itself: three 1 x 1 convolutions. `spectral`: see `mangagan.models.layers.convolve`."""

    features: int = 64
    norm: Norm = BatchNorm()
    spectral: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w 1"]:
        """One logit per pixel of x [b h w i] (positive: looks real)."""
        normalise = partial(convolve, spectral=self.spectral, train=train)
        x = leaky_relu(normalise(Conv(self.features, 1, name="conv_1"), x))
        x = normalise(Conv(2 * self.features, 1, bias=self.norm.conv_bias, name="conv_2"), x)
        x = leaky_relu(self.norm(x, train=train, name="norm_2"))
        # The reference lets the norm decide about the bias here too, though no norm follows.
        return normalise(Conv(1, 1, bias=self.norm.conv_bias, name="logits"), x).astype(jnp.float32)
