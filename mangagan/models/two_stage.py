"""A two-stage inpainting generator of gated convolutions with self-attention."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.deepfill import Decoder, DilatedEncoder
from mangagan.models.gated import GatedConv, doubled
from mangagan.models.layers import Conv, check_input
from mangagan.models.self_attention import SelfAttention
from mangagan.models.smooth_fill import smooth_fill


class TwoStage(nn.Module):
    """A coarse painting of a hole, and a second one of nine layers that look at all of the picture.

    The coarse stage is that of DeepFillv2 (Yu et al. 2019, arXiv 1806.03589): sixteen gated convolutions, four of them
    with dilations from 2 to 16, two that enlarge. The second has self-attention (Zhang et al. 2019) at a quarter of
    the size, unless `attention` is false, and sees its first layer again in its last but one, for what is thinner than
    a place of that quarter. `features` are the channels at full size, and even. With `smooth` a smooth fill of the hole
    is there from the start, and the stages paint what it lacks: what a short training learns best.
    """

    features: int = 32
    attention: bool = True
    smooth: bool = False

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return 4

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w 4"], *, train: bool
    ) -> tuple[Float[Array, "b h w 3"], Float[Array, "b h w 3"]]:
        """The coarse and the refined picture, each [b h w 3] in [-1, 1], painted inside and outside of the hole.

        x [b h w 4] is the picture in [-1, 1] and its mask, 1 in the hole and 0 elsewhere; what the picture shows
        in the hole is not looked at. Raises ValueError where x has other than four channels, or height or width is no
        multiple of `multiple`.
        """
        check_input(self, x, takes="red, green, blue and the mask")
        f, hole = self.features, x[..., 3:]
        known = x[..., :3] * (1 - hole)
        begun = smooth_fill(known, hole) if self.smooth else known
        seen = jnp.concatenate([begun, hole], axis=-1)
        encoded = DilatedEncoder(f, (2 * f, 4 * f), symmetric=False, name="coarse_encoder")(seen)
        coarse = self._painted(begun, hole, Decoder(f, name="coarse_decoder")(encoded))
        pasted = known + coarse * hole
        seen = jnp.concatenate([pasted, hole], axis=-1)
        return coarse, self._painted(pasted, hole, _Refinement(f, self.attention, name="refinement")(seen))

    def _painted(self, begun: Array, hole: Array, said: Array) -> Array:
        return jnp.clip(begun + hole * said, -1, 1) if self.smooth else said


class _Refinement(nn.Module):
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
        x = SelfAttention(name="attention")(x) if self.attention else x
        x = GatedConv(4 * f, name="middle_3")(x)
        x = GatedConv(2 * f, name="up_1")(doubled(x))
        x = GatedConv(f, name="up_2")(jnp.concatenate([doubled(x), stem], axis=-1))
        return jnp.tanh(Conv(3, 3, padding=1, name="head")(x).astype(jnp.float32))
