"""The inpainting generator DeepFillv2 (Yu et al. 2019, arXiv 1806.03589)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.attention import contextual_attention
from mangagan.models.gated import GatedConv, upsample_nearest
from mangagan.models.layers import Conv, check_input


class DeepFill(nn.Module):
    """A coarse stage of gated convolutions, then a refinement with a dilated branch and contextual attention.

    Follows JiahuiYu/generative_inpainting, whose stride-2 convolutions have TensorFlow's padding. With `symmetric` the
    padding is that of nipponjo/deepfillv2-pytorch, equal on both ends, which checkpoints of that repository need.
    `features` is the number of channels at full size after the gates and must be even (48 in the paper, which counts
    the gates, too).
    """

    features: int = 24
    symmetric: bool = False

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 8

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
        f, symmetric, hole = self.features, self.symmetric, x[..., 3:]
        known = x[..., :3] * (1 - hole)
        # The channel of ones marks the picture against the zeros of the padding, as in the reference.
        inputs = jnp.concatenate([known, jnp.ones_like(hole), hole], axis=-1)
        encoded = DilatedEncoder(f, (2 * f, 4 * f), symmetric, name="coarse_encoder")(inputs)
        coarse = Decoder(f, name="coarse_decoder")(encoded)
        # The refinement sees the known pixels as they are and the coarse prediction in the hole only.
        pasted = known + coarse * hole
        encoded = DilatedEncoder(f, (f, 2 * f), symmetric, name="dilated_branch")(pasted)
        attended = _AttentionBranch(f, symmetric, name="attention_branch")(pasted, hole)
        both = jnp.concatenate([encoded, attended], axis=-1)
        return coarse, Decoder(f, name="refined_decoder")(both)


class DilatedEncoder(nn.Module):
    """Ten gated convolutions: down to a quarter of the size through `inner` channels, then with dilations up to 16."""

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
    """The branch of the refinement that copies patches from the known part of the picture."""

    features: int
    symmetric: bool

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 3"], hole: Float[Array, "b h w 1"]) -> Float[Array, "b h4 w4 o"]:
        f = self.features
        x = _encode(x, f, (f, 4 * f), self.symmetric)
        x = GatedConv(4 * f, activation=nn.relu, name="middle_1")(x)
        # Features are at a quarter of the size and patches are compared at half of that: every eighth pixel of the
        # mask.
        x = contextual_attention(x, hole[:, ::8, ::8, 0])
        # Numbered as in the reference, where 2 and 3 are the attention.
        return GatedConv(4 * f, name="middle_5")(GatedConv(4 * f, name="middle_4")(x))


def _encode(x: Array, features: int, inner: tuple[int, int], symmetric: bool) -> Array:
    """Downsample to a quarter of the size by layers of the calling module."""
    x = GatedConv(features, 5, name="stem")(x)
    for level, width in enumerate(inner, 1):
        x = GatedConv(width, stride=2, symmetric=symmetric, name=f"down_{level}")(x)
        x = GatedConv(2**level * features, name=f"down_{level}_conv")(x)
    return x


class Decoder(nn.Module):
    """Six gated convolutions back to full size, and a plain convolution with tanh to the picture."""

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h4 w4 i"]) -> Float[Array, "b h w 3"]:
        f = self.features
        for number in (6, 7):
            x = GatedConv(4 * f, name=f"middle_{number}")(x)
        for level, widths in enumerate(((2 * f, 2 * f), (f, f // 2)), 1):
            x = GatedConv(widths[0], name=f"up_{level}")(upsample_nearest(x))
            x = GatedConv(widths[1], name=f"up_{level}_conv")(x)
        return jnp.tanh(Conv(3, 3, padding=1, name="head")(x).astype(jnp.float32))
