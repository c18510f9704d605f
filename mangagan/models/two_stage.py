"""A two-stage inpainting generator of gated convolutions with self-attention."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.deepfill import Decoder, DilatedEncoder
from mangagan.models.gated import GatedConv, upsample_nearest
from mangagan.models.layers import Conv, check_input
from mangagan.models.self_attention import SelfAttention
from mangagan.models.smooth_fill import smooth_fill


class TwoStage(nn.Module):
    """A coarse stage and a refinement of nine layers with self-attention over the whole picture.

    The coarse stage is that of DeepFillv2 (Yu et al. 2019, arXiv 1806.03589): sixteen gated convolutions, four of them
    with dilations from 2 to 16, two of them upsampling. The refinement has self-attention (Zhang et al. 2019, arXiv
    1805.08318) at a quarter of the size, unless `attention` is false, and a skip connection from its first layer to its
    last but one, for lines thinner than a position at that scale. `features` is the number of channels at full size and
    must be even. With `smooth` the stages predict a correction of a smooth fill of the hole, which a short training
    learns best.
    """

    features: int = 32
    attention: bool = True
    smooth: bool = False

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 4

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w 4"], *, train: bool
    ) -> tuple[Float[Array, "b h w 3"], Float[Array, "b h w 3"]]:
        """Return the coarse and the refined picture, each in [-1, 1], predicted inside and outside of the hole.

        Args:
            x: the picture in [-1, 1] and its mask, 1 in the hole and 0 elsewhere. Pixels in the hole are not read.
            train: has no effect; the network has no norm and no dropout.

        Raises:
            ValueError: where x does not have four channels, or height or width is not a multiple of `multiple`.
        """
        check_input(self, x, takes="red, green, blue and the mask")
        f, hole = self.features, x[..., 3:]
        known = x[..., :3] * (1 - hole)
        start = smooth_fill(known, hole) if self.smooth else known
        inputs = jnp.concatenate([start, hole], axis=-1)
        encoded = DilatedEncoder(f, (2 * f, 4 * f), symmetric=False, name="coarse_encoder")(inputs)
        coarse = self._picture(start, hole, Decoder(f, name="coarse_decoder")(encoded))
        # The refinement sees the known pixels as they are and the coarse prediction in the hole only.
        pasted = known + coarse * hole
        inputs = jnp.concatenate([pasted, hole], axis=-1)
        return coarse, self._picture(pasted, hole, _Refinement(f, self.attention, name="refinement")(inputs))

    def _picture(self, start: Array, hole: Array, output: Array) -> Array:
        """Return the picture of a stage from its output, which is a correction of `start` with `smooth`."""
        return jnp.clip(start + hole * output, -1, 1) if self.smooth else output


class _Refinement(nn.Module):
    """Nine gated convolutions around a self-attention layer, and an output layer."""

    features: int
    attention: bool

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 4"]) -> Float[Array, "b h w 3"]:
        f = self.features
        stem = GatedConv(f, 5, name="stem")(x)
        x = GatedConv(2 * f, stride=2, name="down_1")(stem)
        x = GatedConv(4 * f, stride=2, name="down_2")(x)
        x = GatedConv(4 * f, dilation=2, name="middle_1")(x)
        x = GatedConv(4 * f, dilation=4, name="middle_2")(x)
        # Only here, at a quarter of the size: the cost grows with the square of the number of positions.
        x = SelfAttention(name="attention")(x) if self.attention else x
        x = GatedConv(4 * f, name="middle_3")(x)
        x = GatedConv(2 * f, name="up_1")(upsample_nearest(x))
        x = GatedConv(f, name="up_2")(jnp.concatenate([upsample_nearest(x), stem], axis=-1))
        return jnp.tanh(Conv(3, 3, padding=1, name="head")(x).astype(jnp.float32))
