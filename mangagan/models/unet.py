"""The U-Net generator of Pix2Pix (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, ConvTranspose, Dropout, Norm, check_input, leaky_relu


class UNet(nn.Module):
    """An encoder and a decoder of `levels` stride-2 layers each, with skip connections; 8 levels is "unet_256".

    Follows junyanz/pytorch-CycleGAN-and-pix2pix. The channels double from `features` to 8 x `features`. Dropout is
    where that code has it: in the decoder layers between two levels of full width, except the innermost (in three
    layers with 8 levels, in none below 6).
    """

    levels: int = 8
    features: int = 64
    outputs: int = 3
    norm: Norm = BatchNorm()
    dropout: float = 0.5

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 2**self.levels

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Return the predicted picture, in [-1, 1].

        Args:
            x: the input, in [-1, 1].
            train: whether batch statistics and dropout are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`.
        """
        check_input(self, x)
        channels = [self.features * min(2**level, 8) for level in range(self.levels)]
        skips = []
        for level, features in enumerate(channels):
            x = self._down(x, level, features, train)
            skips.append(x)
        for level in reversed(range(1, self.levels)):
            x = self._up(x, level, channels[level - 1], train)
            # The ReLU of the next layer follows the concatenation, so that it also applies to the skip.
            x = jnp.concatenate([skips[level - 1], x], axis=-1)
        x = ConvTranspose(self.outputs, 4, 2, 1, name="up_1")(nn.relu(x))
        # Float32 whatever the dtype of the kernels, so that losses are computed in float32.
        return jnp.tanh(x.astype(jnp.float32))

    def _down(self, x: Array, level: int, features: int, train: bool) -> Array:
        # Activations come before convolutions: the first layer reads the picture itself.
        x = leaky_relu(x) if level > 0 else x
        x = Conv(features, 4, 2, 1, bias=self.norm.conv_bias, name=f"down_{level + 1}")(x)
        # The first and the last layer of the encoder have no norm: the innermost map may be a single pixel.
        inner = 0 < level < self.levels - 1
        return self.norm(x, train=train, name=f"down_{level + 1}_norm") if inner else x

    def _up(self, x: Array, level: int, features: int, train: bool) -> Array:
        x = ConvTranspose(features, 4, 2, 1, bias=self.norm.conv_bias, name=f"up_{level + 1}")(nn.relu(x))
        x = self.norm(x, train=train, name=f"up_{level + 1}_norm")
        drops = 4 <= level < self.levels - 1
        return Dropout(self.dropout)(x, train=train) if drops else x
