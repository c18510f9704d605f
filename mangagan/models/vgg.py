"""The convolutions of VGG (Simonyan and Zisserman 2015, arXiv 1409.1556), for perceptual losses and LPIPS."""

from __future__ import annotations

from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import Conv

# Of ImageNet in RGB, [0, 1]; from torchvision.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def imagenet(x: Float[Array, "b h w 3"]) -> Float[Array, "b h w 3"]:
    """Normalise pictures for torchvision's ImageNet weights: subtract the mean and divide by the standard deviation.

    Args:
        x: RGB in [-1, 1].
    """
    return ((x + 1) / 2 - jnp.asarray(_MEAN, x.dtype)) / jnp.asarray(_STD, x.dtype)


class VGG(nn.Module):
    """Stages of 3 x 3 convolutions and ReLUs with max pooling between them; parameters `conv<stage>_<number>`.

    The base class of `VGG16` and `VGG19`. `taps` names the activations that are returned, "relu1_1" to
    "relu5_<last>"; layers behind the last of them are not computed and have no parameters.
    """

    taps: tuple[str, ...]
    convolutions: ClassVar[tuple[int, ...]] = ()

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 3"]) -> tuple[Float[Array, "b h2 w2 c"], ...]:
        """Return the activations named by `taps`, in that order, in float32.

        Stage n has 1 / 2**(n - 1) of the size of the picture, rounded down.

        Args:
            x: RGB normalised as the weights expect it: by `imagenet` for those of torchvision.

        Raises:
            ValueError: for an unknown tap, a number of channels other than three, or a picture too small for the last
                tap.
        """
        # The layers are listed up to the last tap, so that no unused parameter is created.
        stages = self._stages(x.shape)
        activations = {}
        for stage, count in stages:
            x = _max_pool(x) if stage > 1 else x
            for n in range(1, count + 1):
                x = nn.relu(Conv(64 * min(2 ** (stage - 1), 8), 3, 1, 1, name=f"conv{stage}_{n}")(x))
                activations[f"relu{stage}_{n}"] = x
        return tuple(activations[tap].astype(jnp.float32) for tap in self.taps)

    def _stages(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        """Return (stage, number of its convolutions) up to the last tap."""
        names = [(stage, n) for stage, count in enumerate(self.convolutions, 1) for n in range(1, count + 1)]
        tapped = [(stage, n) for stage, n in names if f"relu{stage}_{n}" in self.taps]
        if not self.taps or len(tapped) < len(set(self.taps)):
            known = ", ".join(f"relu{stage}_{n}" for stage, n in names)
            raise ValueError(f"{type(self).__name__}: taps {self.taps} must be some of {known}")
        last, count = tapped[-1]
        if shape[-1] != 3 or min(shape[1:3]) < 2 ** (last - 1):
            raise ValueError(
                f"{type(self).__name__}: a picture of {shape[1]} x {shape[2]} x {shape[3]} (h x w x c) does not fit; "
                f"it needs 3 channels and, for relu{last}_{count}, {2 ** (last - 1)} pixels at least"
            )
        return [*enumerate(self.convolutions[: last - 1], 1), (last, count)]


class VGG16(VGG):
    """VGG with 13 convolutions; the default taps are those of LPIPS."""

    taps: tuple[str, ...] = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
    convolutions: ClassVar[tuple[int, ...]] = (2, 2, 3, 3, 3)


class VGG19(VGG):
    """VGG with 16 convolutions; the default taps are those of Pix2PixHD's loss."""

    taps: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    convolutions: ClassVar[tuple[int, ...]] = (2, 2, 4, 4, 4)


def _max_pool(x: Array) -> Array:
    """Apply 2 x 2 max pooling as a reshape: the gradient of XLA's `reduce_window` is three times slower on CPUs."""
    b, h, w, c = x.shape
    return x[:, : h // 2 * 2, : w // 2 * 2].reshape(b, h // 2, 2, w // 2, 2, c).max((2, 4))
