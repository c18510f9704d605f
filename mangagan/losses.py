"""Losses: arrays in, a scalar out.

Adversarial losses are values, so that an experiment names one and a user may swap it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Logits = Float[Array, "b *patch"]
Scalar = Float[Array, ""]


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """The non-saturating loss on logits (Goodfellow et al. 2014); "vanilla" in the pix2pix code."""

    def on_real(self, logits: Logits) -> Scalar:
        return jnp.mean(jax.nn.softplus(-logits))

    def on_fake(self, logits: Logits) -> Scalar:
        return jnp.mean(jax.nn.softplus(logits))

    def on_generated(self, logits: Logits) -> Scalar:
        return self.on_real(logits)


@dataclass(frozen=True)
class LeastSquares:
    """Squared distance to 1 for real and to 0 for fake (LSGAN, Mao et al. 2017)."""

    def on_real(self, logits: Logits) -> Scalar:
        return jnp.mean((logits - 1) ** 2)

    def on_fake(self, logits: Logits) -> Scalar:
        return jnp.mean(logits**2)

    def on_generated(self, logits: Logits) -> Scalar:
        return self.on_real(logits)


@dataclass(frozen=True)
class Hinge:
    """Margin loss for the discriminator, its raw score for the generator (Lim and Ye 2017)."""

    def on_real(self, logits: Logits) -> Scalar:
        return jnp.mean(jax.nn.relu(1 - logits))

    def on_fake(self, logits: Logits) -> Scalar:
        return jnp.mean(jax.nn.relu(1 + logits))

    def on_generated(self, logits: Logits) -> Scalar:
        return -jnp.mean(logits)


@dataclass(frozen=True)
class Wasserstein:
    """The critic's raw scores with a penalty on its gradient (WGAN-GP, Gulrajani et al. 2017)."""

    penalty: float = 10.0

    def on_real(self, logits: Logits) -> Scalar:
        return -jnp.mean(logits)

    def on_fake(self, logits: Logits) -> Scalar:
        return jnp.mean(logits)

    def on_generated(self, logits: Logits) -> Scalar:
        return -jnp.mean(logits)


Adversarial = BinaryCrossEntropy | LeastSquares | Hinge | Wasserstein


def l1(prediction: Float[Array, "*shape"], truth: Float[Array, "*shape"]) -> Scalar:
    """Mean absolute difference."""
    return jnp.mean(jnp.abs(prediction - truth))


def gradient_penalty(
    critic: Callable[[Float[Array, "b h w c"]], Logits],
    real: Float[Array, "b h w c"],
    fake: Float[Array, "b h w c"],
    rng: Any,
) -> Scalar:
    """Squared distance from 1 of the critic's gradient norm, on one random point between each real and fake picture.

    Gulrajani et al. 2017, equation 3, without its weight. A patch critic's scores are averaged per picture first, as
    its loss averages them.
    """
    share = jax.random.uniform(rng, (len(real), 1, 1, 1))
    between = share * real + (1 - share) * fake
    slope = jax.grad(lambda pictures: jnp.sum(jnp.mean(critic(pictures), axis=(1, 2, 3))))(between)
    norm = jnp.sqrt(jnp.sum(slope**2, axis=(1, 2, 3)) + 1e-12)
    return jnp.mean((norm - 1) ** 2)
