"""A colouriser in the style of DCGAN (Radford et al. 2015, arXiv 1511.06434): strided convolutions, no skips."""

from __future__ import annotations

import math
from functools import partial

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, ConvTranspose, Norm, check_input, convolve, leaky_relu, weights


class DCGANGenerator(nn.Module):
    """`levels` stride-2 convolutions and as many transposed ones, all 4 x 4.

    The channels double from `features` to 8 x `features`. The first and the last layer have no norm, as in the paper.
    """

    levels: int = 4
    features: int = 64
    outputs: int = 3
    norm: Norm = BatchNorm()

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 2**self.levels

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Return the predicted picture, in [-1, 1].

        Args:
            x: the input, in [-1, 1].
            train: whether batch statistics are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`.
        """
        check_input(self, x)
        widths = [self.features * min(2**level, 8) for level in range(self.levels)]
        x = _down(x, widths, self.norm, train, spectral=False)
        for level in reversed(range(1, self.levels)):
            x = ConvTranspose(widths[level - 1], 4, 2, 1, bias=self.norm.conv_bias, name=f"up_{level + 1}")(x)
            # The decoder has ReLU and the encoder LeakyReLU, as in DCGAN.
            x = nn.relu(self.norm(x, train=train, name=f"up_{level + 1}_norm"))
        x = ConvTranspose(self.outputs, 4, 2, 1, name="up_1")(x)
        # Float32 whatever the dtype of the kernels, so that losses are computed in float32.
        return jnp.tanh(x.astype(jnp.float32))


class DCGANDiscriminator(nn.Module):
    """`layers` stride-2 4 x 4 convolutions and a dense layer to one logit, for pictures of one size only.

    `spectral` normalises the convolutions, not the dense layer; see `mangagan.models.layers.convolve`.
    """

    features: int = 64
    layers: int = 3
    norm: Norm = BatchNorm()
    spectral: bool = False

    @property
    def smallest(self) -> int:
        """The smallest side, in pixels, of a picture that leaves at least one position."""
        return 2**self.layers

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b 1"]:
        """Return one logit per picture; positive means real.

        Args:
            x: pictures in [-1, 1], with the input of the generator in further channels.
            train: whether batch statistics are used.

        Raises:
            ValueError: where a picture is too small, or of another size than those of `init`.
        """
        height, width = x.shape[1:3]
        if min(height, width) < self.smallest:
            raise ValueError(
                f"DCGAN discriminator of {self.layers} layers: a picture of {height} x {width} (h x w) is too small; "
                f"use {self.smallest} pixels at least, or fewer layers"
            )
        widths = [self.features * min(2**layer, 8) for layer in range(self.layers)]
        x = _down(x, widths, self.norm, train, spectral=self.spectral)
        self._check_size(x.shape, height, width)
        # Flattening keeps the position of each feature, so the dense layer can weigh positions differently.
        x = x.reshape(len(x), -1)
        return nn.Dense(1, kernel_init=weights, name="logit")(x).astype(jnp.float32)

    # The kernel of the dense layer fixes the number of positions, not height and width by themselves.
    def _check_size(self, shape: tuple[int, ...], height: int, width: int) -> None:
        if self.is_initializing():
            return
        expected = self.variables["params"]["logit"]["kernel"].shape[0] // shape[-1]
        if math.prod(shape[1:3]) != expected:
            raise ValueError(
                f"DCGAN discriminator: a picture of {height} x {width} (h x w) leaves {shape[1]} x {shape[2]} places, "
                f"its dense layer was made for {expected}; use pictures of the size it was initialised with"
            )


def _down(x: Array, widths: list[int], norm: Norm, train: bool, *, spectral: bool) -> Array:
    """Apply stride-2 convolutions with LeakyReLU, with a norm from the second one on."""
    apply = partial(convolve, spectral=spectral, train=train)
    x = leaky_relu(apply(Conv(widths[0], 4, 2, 1, name="down_1"), x))
    for level, features in enumerate(widths[1:], 2):
        x = apply(Conv(features, 4, 2, 1, bias=norm.conv_bias, name=f"down_{level}"), x)
        x = leaky_relu(norm(x, train=train, name=f"down_{level}_norm"))
    return x
