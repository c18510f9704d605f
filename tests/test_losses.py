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


def test_mse_is_the_mean_squared_difference():
    assert losses.mse(jnp.array([1.0, -2.0]), jnp.array([0.0, 2.0])) == 8.5


def test_gradient_penalty_of_a_linear_critic_is_its_slopes_distance_from_one():
    slope = np.random.default_rng(1).normal(size=(4, 4, 3)).astype(np.float32)
    critic = lambda pictures: (pictures * slope).sum((1, 2, 3), keepdims=True)  # noqa: E731
    real, fake = jnp.ones((5, 4, 4, 3)), jnp.zeros((5, 4, 4, 3))
    penalty = losses.gradient_penalty(critic, real, fake, jax.random.key(0))
    np.testing.assert_allclose(penalty, (np.linalg.norm(slope) - 1) ** 2, rtol=1e-4)


def test_gradient_penalty_is_taken_between_real_and_fake():
    critic = lambda pictures: (pictures**2).sum((1, 2, 3), keepdims=True) / 2  # noqa: E731
    # The slope at a picture is the picture itself: its norm tells the point where it was taken.
    real, fake = jnp.full((64, 1, 1, 1), 3.0), jnp.full((64, 1, 1, 1), 1.0)
    shares = jax.random.uniform(jax.random.key(7), (64, 1, 1, 1))
    penalty = losses.gradient_penalty(critic, real, fake, jax.random.key(7))
    np.testing.assert_allclose(penalty, ((1 + 2 * shares - 1) ** 2).mean(), rtol=1e-4)


def picture(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


HOLE = np.zeros((2, 4, 5, 1), np.float32)
HOLE[0, 1:3, 2:4], HOLE[1, 3, 0] = 1, 1


def test_masked_l1_counts_the_pixels_of_the_mask_in_all_pictures():
    a, b = picture(0, 2, 4, 5, 3), picture(1, 2, 4, 5, 3)
    inside = [abs(float(a[p] - b[p])) for p in np.ndindex(a.shape) if HOLE[(*p[:3], 0)]]
    assert len(inside) == 15
    np.testing.assert_allclose(losses.masked_l1(a, b, HOLE), np.mean(inside), rtol=1e-5)
    outside = np.abs(a - b)[np.broadcast_to(HOLE == 0, a.shape)]
    np.testing.assert_allclose(losses.masked_l1(a, b, 1 - HOLE), outside.mean(), rtol=1e-5)


def test_masked_mse_counts_the_holes_of_all_pictures_alike():
    a, b = picture(0, 3, 4, 5, 3), picture(1, 3, 4, 5, 3)
    mask = np.concatenate([HOLE, np.zeros((1, 4, 5, 1), np.float32)])
    holes = [[p for p in np.ndindex(a.shape) if p[0] == n and mask[(*p[:3], 0)]] for n in (0, 1)]
    assert [len(hole) for hole in holes] == [12, 3]
    means = [np.mean([(a[p] - b[p]) ** 2 for p in hole]) for hole in holes]
    np.testing.assert_allclose(losses.masked_mse(a, b, mask), np.mean(means), rtol=1e-5)
    assert losses.masked_mse(a, b, 0 * mask) == 0


def test_total_variation_counts_each_pair_that_the_mask_touches_once():
    a, steps = picture(0, 2, 4, 5, 3), []
    for n, i, j, c in np.ndindex(a.shape):
        for k, m in ((i + 1, j), (i, j + 1)):
            if k < 4 and m < 5 and (HOLE[n, i, j, 0] or HOLE[n, k, m, 0]):
                steps.append(abs(float(a[n, i, j, c] - a[n, k, m, c])))
    assert len(steps) == 3 * (12 + 2)
    np.testing.assert_allclose(losses.total_variation(a, HOLE), np.mean(steps), rtol=1e-5)


@pytest.mark.parametrize("loss", [lambda a, mask: losses.masked_l1(a, 0 * a, mask), losses.total_variation])
def test_without_a_hole_there_is_no_loss_and_no_gradient(loss):
    value, slope = jax.value_and_grad(loss)(jnp.asarray(picture(0, 2, 4, 5, 3)), jnp.zeros_like(HOLE))
    assert value == 0 and not slope.any()
