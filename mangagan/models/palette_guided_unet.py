"""A U-Net that is told a palette, by scale and shift of every channel, and what things are, by a pretrained network.

The U-Net is that of Pix2Pix (arXiv 1611.07004) with a filter behind each step up; scale and shift are those of Perez
et al. 2018 (FiLM, arXiv 1709.07871).
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


class SteeredUNet(nn.Module):
    """`levels` stride-2 steps down and up, joined by skips; channels double from `features` to 4 x `features`.

    The palette is read by a dense layer of `code` numbers. With `encoder` the skips also carry the activations of
    an EfficientNet-Lite0 that does not learn: a few hundred pages teach nobody what things are, and with ImageNet's
    weights (see `mangagan.interop.weights.efficientnet_weights`) it knows.
    """

    levels: int = 5
    features: int = 32
    outputs: int = 5
    encoder: bool = True
    dropout: float = 0.3  # of the encoder's activations
    # Batches are small, and what a page consists of differs: running statistics are those of many.
    norm: Norm = BatchNorm(momentum=0.98)
    code: int = 16

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return max(2**self.levels, EfficientNetLite0().multiple if self.encoder else 1)

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w i"], palette: Float[Array, "b n"], *, train: bool
    ) -> Float[Array, "b h w o"]:
        """What is painted, [b h w outputs] of any range, from x [b h w i] and palettes (see `mangagan.palette`).

        The first channel of x is the page in grey, in [-1, 1].

        Raises ValueError where height or width is no multiple of `multiple`.
        """
        check_input(self, x)
        channels = [self.features * min(2**level, 4) for level in range(self.levels)]
        code = self._code(palette)
        known = self._known(x[..., :1], train)
        skips = []
        for level, features in enumerate(channels):
            x = leaky_relu(x) if level else x
            # What a norm would take of the page's lightness is lost for good: the first step has none.
            norm = self.norm if level else NoNorm()
            x = Conv(features, 4, 2, 1, bias=norm.conv_bias, name=f"down_{level + 1}")(x)
            x = self._steered(norm, x, code, f"down_{level + 1}", train)
            x = jnp.concatenate([x, *known[level : level + 1]], axis=-1)
            skips.append(x)
        for level in reversed(range(1, self.levels)):
            x = smoothed(self._up(x, channels[level - 1], level + 1))
            x = self._steered(self.norm, x, code, f"up_{level + 1}", train)
            x = jnp.concatenate([skips[level - 1], x], axis=-1)
        painted = smoothed(self._up(x, self.outputs, 1)).astype(jnp.float32)
        # What zeros beyond the border take from colors is given back.
        return painted * _at_border(painted.shape[1])[:, None, None] * _at_border(painted.shape[2])[:, None]

    def _up(self, x: Array, features: int, step: int) -> Array:
        bias = step == 1 or self.norm.conv_bias
        return ConvTranspose(features, 4, 2, 1, bias=bias, name=f"up_{step}")(nn.relu(x))

    def _known(self, gray: Array, train: bool) -> list[Array]:
        """What a pretrained network sees in the page, for each step down; nothing without one."""
        if not self.encoder:
            return []
        seen = EfficientNetLite0(name="encoder")(jnp.repeat(gray, 3, axis=-1))
        return [
            Dropout(self.dropout)(self.norm(jax.lax.stop_gradient(x), train=train, name=f"known_{n}"), train=train)
            for n, x in enumerate(seen[: self.levels], 1)
        ]

    def _code(self, palette: Array) -> Array:
        # Of shares their roots, small areas count, too; of a mean square of 1, as dense layers expect.
        dense = nn.Dense(self.code, kernel_init=nn.initializers.lecun_normal(), name="code")
        return leaky_relu(dense(jnp.sqrt(BINS * palette)))

    def _steered(self, norm: Norm, x: Array, code: Array, name: str, train: bool) -> Array:
        x = norm(x, train=train, name=f"{name}_norm")
        by = nn.Dense(2 * x.shape[-1], kernel_init=weights, name=f"{name}_steer")(code)
        scale, shift = jnp.split(by[:, None, None].astype(x.dtype), 2, axis=-1)
        return x * (1 + scale) + shift


def smoothed(x: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
    """x under a binomial filter of 3 x 3, zeros around it.

    A transposed convolution of stride 2 paints a check on plane surfaces. This filter removes it, and softens the rest.
    """
    for axis in (1, 2):
        around = [(0, 0)] * 4
        around[axis] = (1, 1)
        size, wide = x.shape[axis], jnp.pad(x, around)
        before, after = (jax.lax.slice_in_dim(wide, start, start + size, axis=axis) for start in (0, 2))
        x = (before + 2 * x + after) / 4
    return x


def _at_border(size: int) -> Float[Array, " size"]:
    """4/3 for the first and the last of a row of pixels, of which `smoothed` leaves three quarters; 1 between them."""
    pixels = jnp.arange(size, dtype=jnp.float32)
    return 1 + (jnp.maximum(1 - pixels, 0) + jnp.maximum(1 - pixels[-1:] + pixels, 0)) / 3
