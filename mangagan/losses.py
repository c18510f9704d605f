"""Losses: arrays in, a scalar out.

An adversarial loss is a frozen dataclass, so that an override can replace it (`task.gan=Hinge`). Its methods take
logits [b ...] of any range: `on_real` and `on_fake` are the discriminator's losses, `on_generated` the generator's.
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
        """Return the cross entropy to labels.

        Args:
            logits: Logits of any range.
            label: Labels in [0, 1], one for each picture or one for all.
        """
        return jnp.mean(jax.nn.softplus(logits) - _for_each(label, logits) * logits)

    def on_real(self, logits: Logits) -> Scalar:
        """Return the loss of real pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean(jax.nn.softplus(-logits))

    def on_fake(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean(jax.nn.softplus(logits))

    def on_generated(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the generator.

        Args:
            logits: Scores or logits of any range.
        """
        return self.on_real(logits)


@dataclass(frozen=True)
class LeastSquares:
    """Squared distance to 1 for real and to 0 for fake (LSGAN, Mao et al. 2017)."""

    def toward(self, logits: Logits, label: Array) -> Scalar:
        """Return the squared distance to labels.

        Args:
            logits: Logits of any range.
            label: Labels in [0, 1], one for each picture or one for all.
        """
        return jnp.mean((logits - _for_each(label, logits)) ** 2)

    def on_real(self, logits: Logits) -> Scalar:
        """Return the loss of real pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean((logits - 1) ** 2)

    def on_fake(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean(logits**2)

    def on_generated(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the generator.

        Args:
            logits: Scores or logits of any range.
        """
        return self.on_real(logits)


@dataclass(frozen=True)
class Hinge:
    """Margin loss for the discriminator, its raw score for the generator (Lim and Ye 2017)."""

    def on_real(self, logits: Logits) -> Scalar:
        """Return the loss of real pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean(jax.nn.relu(1 - logits))

    def on_fake(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean(jax.nn.relu(1 + logits))

    def on_generated(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the generator.

        Args:
            logits: Scores or logits of any range.
        """
        return -jnp.mean(logits)


@dataclass(frozen=True)
class Wasserstein:
    """The critic's raw scores with a penalty on its gradient (WGAN-GP, Gulrajani et al. 2017)."""

    penalty: float = 10.0

    def on_real(self, logits: Logits) -> Scalar:
        """Return the loss of real pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return -jnp.mean(logits)

    def on_fake(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the discriminator.

        Args:
            logits: Scores or logits of any range.
        """
        return jnp.mean(logits)

    def on_generated(self, logits: Logits) -> Scalar:
        """Return the loss of generated pictures, for the generator.

        Args:
            logits: Scores or logits of any range.
        """
        return -jnp.mean(logits)


Adversarial = BinaryCrossEntropy | LeastSquares | Hinge | Wasserstein


def l1(prediction: Float[Array, "*shape"], truth: Float[Array, "*shape"]) -> Scalar:
    """Return the mean absolute difference.

    Args:
        prediction: Values of any range.
        truth: Values of the same range.
    """
    return jnp.mean(jnp.abs(prediction - truth))


def mse(prediction: Float[Array, "*shape"], truth: Float[Array, "*shape"]) -> Scalar:
    """Return the mean squared difference.

    Args:
        prediction: Values of any range.
        truth: Values of the same range.
    """
    return jnp.mean((prediction - truth) ** 2)


def masked_l1(
    prediction: Float[Array, "b h w c"], truth: Float[Array, "b h w c"], mask: Float[Array, "b h w 1"]
) -> Scalar:
    """Return the mean absolute difference of the masked pixels of all pictures together, or 0 if there are none.

    Args:
        prediction: Pictures of any range.
        truth: Pictures of the same range.
        mask: 1 for masked pixels, 0 for others.
    """
    return _mean_where([mask], [prediction - truth])


def masked_mse(
    prediction: Float[Array, "b h w c"], truth: Float[Array, "b h w c"], mask: Float[Array, "b h w 1"]
) -> Scalar:
    """Return the mean squared difference of a picture's masked pixels, mean over the pictures that have such pixels.

    A small hole counts as much as a large one. The result is 0 if no pixel is masked.

    Args:
        prediction: Pictures of any range.
        truth: Pictures of the same range.
        mask: 1 for masked pixels, 0 for others.
    """
    total = jnp.sum(mask * jnp.square(prediction - truth), axis=(1, 2, 3))
    area = jnp.sum(mask, axis=(1, 2, 3))
    means = total / jnp.maximum(area * prediction.shape[-1], 1)
    return jnp.asarray(jnp.sum(means) / jnp.maximum(jnp.sum(area > 0), 1))


def total_variation(pictures: Float[Array, "b h w c"], mask: Float[Array, "b h w 1"]) -> Scalar:
    """Return the mean absolute difference of vertical and horizontal neighbours of which at least one is masked.

    The pairs across the border of the mask are included, so that a seam counts. The result is 0 if no pixel is masked.
    Source: Liu et al. 2018, arXiv 1804.07723, equation 6, with a mean instead of its sum.

    Args:
        pictures: Pictures of any range.
        mask: 1 for masked pixels, 0 for others.
    """
    touched = [jnp.maximum(mask[:, 1:], mask[:, :-1]), jnp.maximum(mask[:, :, 1:], mask[:, :, :-1])]
    return _mean_where(touched, [pictures[:, 1:] - pictures[:, :-1], pictures[:, :, 1:] - pictures[:, :, :-1]])


def _mean_where(masks: Sequence[Array], differences: Sequence[Array]) -> Scalar:
    pairs = list(zip(masks, differences, strict=True))
    total = sum(jnp.sum(mask * jnp.abs(difference)) for mask, difference in pairs)
    count = sum(jnp.sum(mask) * difference.shape[-1] for mask, difference in pairs)
    return jnp.asarray(total / jnp.maximum(count, 1))


def charbonnier(prediction: Float[Array, "*shape"], truth: Float[Array, "*shape"], epsilon: float = 1e-3) -> Scalar:
    """Return the mean of sqrt(difference² + epsilon²), an L1 that is smooth at zero (Charbonnier et al. 1994).

    Args:
        prediction: Values of any range.
        truth: Values of the same range.
        epsilon: The difference below which the loss is about quadratic.
    """
    return jnp.mean(jnp.sqrt((prediction - truth) ** 2 + epsilon**2))


def feature_matching(fake: Sequence[Sequence[Array]], real: Sequence[Sequence[Array]]) -> Scalar:
    """Return the L1 between a discriminator's features of fake and of real pictures; real ones get no gradient.

    The stages of a scale are summed with the weight 4 / stages, and scales are averaged, as in NVIDIA/pix2pixHD (Wang
    et al. 2018, arXiv 1711.11585, equation 4).

    Args:
        fake: For each scale the features of its stages, of any range; the last one, the logits, is left out.
        real: The same for real pictures.
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
    """Return the squared distance of the critic's gradient norm from 1, at a random point between real and fake.

    Source: Gulrajani et al. 2017, equation 3, without its weight. The scores of a patch critic are averaged over a
    picture first, as its loss does.

    Args:
        critic: A function from pictures to scores.
        real: True pictures of any range.
        fake: Generated pictures of the same range.
        rng: A random key.
    """
    share = jax.random.uniform(rng, (len(real), 1, 1, 1))
    between = share * real + (1 - share) * fake
    slope = jax.grad(lambda pictures: jnp.sum(_mean_score(critic(pictures))))(between)
    norm = jnp.sqrt(jnp.sum(slope**2, axis=(1, 2, 3)) + 1e-12)
    return jnp.mean((norm - 1) ** 2)


def r1_penalty(critic: Callable[[Float[Array, "b h w c"]], Logits], real: Float[Array, "b h w c"]) -> Scalar:
    """Return the R1 penalty without its weight: the squared norm of the critic's gradient at real pictures.

    Source: Mescheder et al. 2018, arXiv 1801.04406, equation 9. The scores of a patch critic are averaged over a
    picture first.

    Args:
        critic: A function from pictures to scores.
        real: True pictures of any range.
    """
    slope = jax.grad(lambda pictures: jnp.sum(_mean_score(critic(pictures))))(real)
    return jnp.mean(jnp.sum(slope**2, axis=(1, 2, 3)))


def _mean_score(logits: Logits) -> Float[Array, " b"]:
    return logits.reshape(len(logits), -1).mean(1)


def _for_each(label: Array, logits: Logits) -> Array:
    return jnp.reshape(label, (-1, *(1,) * (logits.ndim - 1)))
