"""How a discriminator is shown pictures and what it is asked for, with what keeps it from crushing its generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.tasks.base import Context, Tree, Variables, apply_network

# A discriminator's answer: logits, or for each scale its stages with the logits last.
Answer = Any


@dataclass(frozen=True)
class Stability:
    """Help for a generator against a discriminator that is too good; all of it is off by default.

    Labels need a loss that has labels (BinaryCrossEntropy, LeastSquares): ValueError for others when a loss is made.
    ValueError where a number is out of range.
    """

    smoothing: float = 0.0  # real pictures are labelled 1 - smoothing (one-sided; Salimans et al. 2016)
    label_noise: float = 0.0  # each picture's label moves by up to this towards the other side, at random
    noise: float = 0.0  # deviation of Gaussian noise on all that the discriminator sees, at the first step
    noise_steps: int = 0  # steps in which that noise falls to zero on a line; 0: it stays
    r1: float = 0.0  # weight of the squared gradient at real pictures, halved (Mescheder et al. 2018)
    every_steps: int = 1  # the discriminator learns at every n-th step
    alone_steps: int = 0  # so long the generator learns by its other losses alone, and the discriminator not at all

    def __post_init__(self) -> None:
        names = ("smoothing", "label_noise", "noise", "noise_steps", "r1", "alone_steps")
        numbers = {name: getattr(self, name) for name in names}
        wrong = [f"{name} is {number}; 0 is the least" for name, number in numbers.items() if number < 0]
        wrong += [f"every_steps is {self.every_steps}; 1 is the least"] if self.every_steps < 1 else []
        if wrong:
            raise ValueError(f"Stability: {', '.join(wrong)}")

    def check_not_alone(self) -> None:
        """Raises ValueError where the generator is to learn alone: tasks call this that cannot do so."""
        if self.alone_steps:
            said = f"task.stability.alone_steps={self.alone_steps}"
            raise ValueError(f"{said}: only the generators of paired tasks can learn alone")


def judge(
    network: nn.Module,
    variables: Variables,
    gan: losses.Adversarial,
    stability: Stability,
    real: Float[Array, "b h w c"],
    fake: Float[Array, "b h w c"],
    context: Context,
) -> tuple[Array, Tree]:
    """Half the discriminator's loss on real plus on fake pictures, with its penalties, and the new statistics.

    The half slows the discriminator down against its generator (Isola et al. 2017, section 3.3).
    """
    keys = jax.random.split(context.key, 5)
    real, fake = (
        blur(stability, pictures, context.step, key) for pictures, key in zip((real, fake), keys, strict=False)
    )
    fake_answer, stats = apply_network(network, variables, fake, train=True)
    real_answer, stats = apply_network(network, Variables(variables.params, stats), real, train=True)
    spread = stability.label_noise * jax.random.uniform(keys[2], (2, len(real)))
    loss = sum(
        (_on_fake(gan, stability, low, spread[0]) + _on_real(gan, stability, high, spread[1])) / 2
        for low, high in zip(scores(fake_answer), scores(real_answer), strict=True)
    )

    def critic(pictures: Array) -> Array:
        answer = apply_network(network, variables, pictures, train=True)[0]
        return jnp.concatenate([score.reshape(len(score), -1) for score in scores(answer)], axis=1)

    if isinstance(gan, losses.Wasserstein):
        loss = loss + gan.penalty * losses.gradient_penalty(critic, real, fake, keys[3])
    if stability.r1:
        loss = loss + stability.r1 / 2 * losses.squared_slope(critic, real)
    return jnp.asarray(loss), stats


def ask(
    network: nn.Module, variables: Variables, stability: Stability, pictures: Float[Array, "b h w c"], context: Context
) -> Answer:
    """The answer that a generator learns from, under the noise that the discriminator learns under."""
    pictures = blur(stability, pictures, context.step, context.key)
    return apply_network(network, variables, pictures, train=True)[0]


def convince(gan: losses.Adversarial, answer: Answer) -> Array:
    """The generator's adversarial loss, summed over the scales of the answer to its pictures."""
    return jnp.asarray(sum(gan.on_generated(score) for score in scores(answer)))


def scores(answer: Answer) -> list[Array]:
    """The logits of each scale."""
    return [stages[-1] for stages in answer] if isinstance(answer, list) else [answer]


def blur(stability: Stability, pictures: Array, step: Array, key: Array) -> Array:
    """The pictures under the noise of this step (Arjovsky and Bottou 2017)."""
    if not stability.noise:
        return pictures
    left = jnp.clip(1 - step / stability.noise_steps, 0, 1) if stability.noise_steps else 1.0
    # Flat: XLA's CPU backend compiles a draw of four axes five times as long.
    noise = jax.random.normal(key, (pictures.size,)).reshape(pictures.shape)
    return pictures + stability.noise * left * noise


def _on_real(gan: losses.Adversarial, stability: Stability, logits: Array, spread: Array) -> Array:
    if not stability.smoothing and not stability.label_noise:
        return gan.on_real(logits)
    return _labelled(gan).toward(logits, 1 - stability.smoothing - spread)


def _on_fake(gan: losses.Adversarial, stability: Stability, logits: Array, spread: Array) -> Array:
    return _labelled(gan).toward(logits, spread) if stability.label_noise else gan.on_fake(logits)


def _labelled(gan: losses.Adversarial) -> losses.BinaryCrossEntropy | losses.LeastSquares:
    if isinstance(gan, (losses.BinaryCrossEntropy, losses.LeastSquares)):
        return gan
    raise ValueError(
        f"task.stability: {type(gan).__name__} has no labels to smooth; use BinaryCrossEntropy or LeastSquares, "
        "or set smoothing and label_noise to 0"
    )
