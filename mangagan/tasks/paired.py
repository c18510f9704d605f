"""Pix2Pix: aligned pairs of an input and its colour page (Isola et al. 2017, arXiv 1611.07004)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
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
from mangagan.tasks.color_spaces import RGB, Space
from mangagan.tasks.perceptual import Perceptual


@dataclass(frozen=True)
class Paired(Task):
    """One generator from input to target, and a discriminator that also sees the input if `conditional`.

    Weights of the generator's losses: `adversarial`, `l1`, `mse`, `charbonnier`, `matching` (of the features of a
    MultiscaleDiscriminator) and `perceptual`. If `adversarial` and `matching` are both 0, the discriminator is neither
    evaluated nor updated. `batch_stats_at_test`: at test a batch norm uses the statistics of each picture, as the
    paper does, which trains with a batch of 1.
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
    batch_stats_at_test: bool = True
    stability: Stability = field(default_factory=Stability)

    @property
    def every_discriminator_steps(self) -> int:
        return self.stability.every_steps

    @property
    def discriminator_start_step(self) -> int:
        return self.stability.discriminator_start_step

    @property
    def uses_discriminator(self) -> bool:
        """Whether the generator's loss depends on the discriminator."""
        return self.adversarial != 0 or self.matching != 0

    @property
    def frozen_weights(self) -> dict[str, tuple[str, str]]:
        return {"perceptual": (self.perceptual.network, self.perceptual.file)} if self.perceptual.needs_network else {}

    def init(self, key: Array, batch: Batch) -> Nets:
        generator_key, discriminator_key = jax.random.split(key)
        if self.generator.outputs != self.space.channels:
            raise ValueError(
                f"task.generator.outputs={self.generator.outputs}: {type(self.space).__name__} has "
                f"{self.space.channels} channels to predict"
            )
        self._check_matching()
        return Nets(
            init_network(self.generator, generator_key, self._source(batch)),
            init_network(self.discriminator, discriminator_key, self._real(batch)),
        )

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        predicted, stats = apply_network(self.generator, generator, self._source(batch), train=True, rng=rng)
        return {"target": predicted}, stats

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, DiscriminatorAux]:
        if not self.uses_discriminator:
            return jnp.zeros(()), DiscriminatorAux({"loss/discriminator": jnp.zeros(())}, discriminator.stats)
        real, fake = self._real(batch), self._shown(batch, fakes["target"])
        loss, stats = discriminator_loss(
            self.discriminator, discriminator, self.gan, self.stability, real, fake, context
        )
        return loss, DiscriminatorAux({"loss/discriminator": loss}, stats)

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        metrics = self._scheduled_adversarial(discriminator, batch, fakes, context) if self.uses_discriminator else {}
        metrics |= self._distances(batch, fakes, context)
        weights = {"gan": self.adversarial, "l1": self.l1, "mse": self.mse}
        weights |= {"charbonnier": self.charbonnier, "matching": self.matching}
        loss = sum(weights.get(name.removeprefix("loss/"), 1.0) * metric for name, metric in metrics.items())
        return jnp.asarray(loss), metrics | {"loss/generator": jnp.asarray(loss)}

    @property
    def color_space(self) -> Literal["RGB", "Lab"]:
        return self.space.raw_space

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        return self.space.picture(batch["input"], self._predicted(generator, batch))

    def predict_raw(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        return self.space.raw(batch["input"], self._predicted(generator, batch))

    def _predicted(self, generator: Variables, batch: Batch) -> Array:
        """Return the prediction in the numbers of `space`."""
        return predict_any_size(self.generator, generator, self._source(batch), self.batch_stats_at_test)

    def _check_matching(self) -> None:
        if self.matching and not isinstance(self.discriminator, MultiscaleDiscriminator):
            raise ValueError(
                f"task.matching={self.matching} compares the features of a MultiscaleDiscriminator, and "
                f"task.discriminator={type(self.discriminator).__name__}: set that to MultiscaleDiscriminator"
            )

    def _scheduled_adversarial(self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context) -> Metrics:
        """Return the losses that need the discriminator; zeros before `discriminator_start_step`."""
        predicted = fakes["target"]
        if not self.discriminator_start_step:
            return self._adversarial(discriminator, batch, predicted, context)
        # A `cond`, not a product with 0: before that step the discriminator is not evaluated.
        adversarial = partial(self._adversarial, discriminator, batch, context=context)
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), jax.eval_shape(adversarial, predicted))
        return jax.lax.cond(context.step >= self.discriminator_start_step, adversarial, lambda _: zeros, predicted)

    def _adversarial(self, discriminator: Variables, batch: Batch, predicted: Array, context: Context) -> Metrics:
        logits_of = partial(discriminate, self.discriminator, discriminator, self.stability, context=context)
        output = logits_of(self._shown(batch, predicted))
        metrics = {"loss/gan": generator_adversarial_loss(self.gan, output)}
        if self.matching:
            metrics["loss/matching"] = losses.feature_matching(output, logits_of(self._real(batch)))
        return metrics

    def _distances(self, batch: Batch, fakes: Fakes, context: Context) -> Metrics:
        predicted, truth = fakes["target"], self.space.target(batch["target"])
        metrics = {"loss/l1": losses.l1(predicted, truth)}
        if self.mse:
            metrics["loss/mse"] = losses.mse(predicted, truth)
        if self.charbonnier:
            metrics["loss/charbonnier"] = losses.charbonnier(predicted, truth)
        if self.perceptual.needs_network:
            picture = self._picture(batch, fakes)
            metrics["loss/perceptual"] = self.perceptual.loss(context.frozen["perceptual"], picture, batch["target"])
        return metrics

    def _picture(self, batch: Batch, fakes: Fakes) -> Array:
        """Return the fakes as pictures, sRGB in [-1, 1]."""
        return self.space.picture(batch["input"], fakes["target"])

    def _real(self, batch: Batch) -> Array:
        return self._shown(batch, self.space.target(batch["target"]))

    def _shown(self, batch: Batch, predicted: Array) -> Array:
        return jnp.concatenate([self._condition(batch), predicted], axis=-1) if self.conditional else predicted

    def _condition(self, batch: Batch) -> Array:
        return self._source(batch)

    def _source(self, batch: Batch) -> Array:
        """Return the generator's input."""
        return self.space.source(batch["input"])
