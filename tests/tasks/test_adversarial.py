import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.losses import BinaryCrossEntropy, Hinge, LeastSquares, Wasserstein
from mangagan.models.layers import NoNorm
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN
from mangagan.tasks.adversarial import (
    Stability,
    add_instance_noise,
    discriminate,
    discriminator_loss,
    generator_adversarial_loss,
    scores,
)
from mangagan.tasks.base import Context, init_network

NETWORK = PatchGAN(layers=1, features=4, norm=NoNorm())
REAL, FAKE = (jax.random.normal(jax.random.key(n), (3, 12, 12, 4)) for n in range(2))


def variables(network=NETWORK):
    return init_network(network, jax.random.key(2), REAL)


def loss(gan, step=0, network=NETWORK, **stability):
    return jax.jit(
        lambda v: discriminator_loss(network, v, gan, Stability(**stability), REAL, FAKE, context_of(step))[0]
    )(variables(network))


def context_of(step):
    return Context(jnp.asarray(step), jax.random.key(3), {})


def logits(pictures):
    return np.asarray(NETWORK.apply({"params": variables().params}, pictures, train=True), np.float64)


def test_the_discriminators_loss_is_half_the_sum_of_both_losses():
    expected = (np.mean((logits(REAL) - 1) ** 2) + np.mean(logits(FAKE) ** 2)) / 2
    np.testing.assert_allclose(loss(LeastSquares()), expected, rtol=1e-5)


def test_smoothing_moves_the_label_of_real_pictures_alone():
    expected = (np.mean((logits(REAL) - 0.9) ** 2) + np.mean(logits(FAKE) ** 2)) / 2
    np.testing.assert_allclose(loss(LeastSquares(), smoothing=0.1), expected, rtol=1e-5)
    x, y = logits(REAL), logits(FAKE)
    entropy = np.mean(np.log1p(np.exp(x)) - 0.9 * x) + np.mean(np.log1p(np.exp(y)))
    np.testing.assert_allclose(loss(BinaryCrossEntropy(), smoothing=0.1), entropy / 2, rtol=1e-5)


def test_label_noise_draws_one_label_for_each_picture_towards_the_other_side():
    extremes = [
        (np.mean((logits(REAL) - 1 + real) ** 2) + np.mean((logits(FAKE) - fake) ** 2)) / 2
        for real in (0, 0.3)
        for fake in (0, 0.3)
    ]
    assert min(extremes) - 0.05 < loss(LeastSquares(), label_noise=0.3) < max(extremes) + 0.05
    assert loss(LeastSquares(), label_noise=0.3) != loss(LeastSquares())


@pytest.mark.parametrize("gan", [Hinge(), Wasserstein()])
def test_losses_without_labels_refuse_smoothing(gan):
    with pytest.raises(ValueError, match="no labels to smooth"):
        loss(gan, smoothing=0.1)


NAMES = ["smoothing", "label_noise", "noise", "noise_steps", "r1", "every_steps", "discriminator_start_step"]


@pytest.mark.parametrize("name", NAMES)
def test_settings_out_of_range_are_named(name):
    with pytest.raises(ValueError, match=f"task.stability: {name}=-1: must be at least ."):
        Stability(**{name: -1})
    with pytest.raises(ValueError, match="every_steps=0: must be at least 1"):
        Stability(every_steps=0)


@pytest.mark.parametrize("step, deviation", [(0, 0.5), (5, 0.25), (10, 0.0), (20, 0.0)])
def test_instance_noise_decays_linearly_to_zero(step, deviation):
    flat = jnp.zeros((4, 64, 64, 3))
    noisy = add_instance_noise(Stability(noise=0.5, noise_steps=10), flat, jnp.asarray(step), jax.random.key(0))
    np.testing.assert_allclose(noisy.std(), deviation, atol=0.005)


def test_instance_noise_without_steps_does_not_decay():
    noisy = add_instance_noise(Stability(noise=0.5), jnp.zeros((4, 64, 64, 3)), jnp.asarray(10**6), jax.random.key(0))
    np.testing.assert_allclose(noisy.std(), 0.5, atol=0.005)


def test_the_generators_loss_sees_the_same_instance_noise():
    answer = jax.jit(
        lambda stability, step: discriminate(NETWORK, variables(), stability, FAKE, context_of(step)), static_argnums=0
    )
    quiet, noisy = Stability(), Stability(noise=1.0, noise_steps=10)
    np.testing.assert_allclose(answer(quiet, 0), logits(FAKE), atol=1e-6)
    assert abs(answer(noisy, 0) - logits(FAKE)).max() > 1e-3
    np.testing.assert_allclose(answer(noisy, 10), logits(FAKE), atol=1e-6)


def test_r1_is_the_squared_gradient_norm_at_real_pictures():
    def mean_score(pictures):
        return NETWORK.apply({"params": variables().params}, pictures, train=True).mean((1, 2, 3)).sum()

    slope = np.asarray(jax.grad(mean_score)(REAL), np.float64)
    penalty = 5e5 * (slope**2).sum((1, 2, 3)).mean()
    np.testing.assert_allclose(loss(LeastSquares(), r1=1e6) - loss(LeastSquares()), penalty, rtol=1e-3)


def test_scales_are_summed():
    network = MultiscaleDiscriminator(scales=2, layers=1, features=4)
    answers = [network.apply({"params": variables(network).params}, x, train=True) for x in (REAL, FAKE)]
    real, fake = (scores(answer) for answer in answers)
    expected = sum((np.mean((r - 1) ** 2) + np.mean(f**2)) / 2 for r, f in zip(real, fake, strict=True))
    np.testing.assert_allclose(loss(LeastSquares(), network=network), expected, rtol=1e-5)
    np.testing.assert_allclose(
        generator_adversarial_loss(LeastSquares(), answers[1]), sum(np.mean((f - 1) ** 2) for f in fake), rtol=1e-5
    )
