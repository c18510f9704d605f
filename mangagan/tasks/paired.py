"""Pix2Pix: aligned pairs of an input and its colour page (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
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
from mangagan.tasks.color_spaces import RGB, Space
from mangagan.tasks.perceptual import Perceptual


@dataclass(frozen=True)
class Paired(Task):
    """One generator from input to target, judged together with its input (`conditional`) or by itself.

    Weights of the generator's losses: `adversarial`, `l1`, `mse`, `charbonnier`, `matching` (of the features of a
    MultiscaleDiscriminator) and `perceptual`. Where neither `adversarial` nor `matching` asks the discriminator, it
    stays as it is and no time is spent on it. `own_statistics`: at test a batch norm uses each picture's own
    statistics, as the paper's test does, which trains with batch 1.
    """

    discriminator_first: ClassVar[bool] = True

    generator: UNet | ResNet | DCGANGenerator = field(default_factory=UNet)
    discriminator: PatchGAN | PixelGAN | MultiscaleDiscriminator | DCGANDiscriminator = field(default_factory=PatchGAN)
    space: Space = field(default_factory=RGB)
    gan: losses.Adversarial = field(default_factory=losses.BinaryCrossEntropy)
    adversarial: float = 1.0
    l1: float = 100.0
    mse: float = 0.0
    charbonnier: float = 0.0
    matching: float = 0.0
    perceptual: Perceptual = field(default_factory=Perceptual)
    conditional: bool = True
    own_statistics: bool = True
    stability: Stability = field(default_factory=Stability)

    @property
    def every_discriminator_steps(self) -> int:
        return self.stability.every_steps

    @property
    def alone_steps(self) -> int:
        return self.stability.alone_steps

    @property
    def judged(self) -> bool:
        """Whether the generator's loss asks the discriminator."""
        return self.adversarial != 0 or self.matching != 0

    @property
    def frozen_weights(self) -> dict[str, tuple[str, str]]:
        return {"perceptual": (self.perceptual.network, self.perceptual.file)} if self.perceptual.wanted else {}

    def init(self, key: Array, batch: Batch) -> Nets:
        generator_key, discriminator_key = jax.random.split(key)
        if self.generator.outputs != self.space.channels:
            raise ValueError(
                f"task.generator.outputs={self.generator.outputs}: {type(self.space).__name__} has "
                f"{self.space.channels} channels to paint"
            )
        self._check_matching()
        return Nets(
            init_network(self.generator, generator_key, self._source(batch)),
            init_network(self.discriminator, discriminator_key, self._real(batch)),
        )

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        painted, stats = apply_network(self.generator, generator, self._source(batch), train=True, rng=rng)
        return {"target": painted}, stats

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Judgement]:
        if not self.judged:
            return jnp.zeros(()), Judgement({"loss/discriminator": jnp.zeros(())}, discriminator.stats)
        real, fake = self._real(batch), self._shown(batch, fakes["target"])
        loss, stats = judge(self.discriminator, discriminator, self.gan, self.stability, real, fake, context)
        return loss, Judgement({"loss/discriminator": loss}, stats)

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        verdict = self._verdict_in_turn(discriminator, batch, fakes["target"], context) if self.judged else {}
        metrics = verdict | self._distances(batch, fakes, context)
        weights = {"gan": self.adversarial, "l1": self.l1, "mse": self.mse}
        weights |= {"charbonnier": self.charbonnier, "matching": self.matching}
        loss = sum(weights.get(name.removeprefix("loss/"), 1.0) * metric for name, metric in metrics.items())
        return jnp.asarray(loss), metrics | {"loss/generator": jnp.asarray(loss)}

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        painted = predict_any_size(self.generator, generator, self._source(batch), self.own_statistics)
        return self.space.picture(batch["input"], painted)

    def _check_matching(self) -> None:
        if self.matching and not isinstance(self.discriminator, MultiscaleDiscriminator):
            raise ValueError(
                f"task.matching={self.matching} compares what a MultiscaleDiscriminator answers, and "
                f"task.discriminator={type(self.discriminator).__name__}: set that to MultiscaleDiscriminator"
            )

    def _verdict_in_turn(self, discriminator: Variables, batch: Batch, painted: Array, context: Context) -> Metrics:
        if not self.alone_steps:
            return self._verdict(discriminator, batch, painted, context)
        verdict = partial(self._verdict, discriminator, batch, context=context)
        none = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), jax.eval_shape(verdict, painted))
        return jax.lax.cond(context.step >= self.alone_steps, verdict, lambda _: none, painted)

    def _verdict(self, discriminator: Variables, batch: Batch, painted: Array, context: Context) -> Metrics:
        ask_for = partial(ask, self.discriminator, discriminator, self.stability, context=context)
        answer = ask_for(self._shown(batch, painted))
        metrics = {"loss/gan": convince(self.gan, answer)}
        if self.matching:
            metrics["loss/matching"] = losses.feature_matching(answer, ask_for(self._real(batch)))
        return metrics

    def _distances(self, batch: Batch, fakes: Fakes, context: Context) -> Metrics:
        painted, truth = fakes["target"], self.space.target(batch["target"])
        metrics = {"loss/l1": losses.l1(painted, truth)}
        if self.mse:
            metrics["loss/mse"] = losses.mse(painted, truth)
        if self.charbonnier:
            metrics["loss/charbonnier"] = losses.charbonnier(painted, truth)
        if self.perceptual.wanted:
            picture = self._picture(batch, fakes)
            metrics["loss/perceptual"] = self.perceptual.loss(context.frozen["perceptual"], picture, batch["target"])
        return metrics

    def _picture(self, batch: Batch, fakes: Fakes) -> Array:
        """The fakes as people see them."""
        return self.space.picture(batch["input"], fakes["target"])

    def _real(self, batch: Batch) -> Array:
        return self._shown(batch, self.space.target(batch["target"]))

    def _shown(self, batch: Batch, painted: Array) -> Array:
        return jnp.concatenate([self._condition(batch), painted], axis=-1) if self.conditional else painted

    def _condition(self, batch: Batch) -> Array:
        return self._source(batch)

    def _source(self, batch: Batch) -> Array:
        """What the generator sees."""
        return self.space.source(batch["input"])
