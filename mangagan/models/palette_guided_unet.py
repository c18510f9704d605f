"""A U-Net conditioned on a palette by FiLM layers, with a pretrained encoder beside its own.

The U-Net is that of Pix2Pix (Isola et al. 2017, arXiv 1611.07004) with a low-pass filter after each upsampling layer;
FiLM (Perez et al. 2018, arXiv 1709.07871) scales and shifts every channel by functions of the conditioning.
"""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.efficientnet import EfficientNetLite0
from mangagan.models.layers import (
    BatchNorm,
    Conv,
    ConvTranspose,
    Dropout,
    NoNorm,
    Norm,
    check_input,
    leaky_relu,
    weights,
)
from mangagan.palette_bins import BINS


class PaletteGuidedUNet(nn.Module):
    """An encoder and a decoder of `levels` stride-2 layers; channels double from `features` to 4 x `features`.

    A dense layer embeds the palette into `code` numbers. With `encoder` the skips also carry the activations of a
    frozen EfficientNet-Lite0 with ImageNet weights (see `mangagan.interop.weights.efficientnet_weights`): a few hundred
    pages are too few to learn to recognise objects.
    """

    levels: int = 5
    features: int = 32
    outputs: int = 5
    encoder: bool = True
    dropout: float = 0.3  # of the encoder's activations
    # Slow running statistics: batches are small, and pages differ much from each other.
    norm: Norm = BatchNorm(momentum=0.98)
    code: int = 16

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return max(2**self.levels, EfficientNetLite0().multiple if self.encoder else 1)

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w i"], palette: Float[Array, "b n"], *, train: bool
    ) -> Float[Array, "b h w o"]:
        """Return `outputs` unbounded channels, which the task turns into colours.

        Args:
            x: the page in grey in [-1, 1] as the first channel, then further maps such as hints.
            palette: shares of colour bins that sum to 1, or zeros for no palette (see `mangagan.palette`).
            train: whether batch statistics and dropout are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`.
        """
        check_input(self, x)
        channels = [self.features * min(2**level, 4) for level in range(self.levels)]
        code = self._embed(palette)
        pretrained = self._pretrained(x[..., :1], train)
        skips = []
        for level, features in enumerate(channels):
            x = leaky_relu(x) if level else x
            # No norm on the first layer: it would remove the absolute lightness of the page.
            norm = self.norm if level else NoNorm()
            x = Conv(features, 4, 2, 1, bias=norm.conv_bias, name=f"down_{level + 1}")(x)
            x = self._film(norm, x, code, f"down_{level + 1}", train)
            x = jnp.concatenate([x, *pretrained[level : level + 1]], axis=-1)
            skips.append(x)
        for level in reversed(range(1, self.levels)):
            x = binomial_filter(self._up(x, channels[level - 1], level + 1))
            x = self._film(self.norm, x, code, f"up_{level + 1}", train)
            x = jnp.concatenate([skips[level - 1], x], axis=-1)
        output = binomial_filter(self._up(x, self.outputs, 1)).astype(jnp.float32)
        # Undo the darkening by the zeros that the filter reads beyond the border.
        return output * _border_gain(output.shape[1])[:, None, None] * _border_gain(output.shape[2])[:, None]

    def _up(self, x: Array, features: int, step: int) -> Array:
        bias = step == 1 or self.norm.conv_bias
        return ConvTranspose(features, 4, 2, 1, bias=bias, name=f"up_{step}")(nn.relu(x))

    def _pretrained(self, gray: Array, train: bool) -> list[Array]:
        """Return the activations of the pretrained encoder for each level; none without one."""
        if not self.encoder:
            return []
        # The encoder was trained on RGB.
        activations = EfficientNetLite0(name="encoder")(jnp.repeat(gray, 3, axis=-1))
        return [
            Dropout(self.dropout)(self.norm(jax.lax.stop_gradient(x), train=train, name=f"known_{n}"), train=train)
            for n, x in enumerate(activations[: self.levels], 1)
        ]

    def _embed(self, palette: Array) -> Array:
        # Square roots give small areas more weight, and the factor gives the input a mean square of 1.
        dense = nn.Dense(self.code, kernel_init=nn.initializers.lecun_normal(), name="code")
        return leaky_relu(dense(jnp.sqrt(BINS * palette)))

    def _film(self, norm: Norm, x: Array, code: Array, name: str, train: bool) -> Array:
        x = norm(x, train=train, name=f"{name}_norm")
        # Small weights: the layer starts near the identity, and the network near an unconditional one.
        coefficients = nn.Dense(2 * x.shape[-1], kernel_init=weights, name=f"{name}_steer")(code)
        scale, shift = jnp.split(coefficients[:, None, None].astype(x.dtype), 2, axis=-1)
        return x * (1 + scale) + shift


def binomial_filter(x: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
    """Apply a 3 x 3 binomial filter with zero padding.

    It removes the checkerboard pattern that a stride-2 transposed convolution leaves on flat areas.

    Args:
        x: unbounded.
    """
    # Separable: [1 2 1] / 4 along each axis.
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (1, 1)
        size, padded = x.shape[axis], jnp.pad(x, padding)
        before, after = (jax.lax.slice_in_dim(padded, start, start + size, axis=axis) for start in (0, 2))
        x = (before + 2 * x + after) / 4
    return x


def _border_gain(size: int) -> Float[Array, " size"]:
    """Return 4/3 at both ends of a row, where `binomial_filter` leaves three quarters, and 1 between them."""
    pixels = jnp.arange(size, dtype=jnp.float32)
    return 1 + (jnp.maximum(1 - pixels, 0) + jnp.maximum(1 - pixels[-1:] + pixels, 0)) / 3
