"""The colour space in which a generator predicts: three channels, or the two colour channels of a given lightness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.color import lab_to_srgb, srgb_to_lab

Gray = Float[Array, "b h w 1"]
Picture = Float[Array, "b h w 3"]

# EvenLab's compression of chroma: differences of vivid colours count less. `_MOST` limits the compressed chroma; it is
# a chroma of 180, and sRGB has none above 134.
_CHROMA, _MOST = 0.045, 49.0


@dataclass(frozen=True)
class RGB:
    """The generator sees the grey picture and predicts sRGB, both in [-1, 1]."""

    channels: ClassVar[int] = 3
    raw_space: ClassVar[Literal["RGB", "Lab"]] = "RGB"

    def source(self, gray: Gray) -> Gray:
        """Return the generator's input.

        Args:
            gray: Grey pictures in [-1, 1].
        """
        return gray

    def target(self, rgb: Picture) -> Picture:
        """Return the prediction that would be right.

        Args:
            rgb: True pictures, sRGB in [-1, 1].
        """
        return rgb

    def picture(self, gray: Gray, predicted: Picture) -> Picture:
        """Return the picture that a prediction stands for, sRGB in [-1, 1].

        Args:
            gray: The grey pictures in [-1, 1].
            predicted: The generator's output.
        """
        return predicted

    def raw(self, gray: Gray, predicted: Picture) -> Picture:
        """Return the prediction in `raw_space` before colours are clipped: here it stays as it is.

        Args:
            gray: The grey pictures in [-1, 1].
            predicted: The generator's output.
        """
        return predicted


@dataclass(frozen=True)
class Lab:
    """The generator sees L / 50 - 1 and predicts CIE ab / 110 (Zhang et al. 2016).

    The ranges are those of richzhang/colorization-pytorch and junyanz/pytorch-CycleGAN-and-pix2pix.
    """

    channels: ClassVar[int] = 2
    raw_space: ClassVar[Literal["RGB", "Lab"]] = "Lab"

    def source(self, gray: Gray) -> Gray:
        """Return L / 50 - 1.

        Args:
            gray: Grey pictures in [-1, 1].
        """
        rgb = jnp.broadcast_to(gray, (*gray.shape[:-1], 3))
        return srgb_to_lab((rgb + 1) / 2)[..., :1] / 50 - 1

    def target(self, rgb: Picture) -> Float[Array, "b h w 2"]:
        """Return CIE ab / 110.

        Args:
            rgb: True pictures, sRGB in [-1, 1].
        """
        return srgb_to_lab((rgb + 1) / 2)[..., 1:] / 110

    def picture(self, gray: Gray, predicted: Float[Array, "b h w 2"]) -> Picture:
        """Return sRGB in [-1, 1] of the grey picture's L and the predicted ab.

        Args:
            gray: The grey pictures in [-1, 1].
            predicted: The generator's output, ab / 110.
        """
        lab = jnp.concatenate([(self.source(gray) + 1) * 50, predicted * 110], axis=-1)
        return lab_to_srgb(lab) * 2 - 1

    def raw(self, gray: Gray, predicted: Float[Array, "b h w 2"]) -> Picture:
        """Return L / 50 - 1 of the grey picture, and the predicted ab / 110.

        Args:
            gray: The grey pictures in [-1, 1].
            predicted: The generator's output, ab / 110.
        """
        return jnp.concatenate([self.source(gray), predicted], axis=-1)


@dataclass(frozen=True)
class EvenLab:
    """The generator sees the grey picture and predicts CIE Lab / 50, with chroma C as ln(1 + 0.045 C) / 0.045.

    Equal distances in this space look about equal also for vivid colours: CIE94 and CIEDE2000 weigh differences of
    chroma by 1 / (1 + 0.045 C).
    """

    channels: ClassVar[int] = 3
    raw_space: ClassVar[Literal["RGB", "Lab"]] = "Lab"

    def source(self, gray: Gray) -> Gray:
        """Return the generator's input.

        Args:
            gray: Grey pictures in [-1, 1].
        """
        return gray

    def target(self, rgb: Picture) -> Picture:
        """Return the colours in this space.

        Args:
            rgb: True pictures, sRGB in [-1, 1].
        """
        return self.of_lab(srgb_to_lab((rgb + 1) / 2))

    def picture(self, gray: Gray, predicted: Picture) -> Picture:
        """Return sRGB in [-1, 1]; colours that sRGB lacks are clipped.

        Args:
            gray: The grey pictures in [-1, 1].
            predicted: The generator's output.
        """
        return lab_to_srgb(self.lab(predicted)) * 2 - 1

    def raw(self, gray: Gray, predicted: Picture) -> Picture:
        """Return L / 50 - 1 and ab / 110.

        Args:
            gray: The grey pictures in [-1, 1].
            predicted: The generator's output.
        """
        return self.lab(predicted) / jnp.array([50.0, 110.0, 110.0]) - jnp.array([1.0, 0.0, 0.0])

    def of_lab(self, lab: Picture) -> Picture:
        """Return CIE Lab in the numbers of this space.

        Args:
            lab: L in [0, 100], a and b.
        """
        chroma = _length(lab[..., 1:])
        even = lab[..., 1:] * jnp.log(1 + _CHROMA * chroma) / (_CHROMA * chroma)
        return jnp.concatenate([lab[..., :1] / 50 - 1, even / 50], axis=-1)

    def lab(self, predicted: Picture) -> Picture:
        """Return CIE Lab, with a chroma of at most 180.

        Args:
            predicted: Colours in the numbers of this space.
        """
        even = 50 * predicted[..., 1:]
        length = _length(even)
        chroma = (jnp.exp(_CHROMA * jnp.minimum(length, _MOST)) - 1) / _CHROMA
        return jnp.concatenate([50 * (predicted[..., :1] + 1), even * chroma / length], axis=-1)


def _length(ab: Float[Array, "b h w 2"]) -> Gray:
    # The small number keeps the gradient at grey finite.
    return jnp.sqrt(jnp.square(ab).sum(-1, keepdims=True) + 1e-6)


Space = RGB | Lab | EvenLab
