"""Losses: arrays in, a scalar out.

Adversarial losses are values, so that an experiment names one and a user may swap it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def toward(self, logits: Logits, label: Array) -> Scalar:
        """Cross entropy to labels in [0, 1], one for each picture or one for all."""
        return jnp.mean(jax.nn.softplus(logits) - _for_each(label, logits) * logits)

    def on_real(self, logits: Logits) -> Scalar:
        return jnp.mean(jax.nn.softplus(-logits))

    def on_fake(self, logits: Logits) -> Scalar:
        return jnp.mean(jax.nn.softplus(logits))

    def on_generated(self, logits: Logits) -> Scalar:
        return self.on_real(logits)


@dataclass(frozen=True)
class LeastSquares:
    """Squared distance to 1 for real and to 0 for fake (LSGAN, Mao et al. 2017)."""

    def toward(self, logits: Logits, label: Array) -> Scalar:
        """Squared distance to labels, one for each picture or one for all."""
        return jnp.mean((logits - _for_each(label, logits)) ** 2)

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


def mse(prediction: Float[Array, "*shape"], truth: Float[Array, "*shape"]) -> Scalar:
    """Mean squared difference."""
    return jnp.mean((prediction - truth) ** 2)


def masked_l1(
    prediction: Float[Array, "b h w c"], truth: Float[Array, "b h w c"], mask: Float[Array, "b h w 1"]
) -> Scalar:
    """Mean absolute difference of the pixels where mask is 1, over all pictures together; 0 where there are none."""
    return _mean_where([mask], [prediction - truth])


def masked_mse(
    prediction: Float[Array, "b h w c"], truth: Float[Array, "b h w c"], mask: Float[Array, "b h w 1"]
) -> Scalar:
    """Mean squared difference of the pixels where mask is 1 in a picture, then over the pictures that have such pixels.

    So a small hole counts as much as a large one. 0 where there are none.
    """
    total = jnp.sum(mask * jnp.square(prediction - truth), axis=(1, 2, 3))
    area = jnp.sum(mask, axis=(1, 2, 3))
    means = total / jnp.maximum(area * prediction.shape[-1], 1)
    return jnp.asarray(jnp.sum(means) / jnp.maximum(jnp.sum(area > 0), 1))


def total_variation(pictures: Float[Array, "b h w c"], mask: Float[Array, "b h w 1"]) -> Scalar:
    """Mean absolute difference of all pairs of neighbours, below and beside each other, that mask touches.

    One or both of a pair are where mask is 1, so that a seam around it counts; 0 where there are none. Follows Liu et
    al. 2018, arXiv 1804.07723, equation 6, with a mean in place of its sum.
    """
    touched = [jnp.maximum(mask[:, 1:], mask[:, :-1]), jnp.maximum(mask[:, :, 1:], mask[:, :, :-1])]
    return _mean_where(touched, [pictures[:, 1:] - pictures[:, :-1], pictures[:, :, 1:] - pictures[:, :, :-1]])


def _mean_where(masks: Sequence[Array], differences: Sequence[Array]) -> Scalar:
    pairs = list(zip(masks, differences, strict=True))
    total = sum(jnp.sum(mask * jnp.abs(difference)) for mask, difference in pairs)
    count = sum(jnp.sum(mask) * difference.shape[-1] for mask, difference in pairs)
    return jnp.asarray(total / jnp.maximum(count, 1))


def charbonnier(prediction: Float[Array, "*shape"], truth: Float[Array, "*shape"], epsilon: float = 1e-3) -> Scalar:
    """Mean of sqrt(difference² + epsilon²), an L1 that is smooth at zero (Charbonnier et al. 1994)."""
    return jnp.mean(jnp.sqrt((prediction - truth) ** 2 + epsilon**2))


def feature_matching(fake: Sequence[Sequence[Array]], real: Sequence[Sequence[Array]]) -> Scalar:
    """L1 between a discriminator's features of fake and of real pictures, stage by stage, at every scale.

    Each scale is a sequence of stages; the last, the logits, does not count. The others are summed with the weight
    4 / stages, scales averaged, as in NVIDIA/pix2pixHD (Wang et al. 2018, arXiv 1711.11585, equation 4).
    """
    scales = [_stage_difference(*scale) * 4 / (len(scale[0]) - 1) for scale in zip(fake, real, strict=True)]
    return jnp.asarray(sum(scales) / len(scales))


def _stage_difference(fake: Sequence[Array], real: Sequence[Array]) -> Scalar:
    stages = zip(fake[:-1], real[:-1], strict=True)
    return jnp.asarray(sum(l1(made, jax.lax.stop_gradient(true)) for made, true in stages))


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
    slope = jax.grad(lambda pictures: jnp.sum(_mean_score(critic(pictures))))(between)
    norm = jnp.sqrt(jnp.sum(slope**2, axis=(1, 2, 3)) + 1e-12)
    return jnp.mean((norm - 1) ** 2)


def squared_slope(critic: Callable[[Float[Array, "b h w c"]], Logits], real: Float[Array, "b h w c"]) -> Scalar:
    """The squared norm of the critic's gradient at real pictures, averaged over them: R1 without its weight.

    Mescheder et al. 2018, arXiv 1801.04406, equation 9. A patch critic's scores are averaged per picture first.
    """
    slope = jax.grad(lambda pictures: jnp.sum(_mean_score(critic(pictures))))(real)
    return jnp.mean(jnp.sum(slope**2, axis=(1, 2, 3)))


def _mean_score(logits: Logits) -> Float[Array, " b"]:
    return logits.reshape(len(logits), -1).mean(1)


def _for_each(label: Array, logits: Logits) -> Array:
    return jnp.reshape(label, (-1, *(1,) * (logits.ndim - 1)))
