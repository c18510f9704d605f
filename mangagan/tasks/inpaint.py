"""Inpainting: the holes of a picture are predicted in two stages (Yu et al. 2018 and 2019, DeepFill v1 and v2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.deepfill import DeepFill
from mangagan.models.patchgan import PatchGAN
from mangagan.models.sn_patchgan import SNPatchGAN
from mangagan.models.two_stage import TwoStage
from mangagan.tasks.adversarial import Stability, discriminate, discriminator_loss, generator_adversarial_loss
from mangagan.tasks.base import (
    Batch,
    Context,
    DiscriminatorAux,
    Fakes,
    Metrics,
    Nets,
    Task,
    Tree,
    Variables,
    apply_network,
    init_network,
    predict_any_size,
)
from mangagan.tasks.perceptual import Perceptual

STAGES = ("coarse", "refined")
# Parts of a loss, each with its weight.
Terms = dict[str, tuple[float, Array]]


@dataclass(frozen=True)
class Inpaint(Task):
    """A generator of two stages from a picture with holes, and their mask, to the whole picture.

    In a batch, `input` is [b h w 3] in [-1, 1], and `mask` [b h w 1] is 1 in the holes. Predictions are composed: the
    pixels in the holes are the generator's, the others those of the input. The discriminator sees the composed refined
    picture and the mask.

    Weights of the losses:
        adversarial: If 0, the discriminator is neither evaluated nor updated.
        l1_hole, l1_known, l1: L1 of the refined picture before it is composed, in the holes, outside, and everywhere.
        mse_hole: Its mean squared difference in the holes.
        reconstruction: The sum of the four above for the coarse picture.
        perceptual: Of the composed refined picture.
        total_variation: Of the composed refined picture, in the holes and across their borders.

    The defaults are close to those of Liu et al. 2018 (arXiv 1804.07723), whose pictures are in [0, 1].
    """

    kind: ClassVar[str] = "inpaint"
    conditioning: ClassVar[frozenset[str]] = frozenset({"input", "mask"})
    metrics: ClassVar[tuple[str, ...]] = ("psnr", "l1")
    discriminator_first: ClassVar[bool] = True

    generator: TwoStage | DeepFill = field(default_factory=TwoStage)
    discriminator: SNPatchGAN | PatchGAN = field(default_factory=lambda: SNPatchGAN(layers=7))
    gan: losses.Adversarial = field(default_factory=losses.Hinge)
    adversarial: float = 0.1
    l1_hole: float = 6.0
    l1_known: float = 1.0
    l1: float = 0.0
    mse_hole: float = 0.0
    reconstruction: float = 0.5
    total_variation: float = 0.1
    perceptual: Perceptual = field(default_factory=lambda: Perceptual(weight=0.1, style=240.0))
    stability: Stability = field(default_factory=lambda: Stability(noise=0.1, noise_steps=100_000))

    @property
    def every_discriminator_steps(self) -> int:
        return self.stability.every_steps

    @property
    def frozen_weights(self) -> dict[str, tuple[str, str]]:
        return {"perceptual": (self.perceptual.network, self.perceptual.file)} if self.perceptual.needs_network else {}

    def init(self, key: Array, batch: Batch) -> Nets:
        self.stability.check_starts_at_once()
        keys, blank = jax.random.split(key), jnp.zeros((*batch["target"].shape[:3], 4))
        return Nets(
            init_network(self.generator, keys[0], blank),
            init_network(self.discriminator, keys[1], blank),
        )

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        predicted, stats = apply_network(self.generator, generator, _seen(batch), train=True, rng=rng)
        return dict(zip(STAGES, predicted, strict=True)), stats

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, DiscriminatorAux]:
        if not self.adversarial:
            return jnp.zeros(()), DiscriminatorAux({"loss/discriminator": jnp.zeros(())}, discriminator.stats)
        real, fake = (_masked(batch, x) for x in (batch["target"], _composed(batch, fakes["refined"])))
        loss, stats = discriminator_loss(
            self.discriminator, discriminator, self.gan, self.stability, real, fake, context
        )
        return loss, DiscriminatorAux({"loss/discriminator": loss}, stats)

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        composed = _composed(batch, fakes["refined"])
        terms = self._distances(batch, fakes["refined"])
        terms["reconstruction"] = self.reconstruction, _total(self._distances(batch, fakes["coarse"]))
        if self.total_variation:
            terms["total_variation"] = self.total_variation, losses.total_variation(composed, batch["mask"])
        if self.perceptual.needs_network:
            # `perceptual.loss` multiplies by its weights itself.
            terms["perceptual"] = 1.0, self.perceptual.loss(context.frozen["perceptual"], composed, batch["target"])
        if self.adversarial:
            shown = _masked(batch, composed)
            output = discriminate(self.discriminator, discriminator, self.stability, shown, context)
            terms["gan"] = self.adversarial, generator_adversarial_loss(self.gan, output)
        loss = _total(terms)
        return loss, {f"loss/{name}": term for name, (_, term) in terms.items()} | {"loss/generator": loss}

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        """Return the composed refined picture, [-1, 1]; known pixels are exactly those of the input."""
        return self.stages(generator, batch)["refined"]

    def stages(self, generator: Variables, batch: Batch) -> dict[str, Float[Array, "b h w 3"]]:
        """Return the composed picture of each stage, "coarse" and "refined", in [-1, 1] and of any size.

        Args:
            generator: The generator's variables.
            batch: "input" and "mask".
        """
        both = predict_any_size(
            self.generator, generator, _seen(batch), False, pick=lambda predicted: jnp.concatenate(predicted, axis=-1)
        )
        pictures = jnp.split(both, len(STAGES), axis=-1)
        return {name: _composed(batch, picture) for name, picture in zip(STAGES, pictures, strict=True)}

    def _distances(self, batch: Batch, predicted: Array) -> Terms:
        truth, hole = batch["target"], batch["mask"]
        terms: Terms = {
            "l1_hole": (self.l1_hole, losses.masked_l1(predicted, truth, hole)),
            "l1_known": (self.l1_known, losses.masked_l1(predicted, truth, 1 - hole)),
        }
        if self.l1:
            terms["l1"] = self.l1, losses.l1(predicted, truth)
        if self.mse_hole:
            terms["mse_hole"] = self.mse_hole, losses.masked_mse(predicted, truth, hole)
        return terms


def _total(terms: Terms) -> Array:
    return jnp.asarray(sum(weight * term for weight, term in terms.values()))


def _seen(batch: Batch) -> Float[Array, "b h w 4"]:
    if "mask" not in batch:
        raise ValueError("inpainting needs the mask of each picture's holes, [b h w 1]: set data.damage=Holes")
    return _masked(batch, batch["input"])


def _masked(batch: Batch, pictures: Float[Array, "b h w 3"]) -> Float[Array, "b h w 4"]:
    return jnp.concatenate([pictures, batch["mask"]], axis=-1)


def _composed(batch: Batch, predicted: Float[Array, "b h w 3"]) -> Float[Array, "b h w 3"]:
    # A choice, not a weighted sum: known pixels keep every bit.
    return jnp.where(batch["mask"] > 0.5, predicted, batch["input"])
