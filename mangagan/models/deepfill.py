"""The inpainting generator DeepFillv2 (Yu et al. 2019, arXiv 1806.03589)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.attention import contextual_attention
from mangagan.models.gated import GatedConv, doubled
from mangagan.models.layers import Conv, check_input


class DeepFill(nn.Module):
    """A coarse painting of a hole by gated convolutions, then a second one that also looks elsewhere in the picture.

    Follows JiahuiYu/generative_inpainting, whose stride-2 convolutions are padded as TensorFlow does it, and, with
    `symmetric`, nipponjo/deepfillv2-pytorch, which pads both ends alike: checkpoints of the latter need it.
    `features` are the channels at full size, after the gates, and even (the papers' 48 counts the gates too).
    """

    features: int = 24
    symmetric: bool = False

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return 8

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
        f, symmetric, hole = self.features, self.symmetric, x[..., 3:]
        known = x[..., :3] * (1 - hole)
        # The ones tell the picture from the zeros around it.
        seen = jnp.concatenate([known, jnp.ones_like(hole), hole], axis=-1)
        encoded = DilatedEncoder(f, (2 * f, 4 * f), symmetric, name="coarse_encoder")(seen)
        coarse = Decoder(f, name="coarse_decoder")(encoded)
        pasted = known + coarse * hole
        encoded = DilatedEncoder(f, (f, 2 * f), symmetric, name="dilated_branch")(pasted)
        attended = _AttentionBranch(f, symmetric, name="attention_branch")(pasted, hole)
        both = jnp.concatenate([encoded, attended], axis=-1)
        return coarse, Decoder(f, name="refined_decoder")(both)


class DilatedEncoder(nn.Module):
    """Ten gated convolutions: to a quarter of the size, through `inner` channels, then with dilations up to 16."""

    features: int
    inner: tuple[int, int]
    symmetric: bool

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h4 w4 o"]:
        x = _encode(x, self.features, self.inner, self.symmetric)
        for number, dilation in enumerate((1, 2, 4, 8, 16), 1):
            x = GatedConv(4 * self.features, dilation=dilation, name=f"middle_{number}")(x)
        return x


class _AttentionBranch(nn.Module):
    features: int
    symmetric: bool

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 3"], hole: Float[Array, "b h w 1"]) -> Float[Array, "b h4 w4 o"]:
        f = self.features
        x = _encode(x, f, (f, 4 * f), self.symmetric)
        x = GatedConv(4 * f, activation=nn.relu, name="middle_1")(x)
        x = contextual_attention(x, hole[:, ::8, ::8, 0])
        # The reference's numbers; its 2 and 3 were the attention.
        return GatedConv(4 * f, name="middle_5")(GatedConv(4 * f, name="middle_4")(x))


def _encode(x: Array, features: int, inner: tuple[int, int], symmetric: bool) -> Array:
    """Layers of the calling module that bring x to a quarter of its size."""
    x = GatedConv(features, 5, name="stem")(x)
    for level, width in enumerate(inner, 1):
        x = GatedConv(width, stride=2, symmetric=symmetric, name=f"down_{level}")(x)
        x = GatedConv(2**level * features, name=f"down_{level}_conv")(x)
    return x


class Decoder(nn.Module):
    """Six gated convolutions that bring features back to full size, and a plain one that makes a picture of them."""

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h4 w4 i"]) -> Float[Array, "b h w 3"]:
        f = self.features
        for number in (6, 7):
            x = GatedConv(4 * f, name=f"middle_{number}")(x)
        for level, widths in enumerate(((2 * f, 2 * f), (f, f // 2)), 1):
            x = GatedConv(widths[0], name=f"up_{level}")(doubled(x))
            x = GatedConv(widths[1], name=f"up_{level}_conv")(x)
        return jnp.tanh(Conv(3, 3, padding=1, name="head")(x).astype(jnp.float32))
