"""The multi-scale discriminator of Pix2PixHD (Wang et al. 2018, arXiv 1711.11585): PatchGANs on an image pyramid."""

from __future__ import annotations

from functools import partial

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from mangagan.models.layers import Conv, InstanceNorm, Norm, convolve, leaky_relu


class MultiscaleDiscriminator(nn.Module):
    """`scales` PatchGANs of the same architecture on the picture at 1, 1/2, 1/4 ... of its size; no shared weights.

    Follows NVIDIA/pix2pixHD, whose convolutions are padded by 2 and all have a bias, so that a picture of any size has
    logits. That code counts the scales in reverse: its `scale{scales - 1}` is `scale_1` here, the one at full size.
    For `spectral` see `mangagan.models.layers.convolve`.
    """

    scales: int = 2
    layers: int = 3
    features: int = 64
    norm: Norm = InstanceNorm()
    spectral: bool = False

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> list[list[Float[Array, "b h2 w2 o"]]]:
        """Return the activations of every scale, for feature matching and for the adversarial loss.

        Args:
            x: pictures in [-1, 1], with the conditioning in further channels.
            train: whether batch statistics are used.

        Returns:
            For each scale, full resolution first, the outputs of its `layers` + 2 stages in float32; the last one are
            the logits [b h2 w2 1], positive for real.
        """
        outputs = []
        for scale in range(1, self.scales + 1):
            # Average pooling, so that the coarse discriminators see no aliasing.
            x = half_size(x) if scale > 1 else x
            discriminator = _Patches(self.layers, self.features, self.norm, self.spectral, name=f"scale_{scale}")
            outputs.append(discriminator(x, train=train))
        return outputs


class _Patches(nn.Module):
    """The PatchGAN of one scale, which returns the outputs of all its stages."""

    layers: int
    features: int
    norm: Norm
    spectral: bool

    @nn.compact
    def __call__(self, x: Array, *, train: bool) -> list[Array]:
        apply = partial(convolve, spectral=self.spectral, train=train)
        # No norm after the first layer, as in the reference.
        x = leaky_relu(apply(Conv(self.features, 4, 2, 2, name="conv_1"), x))
        stages = [x]
        for layer in range(1, self.layers + 1):
            stride = 2 if layer < self.layers else 1
            x = apply(Conv(self.features * min(2**layer, 8), 4, stride, 2, name=f"conv_{layer + 1}"), x)
            x = leaky_relu(self.norm(x, train=train, name=f"norm_{layer + 1}"))
            stages.append(x)
        stages.append(apply(Conv(1, 4, 1, 2, name="logits"), x))
        return [stage.astype(jnp.float32) for stage in stages]


def half_size(x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2 c"]:
    """Halve height and width, rounded up: each pixel is the mean of the up to 3 x 3 pixels around it.

    Equal to PyTorch's AvgPool2d(3, 2, 1, count_include_pad=False).

    Args:
        x: unbounded.
    """
    # The number of pixels in each window is a product over rows and columns: no second `reduce_window` is needed for
    # it.
    sums = lax.reduce_window(x, 0.0, lax.add, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = _neighbor_counts(x.shape[1]), _neighbor_counts(x.shape[2])
    return sums / jnp.asarray(rows[:, None, None] * columns[:, None], x.dtype)


def _neighbor_counts(size: int) -> np.ndarray:
    """Return how many of three neighbours lie inside `size` pixels, for every second pixel."""
    middle = np.arange(0, size, 2)
    return np.minimum(middle + 1, size - 1) - np.maximum(middle - 1, 0) + 1
