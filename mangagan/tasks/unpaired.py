"""CycleGAN: two collections of pages without pairs (Zhu et al. 2017, arXiv 1703.10593)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.layers import InstanceNorm
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
from mangagan.tasks import image_pool
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


@dataclass(frozen=True)
class Unpaired(Task):
    """A generator for each direction and a discriminator for each side, with a cycle consistency loss.

    The variables of both generators are one tree, `to_target` and `to_input`, with one optimiser; so are those of the
    discriminators, `target` and `input`. The weight of the identity loss is `identity` times `cycle`, as in the paper;
    `pool` is the number of generated pictures of each side that are kept for the discriminators.
    """

    discriminator_first: ClassVar[bool] = False

    generator: ResNet | UNet = field(default_factory=ResNet)
    discriminator: PatchGAN | PixelGAN = field(default_factory=lambda: PatchGAN(norm=InstanceNorm()))
    gan: losses.Adversarial = field(default_factory=losses.LeastSquares)
    cycle: float = 10.0
    identity: float = 0.5
    pool: int = 50
    batch_stats_at_test: bool = True
    stability: Stability = field(default_factory=Stability)

    @property
    def every_discriminator_steps(self) -> int:
        return self.stability.every_steps

    def init(self, key: Array, batch: Batch) -> Nets:
        self.stability.check_starts_at_once()
        keys = jax.random.split(key, 4)
        sides = _sides(batch)
        generators = {
            "to_target": init_network(self.generator, keys[0], sides["input"]),
            "to_input": init_network(self.generator, keys[1], sides["target"]),
        }
        discriminators = {
            side: init_network(self.discriminator, side_key, sides[side])
            for side, side_key in zip(("target", "input"), keys[2:], strict=True)
        }
        return Nets(_group(generators), _group(discriminators))

    def init_memory(self, batch: Batch) -> Tree:
        return {side: image_pool.empty(self.pool, pictures) for side, pictures in _sides(batch).items()}

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        fakes: Fakes = {}
        real, stats = _sides(batch), dict(generator.stats)
        passes = [
            ("target", "to_target", lambda: real["input"]),
            ("input", "to_input", lambda: real["target"]),
            ("cycle_input", "to_input", lambda: fakes["target"]),
            ("cycle_target", "to_target", lambda: fakes["input"]),
        ]
        if self.identity:
            passes += [
                ("same_target", "to_target", lambda: real["target"]),
                ("same_input", "to_input", lambda: real["input"]),
            ]
        for (name, direction, source), key in zip(passes, jax.random.split(rng, len(passes)), strict=True):
            variables = Variables(generator.params[direction], stats[direction])
            fakes[name], stats[direction] = apply_network(self.generator, variables, source(), train=True, rng=key)
        return fakes, stats

    def sample_pool(self, memory: Tree, fakes: Fakes, rng: Array) -> tuple[Tree, Fakes]:
        exchanged = {
            side: image_pool.exchange(memory[side], fakes[side], key)
            for side, key in zip(("input", "target"), jax.random.split(rng), strict=True)
        }
        kept = {side: pools for side, (pools, _) in exchanged.items()}
        return kept, fakes | {side: shown for side, (_, shown) in exchanged.items()}

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, DiscriminatorAux]:
        real, total, stats, metrics = _sides(batch), jnp.zeros(()), {}, {}
        for side, key in zip(("target", "input"), jax.random.split(context.key), strict=True):
            loss, stats[side] = discriminator_loss(
                self.discriminator,
                _pick(discriminator, side),
                self.gan,
                self.stability,
                real[side],
                fakes[side],
                context._replace(key=key),
            )
            metrics[f"loss/discriminator_{side}"] = loss
            total = total + loss
        return total, DiscriminatorAux(metrics, stats)

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        real, metrics, total = _sides(batch), {}, jnp.zeros(())
        for side in ("target", "input"):
            output = discriminate(self.discriminator, _pick(discriminator, side), self.stability, fakes[side], context)
            metrics[f"loss/gan_{side}"] = generator_adversarial_loss(self.gan, output)
            metrics[f"loss/cycle_{side}"] = losses.l1(fakes[f"cycle_{side}"], real[side])
            total = total + metrics[f"loss/gan_{side}"] + self.cycle * metrics[f"loss/cycle_{side}"]
            if self.identity:
                metrics[f"loss/identity_{side}"] = losses.l1(fakes[f"same_{side}"], real[side])
                total = total + self.cycle * self.identity * metrics[f"loss/identity_{side}"]
        return total, metrics | {"loss/generator": total}

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        inputs = _three_channels(batch["input"])
        return predict_any_size(self.generator, _pick(generator, "to_target"), inputs, self.batch_stats_at_test)


def _sides(batch: Batch) -> Batch:
    """Return both sides in RGB: the identity loss applies each generator to pictures of its output's side."""
    return {"input": _three_channels(batch["input"]), "target": batch["target"]}


def _three_channels(gray: Float[Array, "b h w 1"]) -> Float[Array, "b h w 3"]:
    return jnp.broadcast_to(gray, (*gray.shape[:-1], 3))


def _group(networks: dict[str, Variables]) -> Variables:
    return Variables(
        {name: variables.params for name, variables in networks.items()},
        {name: variables.stats for name, variables in networks.items()},
    )


def _pick(group: Variables, name: str) -> Variables:
    return Variables(group.params[name], group.stats[name])
