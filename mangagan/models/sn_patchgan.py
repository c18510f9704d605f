"""SN-PatchGAN, the discriminator of DeepFillv2 (Yu et al. 2019, arXiv 1806.03589)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.gated import zero_pad
from mangagan.models.layers import Conv, leaky_relu


class SNPatchGAN(nn.Module):
    """Judges a picture by `layers` stride-2 convolutions of 5 x 5 taps, each divided by its largest singular value.

    That value comes from power iteration (Miyato et al. 2018, arXiv 1802.05957), one step for each call, in training
    kept for the next (in `batch_stats`). Follows JiahuiYu/generative_inpainting and, with `symmetric`, the padding of
    nipponjo/deepfillv2-pytorch, which differs in dividing its weights for good.
    """

    layers: int = 6
    features: int = 64
    symmetric: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h2 w2 o"]:
        """Each number of [b h/64 w/64 4 * features] judges x [b h w i] on its own (positive: looks real).

        x is the picture in [-1, 1] and its mask; any height and width will do, which are rounded up.
        """
        for layer in range(self.layers):
            features = self.features * min(2**layer, 4)
            x = _SpectralConv(features, self.symmetric, name=f"conv_{layer + 1}")(x, train=train)
            # Behind the last one too, as in the reference.
            x = leaky_relu(x)
        return x.astype(jnp.float32)


class _SpectralConv(nn.Module):
    features: int
    symmetric: bool

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> Array:
        convolution = Conv(self.features, 5, 2, name="conv")
        x = zero_pad(x, convolution.size, stride=convolution.stride, symmetric=self.symmetric)
        return nn.SpectralNorm(convolution, name="norm")(x, update_stats=train)
