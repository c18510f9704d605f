"""The interactive colouriser of Zhang et al. 2017 (arXiv 1705.02999), "SIGGRAPH17"."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, ConvTranspose, Norm, check_input, leaky_relu


class Siggraph17(nn.Module):
    """Predicts ab, and a coarser distribution over colour bins, from lightness and colour hints.

    Follows richzhang/colorization-pytorch: ten stages of 3 x 3 convolutions with a norm after the last ReLU of a stage,
    downsampled by taking every second pixel. `classes` 0 omits the class head. Only one of the two heads trains the
    shared stages 1 to 8: the ab head, or with `classify` (the pretraining of the reference) the class head.
    """

    features: int = 64
    classes: int = 529
    norm: Norm = BatchNorm()
    classify: bool = False

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 8

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w 4"], *, train: bool
    ) -> tuple[Float[Array, "b h w 2"], Float[Array, "b h4 w4 classes"] | None]:
        """Return ab / 110 in [-1, 1], and class logits [b h/4 w/4 classes], or None without a class head.

        Args:
            x: (L - 50) / 100; ab / 110 of the hints in two channels, 0 where there is none; and the mask of the hints
                minus 0.5 (the mask itself, 0 or 1, for weights converted from Caffe).
            train: whether batch statistics are used.

        Raises:
            ValueError: where x does not have four channels, or height or width is not a multiple of `multiple`.
        """
        check_input(self, x, takes="lightness, the hints' a and b, mask")
        f = self.features
        s1 = self._stage(x, 1, f, 2, train=train)
        # Downsampling takes every second pixel: the reference has no strided convolutions and no pooling.
        s2 = self._stage(s1[:, ::2, ::2], 2, 2 * f, 2, train=train)
        s3 = self._stage(s2[:, ::2, ::2], 3, 4 * f, 3, train=train)
        x = s3[:, ::2, ::2]
        for number, dilation in ((4, 1), (5, 2), (6, 2), (7, 1)):
            x = self._stage(x, number, 8 * f, 3, dilation, train=train)
        s8 = self._stage(self._upsample(x, s3, 8, 4 * f), 8, 4 * f, 2, train=train)
        # The class head reads the stages at a quarter of the size, before the upsampling.
        logits = self._classes(s8)
        if self.classify:
            # The ab head trains on fixed features then, as in the pretraining of the reference.
            s1, s2, s8 = jax.lax.stop_gradient((s1, s2, s8))
        x = self._stage(self._upsample(s8, s2, 9, 2 * f), 9, 2 * f, 1, train=train)
        x = leaky_relu(Conv(2 * f, 3, 1, 1, name="stage_10_conv_1")(self._upsample(x, s1, 10, 2 * f)))
        return jnp.tanh(Conv(2, 1, name="ab_head")(x).astype(jnp.float32)), logits

    def _stage(self, x: Array, number: int, features: int, convs: int, dilation: int = 1, *, train: bool) -> Array:
        for n in range(1, convs + 1):
            x = nn.relu(Conv(features, 3, 1, dilation, dilation, name=f"stage_{number}_conv_{n}")(x))
        return self.norm(x, train=train, name=f"stage_{number}_norm")

    def _upsample(self, x: Array, skip: Array, number: int, features: int) -> Array:
        """Return x at twice the size plus a convolution of the earlier stage at that size."""
        x = ConvTranspose(features, 4, 2, 1, name=f"stage_{number}_up")(x)
        return nn.relu(x + Conv(features, 3, 1, 1, name=f"stage_{number}_shortcut")(skip))

    def _classes(self, s8: Array) -> Array | None:
        if not self.classes:
            return None
        s8 = s8 if self.classify else jax.lax.stop_gradient(s8)
        return Conv(self.classes, 1, name="class_head")(s8).astype(jnp.float32)
