from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mangagan import losses
from mangagan.models.denoising_unet import DenoisingUNet
from mangagan.models.layers import BatchNorm, NoNorm
from mangagan.models.patchgan import PatchGAN
from mangagan.tasks.base import Context, Variables
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.perceptual import Perceptual
from mangagan.train.state import Optimizers, init_state
from mangagan.train.step import make_step

NETWORK = DenoisingUNet(levels=2, features=8, blocks=1, sampling=2, norm=NoNorm())
GAN = Denoise(generator=NETWORK, discriminator=PatchGAN(layers=1, features=4), perceptual=Perceptual())
PSNR = replace(GAN, adversarial=0.0)


def a_batch(seed=0, sigma=0.2, size=16, told=False):
    rng = np.random.default_rng(seed)
    clean = np.repeat(np.repeat(rng.uniform(-0.8, 0.8, (4, size // 8, size // 8, 3)), 8, 1), 8, 2)
    noisy = np.clip(clean + 2 * sigma * rng.standard_normal(clean.shape), -1, 1)
    arrays = {"input": noisy, "target": clean} | ({"sigma": np.full((4, size, size, 1), sigma)} if told else {})
    return {name: jnp.asarray(array, jnp.float32) for name, array in arrays.items()}


def state_of(task, optimizers):
    return jax.jit(lambda batch: init_state(task, optimizers, 0, batch))(a_batch())


def test_a_few_steps_reduce_noise_of_unseen_pictures():
    optimizers = Optimizers(optax.adam(5e-3), optax.sgd(0.0))
    state = state_of(PSNR, optimizers)
    step = jax.jit(make_step(PSNR, optimizers, ema_decay=0.9, precision="float32"))
    for seed in range(60):
        state, _ = step(state, a_batch(seed), {})
    batch = a_batch(seed=1000)
    picture = jax.jit(PSNR.predict)(state.ema, {"input": batch["input"]})
    before, after = (float(losses.mse(p, batch["target"])) for p in (batch["input"], picture))
    assert after < 0.6 * before


def test_without_adversarial_losses_the_discriminator_is_not_evaluated():
    wide = PatchGAN(layers=1, features=32)
    optimizers = Optimizers(optax.sgd(0.1), optax.adam(1.0))
    before, batch = state_of(replace(PSNR, discriminator=wide), optimizers), a_batch()

    def compiled(task):
        step = make_step(replace(task, discriminator=wide), optimizers, ema_decay=0.9, precision="float32")
        return jax.jit(step).lower(before, batch, {}).compile()

    def loss(params):
        fakes, _ = PSNR.generate(Variables(params, {}), batch, jax.random.key(0))
        return losses.l1(fakes["target"], batch["target"])

    alone = jax.jit(jax.grad(loss)).lower(before.generator.params).compile()
    without, judged = compiled(PSNR), compiled(GAN)
    costs = [program.cost_analysis()["flops"] for program in (alone, without, judged)]
    assert costs[1] < 1.1 * costs[0] and costs[2] > 1.5 * costs[0]

    after, metrics = without(before, batch, {})
    jax.tree.map(np.testing.assert_array_equal, after.discriminator.params, before.discriminator.params)
    jax.tree.map(np.testing.assert_array_equal, after.discriminator.stats, before.discriminator.stats)
    assert metrics["loss/discriminator"] == 0 and metrics["gradient/discriminator"] == 0
    assert "loss/gan" not in metrics and "loss/gan" in judged(before, batch, {})[1]


def test_each_weight_counts_its_own_distance():
    batch = a_batch()
    fakes, nobody = {"target": batch["input"]}, Variables({}, {})
    context = Context(jnp.asarray(0), jax.random.key(0), {})
    difference = np.asarray(batch["input"]) - np.asarray(batch["target"])
    for l1, mse in ((1.0, 0.0), (0.0, 3.0), (2.0, 5.0)):
        loss, metrics = replace(PSNR, l1=l1, mse=mse).generator_loss(nobody, batch, fakes, context)
        np.testing.assert_allclose(loss, l1 * abs(difference).mean() + mse * (difference**2).mean(), rtol=1e-5)
        assert ("loss/mse" in metrics) == (mse > 0)


def test_sigma_is_an_input_only_if_the_batch_has_it():
    untold, told = a_batch(), a_batch(told=True)
    blind, known = (jax.jit(PSNR.init)(jax.random.key(0), batch).generator for batch in (untold, told))
    assert blind.params["down_1"]["kernel"].shape[2] == 3 and known.params["down_1"]["kernel"].shape[2] == 4
    weak, strong = (told | {"sigma": jnp.full_like(told["sigma"], sigma)} for sigma in (0.0, 0.3))
    clean = jax.jit(PSNR.predict)
    assert float(jnp.abs(clean(known, weak) - clean(known, strong)).max()) > 1e-4


@pytest.mark.parametrize("size", [(16, 16), (17, 30), (1, 1), (3, 40)])
def test_predictions_have_the_size_of_their_input(size):
    variables = jax.jit(PSNR.init)(jax.random.key(0), a_batch(told=True)).generator
    loud = jax.tree.map(lambda leaf: 20 * leaf, variables)
    batch = {"input": jnp.ones((2, *size, 3)), "sigma": jnp.ones((2, *size, 1))}
    picture = jax.jit(PSNR.predict)(loud, batch)
    assert picture.shape == (2, *size, 3)
    assert np.isfinite(picture).all() and abs(picture).max() <= 1


def test_the_running_statistics_are_used_at_test():
    task = replace(PSNR, generator=NETWORK.clone(norm=BatchNorm()))
    batch = a_batch()
    variables = jax.jit(task.init)(jax.random.key(0), batch).generator
    moved = Variables(variables.params, jax.tree.map(lambda leaf: leaf + 1, variables.stats))
    predict = jax.jit(task.predict)
    assert float(jnp.abs(predict(moved, batch) - predict(variables, batch)).max()) > 1e-5
    alone = jnp.concatenate([predict(variables, {"input": picture[None]}) for picture in batch["input"]])
    np.testing.assert_allclose(alone, predict(variables, batch), atol=1e-5)


def test_a_conditional_discriminator_sees_the_noisy_picture_too():
    for conditional, channels in ((False, 3), (True, 6)):
        nets = jax.eval_shape(replace(GAN, conditional=conditional).init, jax.random.key(0), a_batch())
        assert nets.discriminator.params["conv_1"]["kernel"].shape[2] == channels
