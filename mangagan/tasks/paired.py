"""Pix2Pix: aligned pairs of an input and its colour page (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
from mangagan.tasks.base import (
    Batch,
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


@dataclass(frozen=True)
class Paired(Task):
    """One generator from input to target, judged together with its input (`conditional`) or by itself.

    `own_statistics`: at test a batch norm uses each picture's own statistics, as the paper's test
    does, which trains with batch 1.
    """

    discriminator_first: ClassVar[bool] = True

    generator: UNet | ResNet = field(default_factory=UNet)
    discriminator: PatchGAN | PixelGAN = field(default_factory=PatchGAN)
    gan: losses.Adversarial = field(default_factory=losses.BinaryCrossEntropy)
    adversarial: float = 1.0
    l1: float = 100.0
    conditional: bool = True
    own_statistics: bool = True

    def init(self, key: Array, batch: Batch) -> Nets:
        generator_key, discriminator_key = jax.random.split(key)
        return Nets(
            init_network(self.generator, generator_key, batch["input"]),
            init_network(self.discriminator, discriminator_key, self._shown(batch, batch["target"])),
        )

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        fake, stats = apply_network(self.generator, generator, batch["input"], train=True, rng=rng)
        return {"target": fake}, stats

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, rng: Array
    ) -> tuple[Array, Judgement]:
        real, fake = self._shown(batch, batch["target"]), self._shown(batch, fakes["target"])
        loss, stats = judge(self.discriminator, discriminator, self.gan, real, fake, rng)
        return loss, Judgement({"loss/discriminator": loss}, stats)

    def generator_loss(self, discriminator: Variables, batch: Batch, fakes: Fakes, rng: Array) -> tuple[Array, Metrics]:
        logits, _ = apply_network(self.discriminator, discriminator, self._shown(batch, fakes["target"]), train=True)
        gan = self.gan.on_generated(logits)
        l1 = losses.l1(fakes["target"], batch["target"])
        loss = self.adversarial * gan + self.l1 * l1
        return loss, {"loss/generator": loss, "loss/gan": gan, "loss/l1": l1}

    def predict(self, generator: Variables, inputs: Float[Array, "b h w 1"]) -> Float[Array, "b h w 3"]:
        return predict_any_size(self.generator, generator, inputs, self.own_statistics)

    def _shown(self, batch: Batch, picture: Array) -> Array:
        return jnp.concatenate([batch["input"], picture], axis=-1) if self.conditional else picture


def judge(
    network: PatchGAN | PixelGAN,
    variables: Variables,
    gan: losses.Adversarial,
    real: Array,
    fake: Array,
    rng: Array,
) -> tuple[Array, Tree]:
    """Half the discriminator's loss on real plus on fake pictures (plus WGAN-GP's penalty), and the new statistics.

    The half slows the discriminator down against its generator (Isola et al., section 3.3).
    """
    fake_logits, stats = apply_network(network, variables, fake, train=True)
    real_logits, stats = apply_network(network, Variables(variables.params, stats), real, train=True)
    loss = (gan.on_fake(fake_logits) + gan.on_real(real_logits)) / 2
    if isinstance(gan, losses.Wasserstein):
        critic = lambda pictures: apply_network(network, variables, pictures, train=True)[0]  # noqa: E731
        loss = loss + gan.penalty * losses.gradient_penalty(critic, real, fake, rng)
    return loss, stats
