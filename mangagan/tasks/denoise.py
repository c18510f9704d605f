"""Denoising: the clean picture of a noisy one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.denoising_unet import DenoisingUNet
from mangagan.models.patchgan import PatchGAN
from mangagan.tasks.base import Batch, Variables
from mangagan.tasks.color_spaces import RGB
from mangagan.tasks.paired import Paired
from mangagan.tasks.perceptual import Perceptual


@dataclass(frozen=True)
class Denoise(Paired):
    """Paired training from a noisy picture to the clean one, both [b h w 3] in [-1, 1].

    `adversarial=0` with `perceptual.weight=0` trains for PSNR alone. If batches have "sigma" [b h w 1], the standard
    deviation of the noise for pictures in [0, 1], the generator sees it; otherwise it denoises blindly.
    """

    kind: ClassVar[str] = "denoise"
    conditioning: ClassVar[frozenset[str]] = frozenset({"input", "sigma"})
    metrics: ClassVar[tuple[str, ...]] = ("psnr", "l1")

    generator: DenoisingUNet = field(default_factory=DenoisingUNet)  # type: ignore[assignment]
    discriminator: PatchGAN = field(default_factory=lambda: PatchGAN(layers=4))
    space: RGB = field(default_factory=RGB)
    perceptual: Perceptual = field(default_factory=lambda: Perceptual(weight=1.0))
    conditional: bool = False
    # With batch statistics each tile of a picture would be denoised differently.
    batch_stats_at_test: bool = False

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        return jnp.clip(super().predict(generator, batch), -1, 1)

    def _source(self, batch: Batch) -> Array:
        return jnp.concatenate([batch[name] for name in ("input", "sigma") if name in batch], axis=-1)
