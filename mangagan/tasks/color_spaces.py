"""The color space in which a generator paints: all three channels, or the color that a given lightness lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.color import lab_to_srgb, srgb_to_lab

Gray = Float[Array, "b h w 1"]
Picture = Float[Array, "b h w 3"]


@dataclass(frozen=True)
class RGB:
    """The generator sees the grey picture and paints sRGB; all in [-1, 1]."""

    channels: ClassVar[int] = 3

    def source(self, gray: Gray) -> Gray:
        """What the generator sees of a grey picture in [-1, 1]."""
        return gray

    def target(self, rgb: Picture) -> Picture:
        """What it should paint for a picture in [-1, 1]."""
        return rgb

    def picture(self, gray: Gray, painted: Picture) -> Picture:
        """The picture in [-1, 1] that what it painted stands for."""
        return painted


@dataclass(frozen=True)
class Lab:
    """The generator sees L / 50 - 1 and paints a and b over 110 (Zhang et al. 2016; the reference's colorization)."""

    channels: ClassVar[int] = 2

    def source(self, gray: Gray) -> Gray:
        """CIE L of a grey picture in [-1, 1], as L / 50 - 1."""
        rgb = jnp.broadcast_to(gray, (*gray.shape[:-1], 3))
        return srgb_to_lab((rgb + 1) / 2)[..., :1] / 50 - 1

    def target(self, rgb: Picture) -> Float[Array, "b h w 2"]:
        """CIE ab of a picture in [-1, 1], over 110."""
        return srgb_to_lab((rgb + 1) / 2)[..., 1:] / 110

    def picture(self, gray: Gray, painted: Float[Array, "b h w 2"]) -> Picture:
        """The sRGB picture in [-1, 1] of the grey picture's L and the painted ab."""
        lab = jnp.concatenate([(self.source(gray) + 1) * 50, painted * 110], axis=-1)
        return lab_to_srgb(lab) * 2 - 1


@dataclass(frozen=True)
class EvenLab:
    """The generator sees the grey picture and paints CIE Lab, over 50, with chroma C as ln(1 + 0.045 C) / 0.045.

    Equal distances in it look about equal, for vivid colors, too: 1 + 0.045 C is how CIE94 and CIEDE2000 weigh chroma.
    """

    channels: ClassVar[int] = 3

    def source(self, gray: Gray) -> Gray:
        """What the generator sees of a grey picture in [-1, 1]."""
        return gray

    def target(self, rgb: Picture) -> Picture:
        """What it should paint for a picture in [-1, 1]."""
        return self.of_lab(srgb_to_lab((rgb + 1) / 2))

    def picture(self, gray: Gray, painted: Picture) -> Picture:
        """The sRGB picture in [-1, 1] of the painted colors, those that sRGB lacks brought to its borders."""
        return lab_to_srgb(self.lab(painted)) * 2 - 1

    def of_lab(self, lab: Picture) -> Picture:
        """CIE Lab as it is painted."""
        chroma = _length(lab[..., 1:])
        even = lab[..., 1:] * jnp.log(1 + _CHROMA * chroma) / (_CHROMA * chroma)
        return jnp.concatenate([lab[..., :1] / 50 - 1, even / 50], axis=-1)

    def lab(self, painted: Picture) -> Picture:
        """CIE Lab of what is painted; chroma is 180 at most."""
        even = 50 * painted[..., 1:]
        length = _length(even)
        chroma = (jnp.exp(_CHROMA * jnp.minimum(length, _MOST)) - 1) / _CHROMA
        return jnp.concatenate([50 * (painted[..., :1] + 1), even * chroma / length], axis=-1)


# Of chroma, what vivid colors differ by counts for less; sRGB has none above 134.
_CHROMA, _MOST = 0.045, 49.0


def _length(ab: Float[Array, "b h w 2"]) -> Gray:
    # No gradient at grey that is none.
    return jnp.sqrt(jnp.square(ab).sum(-1, keepdims=True) + 1e-6)


Space = RGB | Lab | EvenLab
