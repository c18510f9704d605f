"""SN-PatchGAN, the discriminator of DeepFillv2 (Yu et al. 2019, arXiv 1806.03589)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.gated import zero_pad
from mangagan.models.layers import Conv, leaky_relu


class SNPatchGAN(nn.Module):
    """`layers` stride-2 convolutions of 5 x 5 taps with spectral normalisation, on the picture and its mask.

    Each kernel is divided by its largest singular value, estimated by power iteration (Miyato et al. 2018, arXiv
    1802.05957): one iteration per call, whose vectors are kept in `batch_stats` in training. Follows
    JiahuiYu/generative_inpainting. `symmetric` pads as nipponjo/deepfillv2-pytorch does, whose published weights are
    already divided.
    """

    layers: int = 6
    features: int = 64
    symmetric: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h2 w2 o"]:
        """Return logits [b h/64 w/64 4*features], one per position and channel; positive means real.

        Args:
            x: the picture in [-1, 1] and its mask (1 in the hole). Any height and width fit; sizes are rounded up.
            train: whether the power iteration is kept.
        """
        for layer in range(self.layers):
            features = self.features * min(2**layer, 4)
            x = _SpectralConv(features, self.symmetric, name=f"conv_{layer + 1}")(x, train=train)
            # The reference has the activation after the last convolution, too.
            x = leaky_relu(x)
        return x.astype(jnp.float32)


class _SpectralConv(nn.Module):
    """A stride-2 5 x 5 convolution with spectral normalisation."""

    features: int
    symmetric: bool

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> Array:
        convolution = Conv(self.features, 5, 2, name="conv")
        # Padded outside of the normalised layer, which pads equally on both ends only.
        x = zero_pad(x, convolution.size, stride=convolution.stride, symmetric=self.symmetric)
        return nn.SpectralNorm(convolution, name="norm")(x, update_stats=train)
