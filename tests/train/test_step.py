from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mangagan.losses import BinaryCrossEntropy, Hinge, LeastSquares, Wasserstein
from mangagan.models.layers import InstanceNorm, NoNorm
from mangagan.models.patchgan import PatchGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
from mangagan.tasks.adversarial import Stability
from mangagan.tasks.base import Context, Variables
from mangagan.tasks.paired import Paired
from mangagan.tasks.unpaired import Unpaired
from mangagan.train.state import Optimizers, init_state
from mangagan.train.step import make_step

PAIRED = Paired(generator=UNet(levels=5, features=4), discriminator=PatchGAN(layers=1, features=4))
UNPAIRED = Unpaired(
    generator=ResNet(blocks=1, features=4), discriminator=PatchGAN(layers=1, features=4, norm=InstanceNorm()), pool=3
)
SGD = Optimizers(optax.sgd(0.1), optax.sgd(0.2))


def a_batch(size=32, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "input": jnp.asarray(rng.uniform(-1, 1, (2, size, size, 1)), jnp.float32),
        "target": jnp.asarray(rng.uniform(-1, 1, (2, size, size, 3)), jnp.float32),
    }


def fresh_state(task, optimizers=SGD, size=32):
    return jax.jit(lambda batch: init_state(task, optimizers, 0, batch))(a_batch(size))


def assert_close(tree, other, **tolerance):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **tolerance), tree, other)


@pytest.mark.parametrize("task", [PAIRED, UNPAIRED], ids=["paired", "unpaired"])
def test_a_step_equals_one_gradient_after_the_other(task):
    """The shared forward pass gives the gradient that each loss has by itself, in the order that the paper has."""
    batch, state = a_batch(), fresh_state(task)
    after, metrics = jax.jit(make_step(task, SGD, ema_decay=0.9, precision="float32"))(state, batch, {})

    keys = jax.random.split(jax.random.fold_in(state.key, 0), 4)
    generator, discriminator = state.generator, state.discriminator
    fakes, _ = jax.jit(task.generate)(generator.variables, batch, keys[0])

    def d_loss(params):
        # Pools of a first step show the fakes themselves.
        return task.discriminator_loss(Variables(params, discriminator.stats), batch, fakes, Context(0, keys[2], {}))[0]

    d_params = jax.tree.map(
        lambda p, g: p - 0.2 * g, discriminator.params, jax.jit(jax.grad(d_loss))(discriminator.params)
    )
    assert_close(after.discriminator.params, d_params, atol=1e-5)
    opponent = after.discriminator if task.discriminator_first else discriminator

    def g_loss(params):
        made, _ = task.generate(Variables(params, generator.stats), batch, keys[0])
        return task.generator_loss(opponent.variables, batch, made, Context(0, keys[3], {}))[0]

    loss, gradient = jax.jit(jax.value_and_grad(g_loss))(generator.params)
    np.testing.assert_allclose(metrics["loss/generator"], loss, rtol=1e-4)
    np.testing.assert_allclose(metrics["gradient/generator"], optax.tree.norm(gradient), rtol=1e-3)
    g_params = jax.tree.map(lambda p, g: p - 0.1 * g, generator.params, gradient)
    assert_close(after.generator.params, g_params, atol=2e-4)
    # The average's first share is 1 - 1/10.
    expected = jax.tree.map(lambda old, new: 0.1 * old + 0.9 * new, generator.params, after.generator.params)
    assert_close(after.ema.params, expected, atol=1e-6)


def passes_alone(task, state, batch):
    """FLOPs of the passes that a step needs, each compiled by itself."""
    key = jax.random.key(0)
    shapes = jax.eval_shape(task.generate, state.generator.variables, batch, key)[0]
    fakes = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), shapes)

    def generate(params, wanted):
        fakes, pullback, _ = jax.vjp(
            lambda p: task.generate(Variables(p, state.generator.stats), batch, key), params, has_aux=True
        )
        return fakes, pullback(wanted)

    def discriminator_loss(params):
        variables = Variables(params, state.discriminator.stats)
        return task.discriminator_loss(variables, batch, fakes, Context(0, key, {}))[0]

    def generator_loss(fakes):
        return task.generator_loss(state.discriminator.variables, batch, fakes, Context(0, key, {}))[0]

    return (
        flops(generate, state.generator.params, fakes)
        + flops(jax.grad(discriminator_loss), state.discriminator.params)
        + flops(jax.grad(generator_loss), fakes)
    )


def flops(function, *arguments):
    return jax.jit(function).lower(*arguments).compile().cost_analysis()["flops"]


@pytest.mark.parametrize("task", [PAIRED, UNPAIRED], ids=["paired", "unpaired"])
def test_a_step_computes_no_more_than_the_passes_it_needs(task):
    batch, state = a_batch(64), fresh_state(task, size=64)
    step = make_step(task, SGD, ema_decay=0.9, precision="float32")
    whole = flops(step, state, batch, {})
    assert whole <= 1.05 * passes_alone(task, state, batch)


def test_bfloat16_computes_near_float32_and_keeps_the_state_in_float32():
    task = Paired(generator=UNet(levels=5, features=4, dropout=0.0), discriminator=PatchGAN(layers=1, features=4))
    batch, state = a_batch(), fresh_state(task)
    metrics = {}
    for precision in ("float32", "bfloat16"):
        step = jax.jit(make_step(task, SGD, ema_decay=0.9, precision=precision))
        after, metrics[precision] = step(state, batch, {})
        assert {leaf.dtype for leaf in jax.tree.leaves(after.generator.params)} == {jnp.dtype("float32")}
    for name in ("loss/l1", "loss/discriminator", "loss/gan"):
        exact, rounded = metrics["float32"][name], metrics["bfloat16"][name]
        assert rounded.dtype == jnp.float32
        np.testing.assert_allclose(rounded, exact, rtol=2e-2)
        assert rounded != exact  # the kernels really were rounded


def test_the_discriminator_learns_to_separate_real_and_fake():
    optimizers = Optimizers(optax.sgd(0.0), optax.adam(1e-2))
    state = fresh_state(PAIRED, optimizers)
    step = jax.jit(make_step(PAIRED, optimizers, ema_decay=0.9, precision="float32"))
    losses = []
    for _ in range(30):
        state, metrics = step(state, a_batch(), {})
        losses.append(float(metrics["loss/discriminator"]))
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("gan", [BinaryCrossEntropy(), LeastSquares(), Hinge(), Wasserstein()])
def test_every_adversarial_loss_updates_both_networks(gan):
    task = Paired(
        generator=UNet(levels=2, features=4),
        discriminator=PatchGAN(layers=1, features=4, norm=NoNorm()),
        gan=gan,
        l1=0.0,
    )
    state = fresh_state(task, size=16)
    after, metrics = jax.jit(make_step(task, SGD, ema_decay=0.9, precision="float32"))(state, a_batch(16), {})
    assert all(np.isfinite(value) for value in metrics.values())
    assert metrics["gradient/generator"] > 0 and metrics["gradient/discriminator"] > 0


def test_the_penalty_of_wgan_gp_reaches_the_critic():
    def gradient(penalty):
        task = Paired(
            generator=UNet(levels=2, features=4),
            discriminator=PatchGAN(layers=1, features=4, norm=NoNorm()),
            gan=Wasserstein(penalty),
        )
        state = fresh_state(task, size=16)
        return jax.jit(make_step(task, SGD, ema_decay=0.9, precision="float32"))(state, a_batch(16), {})[1]

    without, with_penalty = gradient(0.0), gradient(10.0)
    assert with_penalty["loss/discriminator"] > without["loss/discriminator"] + 1
    assert with_penalty["gradient/discriminator"] != without["gradient/discriminator"]


def test_a_discriminator_is_not_changed_between_its_updates():
    task = replace(PAIRED, stability=Stability(every_steps=2))
    state, step = fresh_state(task), jax.jit(make_step(task, SGD, ema_decay=0.9, precision="float32"))
    learnt, first = step(state, a_batch(), {})
    rested, second = step(learnt, a_batch(), {})
    assert first["loss/discriminator"] > 0 and second["loss/discriminator"] == 0
    assert_close(rested.discriminator, learnt.discriminator, atol=0)
    moved = jax.tree.map(lambda a, b: bool((a != b).any()), state.discriminator.params, learnt.discriminator.params)
    assert all(jax.tree.leaves(moved))
    # The generator learns at every step.
    assert second["gradient/generator"] > 0


def test_before_the_discriminator_starts_a_generator_is_trained_as_without_one():
    alone = replace(PAIRED, stability=Stability(discriminator_start_step=1))
    state, steps = fresh_state(alone), {}
    for name, task in {"alone": alone, "never": replace(PAIRED, adversarial=0.0), "always": PAIRED}.items():
        steps[name] = jax.jit(make_step(task, SGD, ema_decay=0.9, precision="float32"))
    first, metrics = steps["alone"](state, a_batch(), {})
    assert_close(first.generator, steps["never"](state, a_batch(), {})[0].generator, atol=1e-7)
    assert_close(first.discriminator, state.discriminator, atol=0)
    assert metrics["loss/gan"] == metrics["loss/discriminator"] == 0 < metrics["loss/l1"]
    second, judged = steps["alone"](first, a_batch(), {})
    always = steps["always"](first, a_batch(), {})[0]
    assert_close(second.generator, always.generator, atol=1e-6)
    assert_close(second.discriminator, always.discriminator, atol=1e-6)
    assert judged["loss/gan"] > 0 and judged["loss/discriminator"] > 0
