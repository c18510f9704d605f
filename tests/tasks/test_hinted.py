from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mangagan.models.patchgan import PatchGAN
from mangagan.models.siggraph17 import Siggraph17
from mangagan.tasks.base import Variables
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.hints import HintSampling
from mangagan.train.state import Optimizers, init_state
from mangagan.train.step import make_step

DISCRIMINATOR = PatchGAN(layers=1, features=4)
PLAIN = Hinted(generator=Siggraph17(features=4, classes=0), discriminator=DISCRIMINATOR, hints=HintSampling(max_side=2))
CLASSED = Hinted(generator=Siggraph17(features=4), discriminator=DISCRIMINATOR, classes=1.0)
SGD = Optimizers(optax.sgd(0.1), optax.sgd(0.1))


def a_batch():
    rng = np.random.default_rng(0)
    return {
        "input": jnp.asarray(rng.uniform(-1, 1, (2, 16, 16, 1)), jnp.float32),
        "target": jnp.asarray(rng.uniform(-1, 1, (2, 16, 16, 3)), jnp.float32),
    }


@cache
def fresh(task):
    return jax.jit(lambda batch: init_state(task, SGD, 0, batch))(a_batch())


@cache
def a_step(task):
    return jax.jit(step(task))(fresh(task), a_batch(), {})


def step(task):
    return make_step(task, SGD, ema_decay=0.9, precision="float32")


def test_the_class_head_learns_its_cross_entropy():
    after, metrics = a_step(CLASSED)
    # Over 529 bins, nearly even at the start.
    assert abs(metrics["loss/classes"] - np.log(529)) < 0.5
    head = jax.tree.map(lambda a, b: bool((a != b).any()), fresh(CLASSED).generator.params, after.generator.params)
    assert all(jax.tree.leaves(head["class_head"])) and all(jax.tree.leaves(head["ab_head"]))
    start = jax.eval_shape(lambda batch: init_state(PLAIN, SGD, 0, batch), a_batch())
    assert "loss/classes" not in jax.eval_shape(step(PLAIN), start, a_batch(), {})[1]


def test_hints_reach_the_prediction_and_no_hints_are_an_empty_mask():
    variables, batch = fresh(PLAIN).generator.variables, a_batch()
    predict = jax.jit(PLAIN.predict)
    bare = predict(variables, {"input": batch["input"]})
    hinted = PLAIN.with_hints(jax.random.key(0), batch, 10)
    # Squares of two pixels, which may overlap.
    assert all(10 < int(mask.sum()) <= 40 for mask in hinted["hint_mask"])
    del hinted["target"]
    assert not np.allclose(predict(variables, hinted), bare)
    blank = {"hint_ab": jnp.zeros((2, 16, 16, 2)), "hint_mask": jnp.zeros((2, 16, 16, 1))}
    np.testing.assert_array_equal(predict(variables, {"input": batch["input"]} | blank), bare)


def test_the_mask_is_centered():
    batch = {"input": a_batch()["input"], "hint_ab": jnp.zeros((2, 16, 16, 2)), "hint_mask": jnp.ones((2, 16, 16, 1))}
    half, whole = ({"hint_mask": jnp.full((2, 16, 16, 1), mask)} for mask in (0.5, 1.0))
    variables, from_zero = fresh(PLAIN).generator.variables, replace(PLAIN, mask_center=0.0)
    pictures = jax.jit(PLAIN.predict)(variables, batch | whole), jax.jit(from_zero.predict)(variables, batch | half)
    np.testing.assert_allclose(*pictures, atol=1e-6)


def test_a_class_loss_without_its_head_is_refused():
    for classes in (0, 5):
        task = replace(CLASSED, generator=Siggraph17(features=4, classes=classes))
        with pytest.raises(ValueError, match="set task.generator.classes=529"):
            jax.eval_shape(task.init, jax.random.key(0), a_batch())


def test_the_lightness_of_the_input_is_kept():
    variables, batch = fresh(PLAIN).generator.variables, a_batch()
    calm = jax.tree.map(lambda leaf: 0.01 * leaf, variables)
    picture = jax.jit(PLAIN.predict)(calm, {"input": batch["input"]})
    np.testing.assert_allclose(picture, np.repeat(batch["input"], 3, axis=-1), atol=0.02)


def test_published_weights_initialize_it_with_or_without_their_class_head():
    published = fresh(CLASSED).generator.variables
    initial = PLAIN.init_from(fresh(PLAIN).generator.variables, published)
    assert "class_head" not in initial.params
    np.testing.assert_array_equal(initial.params["ab_head"]["kernel"], published.params["ab_head"]["kernel"])
    whole = CLASSED.init_from(fresh(CLASSED).generator.variables, published)
    assert "class_head" in whole.params
    with pytest.raises(ValueError, match="missing, surplus or of another shape"):
        PLAIN.init_from(fresh(PLAIN).generator.variables, Variables({}, {}))


def test_feature_matching_needs_a_discriminator_with_stages():
    with pytest.raises(ValueError, match="task.matching=1.0 .*PatchGAN"):
        jax.eval_shape(lambda: init_state(replace(PLAIN, matching=1.0), SGD, 0, a_batch()))


def test_the_settings_of_a_hinted_task_reach_its_losses():
    task = Hinted(generator=PLAIN.generator, discriminator=DISCRIMINATOR, l1=0.0, charbonnier=100.0)
    _, metrics = a_step(task)
    assert metrics["loss/charbonnier"] >= metrics["loss/l1"] > 0
    np.testing.assert_allclose(
        metrics["loss/generator"], metrics["loss/gan"] + 100 * metrics["loss/charbonnier"], rtol=1e-5
    )
