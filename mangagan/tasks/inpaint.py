"""Inpainting: holes of a picture painted in two stages, judged with what is known around them."""

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
from mangagan.tasks.adversarial import Stability, ask, convince, judge
from mangagan.tasks.base import (
    Batch,
    Context,
    Fakes,
    Judgement,
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
    """A generator of two stages from a picture with holes, and their mask, to the picture; batches also have `mask`.

    `input` is [b h w 3] in [-1, 1], `mask` [b h w 1] is 1 in the hole. A painted picture is composed: the hole's pixels
    are the stage's, the others those of the input. The discriminator sees the composed picture and the mask.

    Weights: `adversarial` (with 0 no time is spent on the discriminator, which stays as it is); the L1 of the refined
    picture before it is composed, over the hole's pixels, the known ones and all (`l1_hole`, `l1_known`, `l1`), and
    its mean squared difference over the hole's pixels (`mse_hole`); `reconstruction`, that of the same sum for the
    coarse picture; `perceptual` losses of the composed refined picture, and its `total_variation` in the hole and
    across its border. The defaults are near those of Liu et al. 2018 (arXiv 1804.07723), whose pictures are in [0, 1].
    """

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
        return {"perceptual": (self.perceptual.network, self.perceptual.file)} if self.perceptual.wanted else {}

    def init(self, key: Array, batch: Batch) -> Nets:
        self.stability.check_not_alone()
        keys, blank = jax.random.split(key), jnp.zeros((*batch["target"].shape[:3], 4))
        return Nets(
            init_network(self.generator, keys[0], blank),
            init_network(self.discriminator, keys[1], blank),
        )

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        painted, stats = apply_network(self.generator, generator, _seen(batch), train=True, rng=rng)
        return dict(zip(STAGES, painted, strict=True)), stats

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Judgement]:
        if not self.adversarial:
            return jnp.zeros(()), Judgement({"loss/discriminator": jnp.zeros(())}, discriminator.stats)
        real, fake = (_masked(batch, x) for x in (batch["target"], _composed(batch, fakes["refined"])))
        loss, stats = judge(self.discriminator, discriminator, self.gan, self.stability, real, fake, context)
        return loss, Judgement({"loss/discriminator": loss}, stats)

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        composed = _composed(batch, fakes["refined"])
        terms = self._distances(batch, fakes["refined"])
        terms["reconstruction"] = self.reconstruction, _total(self._distances(batch, fakes["coarse"]))
        if self.total_variation:
            terms["total_variation"] = self.total_variation, losses.total_variation(composed, batch["mask"])
        if self.perceptual.wanted:
            # Its weights are within.
            terms["perceptual"] = 1.0, self.perceptual.loss(context.frozen["perceptual"], composed, batch["target"])
        if self.adversarial:
            shown = _masked(batch, composed)
            answer = ask(self.discriminator, discriminator, self.stability, shown, context)
            terms["gan"] = self.adversarial, convince(self.gan, answer)
        loss = _total(terms)
        return loss, {f"loss/{name}": term for name, (_, term) in terms.items()} | {"loss/generator": loss}

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        """The refined picture; known pixels are exactly those of the input. Raises ValueError without a mask."""
        return self.stages(generator, batch)["refined"]

    def stages(self, generator: Variables, batch: Batch) -> dict[str, Float[Array, "b h w 3"]]:
        """The composed picture of each stage, "coarse" and "refined", for pictures of any size."""
        both = predict_any_size(
            self.generator, generator, _seen(batch), False, pick=lambda painted: jnp.concatenate(painted, axis=-1)
        )
        pictures = jnp.split(both, len(STAGES), axis=-1)
        return {name: _composed(batch, picture) for name, picture in zip(STAGES, pictures, strict=True)}

    def _distances(self, batch: Batch, painted: Array) -> Terms:
        truth, hole = batch["target"], batch["mask"]
        terms: Terms = {
            "l1_hole": (self.l1_hole, losses.masked_l1(painted, truth, hole)),
            "l1_known": (self.l1_known, losses.masked_l1(painted, truth, 1 - hole)),
        }
        if self.l1:
            terms["l1"] = self.l1, losses.l1(painted, truth)
        if self.mse_hole:
            terms["mse_hole"] = self.mse_hole, losses.masked_mse(painted, truth, hole)
        return terms


def _total(terms: Terms) -> Array:
    return jnp.asarray(sum(weight * term for weight, term in terms.values()))


def _seen(batch: Batch) -> Float[Array, "b h w 4"]:
    if "mask" not in batch:
        raise ValueError("inpainting needs the mask of each picture's holes, [b h w 1]: set data.damage=Holes")
    return _masked(batch, batch["input"])


def _masked(batch: Batch, pictures: Float[Array, "b h w 3"]) -> Float[Array, "b h w 4"]:
    return jnp.concatenate([pictures, batch["mask"]], axis=-1)


def _composed(batch: Batch, painted: Float[Array, "b h w 3"]) -> Float[Array, "b h w 3"]:
    # Chosen, not added up: known pixels come back to the bit.
    return jnp.where(batch["mask"] > 0.5, painted, batch["input"])
