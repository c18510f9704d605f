from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mangagan.models.layers import BatchNorm
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer
from mangagan.tasks.base import Variables
from mangagan.tasks.perceptual import Perceptual
from mangagan.tasks.pix2pixhd import Pix2PixHD
from mangagan.train.state import Optimizers, init_state
from mangagan.train.step import make_step

BASE = GlobalGenerator(downs=1, blocks=1, features=8)
PARTS = {
    "discriminator": MultiscaleDiscriminator(scales=2, layers=1, features=4),
    "encoder": FeatureEncoder(features=4, downs=1),
    "perceptual": Perceptual(),
}
GLOBAL = Pix2PixHD(generator=BASE, **PARTS)
LOCAL = Pix2PixHD(generator=LocalEnhancer(base=BASE, features=4, blocks=1), fixed_base_steps=2, **PARTS)
SGD = Optimizers(optax.sgd(0.1), optax.sgd(0.1))
# Without the first moment each number moves by about the rate at each step; the discriminator does not.
RATE = 1e-4
ADAM = Optimizers(optax.adam(RATE, b1=0.0, b2=0.99), optax.sgd(0.0))


def a_batch(instances=True, size=16):
    rng = np.random.default_rng(0)
    batch = {
        "input": jnp.asarray(rng.uniform(-1, 1, (2, size, size, 1)), jnp.float32),
        "target": jnp.asarray(rng.uniform(-1, 1, (2, size, size, 3)), jnp.float32),
    }
    numbers = np.broadcast_to(np.repeat(np.arange(4), size // 4)[:, None], (2, size, size))
    return batch | ({"instances": jnp.asarray(numbers, jnp.int32)} if instances else {})


@cache
def fresh(task, instances=True):
    return jax.jit(lambda batch: init_state(task, SGD, 0, batch))(a_batch(instances))


@cache
def a_step(task):
    return jax.jit(make_step(task, SGD, ema_decay=0.9, precision="float32"))


def steps(task, state, count, instances=True):
    for _ in range(count):
        state, metrics = a_step(task)(state, a_batch(instances), {})
    return state, metrics


def moved(before, after):
    return {
        jax.tree_util.keystr(path[:2])
        for (path, a), b in zip(jax.tree.leaves_with_path(before), jax.tree.leaves(after), strict=True)
        if not np.array_equal(a, b)
    }


@pytest.mark.parametrize("instances", [True, False])
def test_it_runs_with_and_without_instances(instances):
    batch = a_batch(instances)
    state, metrics = steps(GLOBAL, fresh(GLOBAL, instances), 1, instances)
    assert all(np.isfinite(figure) for figure in metrics.values()) and metrics["loss/matching"] > 0
    del batch["target"]
    picture = jax.jit(GLOBAL.predict)(state.generator.variables, batch)
    assert picture.shape == (2, 16, 16, 3) and abs(picture).max() <= 1


def test_the_base_of_an_enhancer_is_frozen_at_first():
    start = fresh(LOCAL)
    rested, _ = steps(LOCAL, start, 2)
    names = moved(start.generator.params, rested.generator.params)
    assert names and not any("base" in name for name in names)
    woken, _ = steps(LOCAL, rested, 1)
    assert any("base" in name for name in moved(rested.generator.params, woken.generator.params))


def test_a_base_that_is_unfrozen_late_has_updates_no_larger_than_the_rate():
    task = replace(LOCAL, fixed_base_steps=30)
    step = jax.jit(make_step(task, ADAM, ema_decay=0.9, precision="float32"))
    state = rested = jax.jit(lambda batch: init_state(task, ADAM, 0, batch))(a_batch())
    for _ in range(31):
        rested, (state, _) = state, step(state, a_batch(), {})
    bases = [one.generator.params["painter"]["base"] for one in (rested, state)]
    steps = jax.tree.map(lambda a, b: np.abs(a - b).ravel(), *bases)
    # From empty averages it would be 5 times the rate.
    assert 0.1 * RATE < np.median(np.concatenate(jax.tree.leaves(steps))) < 2 * RATE


def test_an_enhancer_is_initialized_from_a_trained_generator():
    trained, start = fresh(GLOBAL).generator.variables, fresh(LOCAL).generator.variables
    initial = LOCAL.init_from(start, trained)
    jax.tree.map(
        np.testing.assert_array_equal,
        initial.params["painter"]["base"],
        {name: layer for name, layer in trained.params["painter"].items() if name != "head"},
    )
    bare = LOCAL.init_from(start, Variables(trained.params["painter"], {}))
    jax.tree.map(np.testing.assert_array_equal, bare.params, initial.params)
    again = LOCAL.init_from(start, initial)
    jax.tree.map(np.testing.assert_array_equal, again.params, initial.params)


def test_an_enhancer_keeps_the_statistics_of_its_base():
    base = BASE.clone(norm=BatchNorm())
    tasks = (replace(GLOBAL, generator=base), replace(LOCAL, generator=LOCAL.generator.clone(base=base)))
    trained, start = (
        jax.tree.map(
            lambda leaf, n=n: np.full(leaf.shape, n),
            jax.eval_shape(task.init, jax.random.key(0), a_batch()).generator,
        )
        for n, task in enumerate(tasks)
    )
    stats = tasks[1].init_from(start, trained).stats["painter"]
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(stats["base"])) and "stem_norm" in stats["base"]
    assert all((leaf == 1).all() for leaf in jax.tree.leaves(stats["enhancer_1"])) and stats["enhancer_1"]


def test_features_without_instances_are_refused():
    task = Pix2PixHD(generator=BASE, encoded=True, **PARTS)
    with pytest.raises(ValueError, match="data.instances=true"):
        jax.eval_shape(task.init, jax.random.key(0), a_batch(instances=False))


def test_a_generator_of_another_size_is_refused():
    other = Pix2PixHD(generator=GlobalGenerator(downs=1, blocks=1, features=4), **PARTS)
    with pytest.raises(ValueError, match="of other shapes|another shape"):
        LOCAL.init_from(fresh(LOCAL).generator.variables, fresh(other).generator.variables)
    with pytest.raises(ValueError, match="another shape"):
        GLOBAL.init_from(fresh(GLOBAL).generator.variables, fresh(other).generator.variables)


def test_the_encoder_is_trained_and_its_features_reach_the_generator():
    task = Pix2PixHD(generator=BASE, encoded=True, feature_drop=0.0, **PARTS)
    start = fresh(task)
    after, _ = steps(task, start, 1)
    assert any("encoder" in name for name in moved(start.generator.params, after.generator.params))
    batch = a_batch()
    paint = jax.jit(
        lambda target: task.generate(start.generator.variables, batch | {"target": target}, jax.random.key(0))
    )
    one, other = (paint(target)[0]["target"] for target in (batch["target"], -batch["target"]))
    assert not np.allclose(one, other)


def test_dropped_features_do_not_depend_on_the_truth():
    task = Pix2PixHD(generator=BASE, encoded=True, feature_drop=1.0, **PARTS)
    start, batch = fresh(task), a_batch()
    paint = jax.jit(
        lambda target: task.generate(start.generator.variables, batch | {"target": target}, jax.random.key(0))
    )
    one, other = (paint(target)[0]["target"] for target in (batch["target"], -batch["target"]))
    np.testing.assert_array_equal(one, other)
    # As at use.
    inputs = {name: batch[name] for name in ("input", "instances")}
    np.testing.assert_allclose(jax.jit(task.predict)(start.generator.variables, inputs), one, atol=1e-5)
