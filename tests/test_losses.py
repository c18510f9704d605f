import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan import losses

LOGITS = np.random.default_rng(0).normal(size=(2, 3, 3, 1)) * 3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    "gan, on_real, on_fake, on_generated",
    [
        (
            losses.BinaryCrossEntropy(),
            -np.log(sigmoid(LOGITS)).mean(),
            -np.log(1 - sigmoid(LOGITS)).mean(),
            -np.log(sigmoid(LOGITS)).mean(),
        ),
        (losses.LeastSquares(), ((LOGITS - 1) ** 2).mean(), (LOGITS**2).mean(), ((LOGITS - 1) ** 2).mean()),
        (losses.Hinge(), np.maximum(0, 1 - LOGITS).mean(), np.maximum(0, 1 + LOGITS).mean(), -LOGITS.mean()),
        (losses.Wasserstein(), -LOGITS.mean(), LOGITS.mean(), -LOGITS.mean()),
    ],
)
def test_adversarial_losses_equal_their_formulas(gan, on_real, on_fake, on_generated):
    logits = jnp.asarray(LOGITS, jnp.float32)
    np.testing.assert_allclose(gan.on_real(logits), on_real, rtol=1e-5)
    np.testing.assert_allclose(gan.on_fake(logits), on_fake, rtol=1e-5)
    np.testing.assert_allclose(gan.on_generated(logits), on_generated, rtol=1e-5)


def test_l1_is_the_mean_absolute_difference():
    assert losses.l1(jnp.array([1.0, -2.0]), jnp.array([0.0, 2.0])) == 2.5


def test_gradient_penalty_of_a_linear_critic_is_its_slopes_distance_from_one():
    slope = np.random.default_rng(1).normal(size=(4, 4, 3)).astype(np.float32)
    critic = lambda pictures: (pictures * slope).sum((1, 2, 3), keepdims=True)  # noqa: E731
    real, fake = jnp.ones((5, 4, 4, 3)), jnp.zeros((5, 4, 4, 3))
    penalty = losses.gradient_penalty(critic, real, fake, jax.random.key(0))
    np.testing.assert_allclose(penalty, (np.linalg.norm(slope) - 1) ** 2, rtol=1e-4)


def test_gradient_penalty_looks_between_real_and_fake():
    critic = lambda pictures: (pictures**2).sum((1, 2, 3), keepdims=True) / 2  # noqa: E731
    # The slope at a picture is the picture itself: its norm tells the point where it was taken.
    real, fake = jnp.full((64, 1, 1, 1), 3.0), jnp.full((64, 1, 1, 1), 1.0)
    shares = jax.random.uniform(jax.random.key(7), (64, 1, 1, 1))
    penalty = losses.gradient_penalty(critic, real, fake, jax.random.key(7))
    np.testing.assert_allclose(penalty, ((1 + 2 * shares - 1) ** 2).mean(), rtol=1e-4)
