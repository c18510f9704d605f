"""Adversarial losses of discriminator and generator, and the settings that stabilise GAN training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.tasks.base import Context, Tree, Variables, apply_network

# The output of a discriminator: logits, or a list of scales, each a list of features that ends with the logits.
Output = Any


@dataclass(frozen=True)
class Stability:
    """Settings against a discriminator that is too strong for its generator; the defaults switch all of them off.

    Label smoothing and noise need a loss with labels: BinaryCrossEntropy or LeastSquares.

    Raises:
        ValueError: A number is out of range.
    """

    smoothing: float = 0.0  # real pictures have the label 1 - smoothing (one-sided; Salimans et al. 2016)
    label_noise: float = 0.0  # each label moves at random by up to this towards the other label
    noise: float = 0.0  # standard deviation of the instance noise at step 0 (Arjovsky and Bottou 2017)
    noise_steps: int = 0  # steps over which the instance noise decays linearly to 0; 0: it does not decay
    r1: float = 0.0  # weight of half the R1 penalty (Mescheder et al. 2018)
    every_steps: int = 1  # period, in steps, of the discriminator's updates
    discriminator_start_step: int = 0  # before it there is no adversarial loss and no update of the discriminator

    def __post_init__(self) -> None:
        names = ("smoothing", "label_noise", "noise", "noise_steps", "r1", "discriminator_start_step")
        numbers = {name: getattr(self, name) for name in names}
        wrong = [f"{name}={number}: must be at least 0" for name, number in numbers.items() if number < 0]
        wrong += [f"every_steps={self.every_steps}: must be at least 1"] if self.every_steps < 1 else []
        if wrong:
            raise ValueError(f"task.stability: {', '.join(wrong)}")

    def check_starts_at_once(self) -> None:
        """Check that the discriminator starts at step 0, for tasks without another start.

        Raises:
            ValueError: It starts later.
        """
        if self.discriminator_start_step:
            given = f"task.stability.discriminator_start_step={self.discriminator_start_step}"
            raise ValueError(f"{given}: only paired tasks can train without a discriminator at first; set it to 0")


def discriminator_loss(
    network: nn.Module,
    variables: Variables,
    gan: losses.Adversarial,
    stability: Stability,
    real: Float[Array, "b h w c"],
    fake: Float[Array, "b h w c"],
    context: Context,
) -> tuple[Array, Tree]:
    """Return the discriminator's loss, and its new statistics.

    The loss is half the sum of those of real and fake pictures, plus the penalties. The half slows the discriminator
    down relative to its generator (Isola et al. 2017, section 3.3).

    Args:
        network: The discriminator.
        variables: Its variables.
        gan: The adversarial loss.
        stability: Smoothing, noise and penalties.
        real: True pictures, with what the discriminator is conditioned on.
        fake: Generated ones, without a gradient.
        context: The step and a random key.

    Raises:
        ValueError: Labels are smoothed or noisy, and the loss has none.
    """
    keys = jax.random.split(context.key, 5)
    real, fake = (
        add_instance_noise(stability, pictures, context.step, key)
        for pictures, key in zip((real, fake), keys, strict=False)
    )
    fake_output, stats = apply_network(network, variables, fake, train=True)
    real_output, stats = apply_network(network, Variables(variables.params, stats), real, train=True)
    spread = stability.label_noise * jax.random.uniform(keys[2], (2, len(real)))
    loss = sum(
        (_on_fake(gan, stability, low, spread[0]) + _on_real(gan, stability, high, spread[1])) / 2
        for low, high in zip(scores(fake_output), scores(real_output), strict=True)
    )

    def critic(pictures: Array) -> Array:
        output = apply_network(network, variables, pictures, train=True)[0]
        return jnp.concatenate([score.reshape(len(score), -1) for score in scores(output)], axis=1)

    if isinstance(gan, losses.Wasserstein):
        loss = loss + gan.penalty * losses.gradient_penalty(critic, real, fake, keys[3])
    if stability.r1:
        loss = loss + stability.r1 / 2 * losses.r1_penalty(critic, real)
    return jnp.asarray(loss), stats


def discriminate(
    network: nn.Module, variables: Variables, stability: Stability, pictures: Float[Array, "b h w c"], context: Context
) -> Output:
    """Return the discriminator's output for the generator's loss, with the instance noise of this step.

    Args:
        network: The discriminator.
        variables: Its variables.
        stability: The instance noise.
        pictures: Generated or true pictures, with what the discriminator is conditioned on.
        context: The step and a random key.
    """
    pictures = add_instance_noise(stability, pictures, context.step, context.key)
    return apply_network(network, variables, pictures, train=True)[0]


def generator_adversarial_loss(gan: losses.Adversarial, output: Output) -> Array:
    """Return the generator's adversarial loss, summed over scales.

    Args:
        gan: The adversarial loss.
        output: The discriminator's output for generated pictures.
    """
    return jnp.asarray(sum(gan.on_generated(score) for score in scores(output)))


def scores(output: Output) -> list[Array]:
    """Return the logits of each scale."""
    return [stages[-1] for stages in output] if isinstance(output, list) else [output]


def add_instance_noise(stability: Stability, pictures: Array, step: Array, key: Array) -> Array:
    """Return the pictures with the instance noise of this step (Arjovsky and Bottou 2017).

    Args:
        stability: The standard deviation and its decay.
        pictures: Pictures [b h w c] of any range.
        step: The number of the step, from 0.
        key: A random key.
    """
    if not stability.noise:
        return pictures
    left = jnp.clip(1 - step / stability.noise_steps, 0, 1) if stability.noise_steps else 1.0
    # Drawn flat: XLA's CPU backend takes five times as long to compile a 4D draw.
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
        f"task.stability: {type(gan).__name__} has no labels to smooth; set task.gan to BinaryCrossEntropy "
        "or LeastSquares, or smoothing and label_noise to 0"
    )
