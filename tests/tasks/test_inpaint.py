"""Inpainting: known pixels, losses by hand, both generators, and a discriminator that is not evaluated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mangagan.losses import BinaryCrossEntropy
from mangagan.models.deepfill import DeepFill
from mangagan.models.sn_patchgan import SNPatchGAN
from mangagan.models.two_stage import TwoStage
from mangagan.tasks.adversarial import Stability
from mangagan.tasks.base import Context, Variables
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.perceptual import Perceptual
from mangagan.train.state import Optimizers, init_state
from mangagan.train.step import make_step

TASK = Inpaint(
    generator=TwoStage(features=4),
    discriminator=SNPatchGAN(layers=2, features=4),
    perceptual=Perceptual(),
    stability=Stability(),
)
DEEPFILL = replace(TASK, generator=DeepFill(features=4))
BLIND = replace(TASK, adversarial=0.0)
ADAM = Optimizers(optax.adam(1e-3), optax.adam(1e-3))


def a_batch(h=16, w=24, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.uniform(-1, 1, (2, h, w, 3)).astype(np.float32)
    mask = np.zeros((2, h, w, 1), np.float32)
    mask[0, 2 : h // 2, 5 : w // 2], mask[1, h // 2 :, : w // 3] = 1, 1
    return {"input": np.where(mask > 0, np.float32(0), target), "mask": mask, "target": target}


def fakes(seed=5):
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-1, 1, (2, 16, 24, 3)).astype(np.float32) for name in ("coarse", "refined")}


def fresh(task):
    return jax.jit(lambda batch: init_state(task, ADAM, 0, batch))(a_batch())


def context(step=0):
    return Context(jnp.asarray(step), jax.random.key(1), {})


def composed(batch, picture):
    return np.where(batch["mask"] == 1, picture, batch["target"])


def distances(batch, picture):
    apart, inside = np.abs(picture - batch["target"]), np.broadcast_to(batch["mask"] == 1, picture.shape)
    return apart[inside].mean(), apart[~inside].mean(), apart.mean()


def squares(batch, picture):
    error = np.square(picture - batch["target"])
    return np.mean([each[hole[..., 0] == 1].mean() for each, hole in zip(error, batch["mask"], strict=True)])


@pytest.mark.parametrize("task", [TASK, DEEPFILL], ids=["two stages", "deepfill"])
@pytest.mark.parametrize("size", [(16, 24), (13, 7), (1, 1)])
def test_known_pixels_are_bit_identical_in_pictures_of_any_size(task, size):
    batch, generator = a_batch(*size), fresh(task).generator.variables
    del batch["target"]
    pictures = jax.jit(task.stages)(generator, batch)
    assert list(pictures) == ["coarse", "refined"]
    known = np.broadcast_to(batch["mask"] == 0, batch["input"].shape)
    for picture in pictures.values():
        assert picture.shape == batch["input"].shape and np.abs(picture).max() <= 1
        np.testing.assert_array_equal(np.asarray(picture)[known], batch["input"][known])
    np.testing.assert_array_equal(jax.jit(task.predict)(generator, batch), pictures["refined"])


@dataclass(frozen=True)
class Squares(Perceptual):
    """In place of a network's activations, the pixels."""

    def loss(self, vgg, fake, real):
        assert vgg == "frozen"
        return self.weight * jnp.square(fake - real).mean()


def test_perceptual_losses_see_the_composed_picture():
    task, batch, made = replace(BLIND, perceptual=Squares(weight=3.0)), a_batch(), fakes()
    discriminator = Variables({}, {})
    loss, metrics = task.generator_loss(
        discriminator, batch, made, Context(jnp.asarray(0), jax.random.key(0), {"perceptual": "frozen"})
    )
    expected = 3 * np.square(composed(batch, made["refined"]) - batch["target"]).mean()
    np.testing.assert_allclose(metrics["loss/perceptual"], expected, rtol=1e-5)
    without, _ = BLIND.generator_loss(discriminator, batch, made, context())
    np.testing.assert_allclose(loss - without, expected, rtol=1e-4)


def test_the_prediction_does_not_depend_on_pixels_in_the_hole():
    batch, generator = a_batch(), fresh(TASK).generator.variables
    predict = jax.jit(TASK.predict)
    picture = predict(generator, batch)
    hidden = batch | {"input": batch["target"]}
    np.testing.assert_array_equal(predict(generator, hidden), picture)
    hole = np.broadcast_to(batch["mask"] == 1, picture.shape)
    assert not np.isclose(np.asarray(picture)[hole], batch["target"][hole]).all()


def test_the_generators_loss_is_the_sum_of_its_parts_by_hand():
    task, batch, made = replace(TASK, l1=0.7, mse_hole=2.0), a_batch(), fakes()
    discriminator = fresh(task).discriminator.variables
    loss, metrics = jax.jit(task.generator_loss)(discriminator, batch, made, context())
    hole, known, everywhere = distances(batch, made["refined"])
    first = distances(batch, made["coarse"])
    shown = np.concatenate([composed(batch, made["refined"]), batch["mask"]], -1)
    collections = {"params": discriminator.params, "batch_stats": discriminator.stats}
    logits = np.asarray(task.discriminator.apply(collections, shown, train=False))
    expected = {
        "l1_hole": hole,
        "l1_known": known,
        "l1": everywhere,
        "mse_hole": squares(batch, made["refined"]),
        "reconstruction": 6 * first[0] + first[1] + 0.7 * first[2] + 2 * squares(batch, made["coarse"]),
        "total_variation": variation(composed(batch, made["refined"]), batch["mask"]),
        "gan": -logits.mean(),
    }
    weights = {
        "l1_hole": 6,
        "l1_known": 1,
        "l1": 0.7,
        "mse_hole": 2,
        "reconstruction": 0.5,
        "total_variation": 0.1,
        "gan": 0.1,
    }
    total = sum(weights[name] * value for name, value in expected.items())
    assert {name.removeprefix("loss/") for name in metrics} == {*expected, "generator"}
    for name, value in (expected | {"generator": total}).items():
        np.testing.assert_allclose(metrics[f"loss/{name}"], value, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(loss, total, rtol=1e-4)


def variation(picture, mask):
    total = count = 0
    for axis in (1, 2):
        pairs = np.diff(mask, axis=axis) != 0
        pairs |= np.take(mask, range(1, mask.shape[axis]), axis) == 1
        total += (np.abs(np.diff(picture, axis=axis)) * pairs).sum()
        count += 3 * pairs.sum()
    return total / count


def test_the_discriminators_loss_is_the_hinge_by_hand_and_noise_changes_it():
    batch, made = a_batch(), fakes()
    discriminator = fresh(TASK).discriminator.variables
    loss, aux = TASK.discriminator_loss(discriminator, batch, made, context())
    pictures = [np.concatenate([x, batch["mask"]], -1) for x in (composed(batch, made["refined"]), batch["target"])]
    stats, logits = discriminator.stats, []
    for shown in pictures:  # power iteration goes on from one to the other
        answer, updated = TASK.discriminator.apply(
            {"params": discriminator.params, "batch_stats": stats}, shown, train=True, mutable=["batch_stats"]
        )
        stats, logits = updated["batch_stats"], [*logits, np.asarray(answer)]
    expected = (np.maximum(0, 1 + logits[0]).mean() + np.maximum(0, 1 - logits[1]).mean()) / 2
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    jax.tree.map(np.testing.assert_allclose, aux.stats, stats)
    noisy = replace(TASK, stability=Stability(noise=0.5, noise_steps=10))
    assert noisy.discriminator_loss(discriminator, batch, made, context())[0] != loss
    np.testing.assert_allclose(noisy.discriminator_loss(discriminator, batch, made, context(10))[0], loss, rtol=1e-6)


def test_without_adversarial_weight_the_discriminator_is_not_evaluated():
    nobody = Variables({}, {})
    loss, aux = BLIND.discriminator_loss(nobody, a_batch(), fakes(), context())
    assert loss == 0 and aux.stats == {}
    assert "loss/gan" not in BLIND.generator_loss(nobody, a_batch(), fakes(), context())[1]
    state = fresh(BLIND)
    after, _ = jax.jit(make_step(BLIND, ADAM, ema_decay=0.9, precision="float32"))(state, a_batch(), {})
    jax.tree.map(np.testing.assert_array_equal, after.discriminator.variables, state.discriminator.variables)


@pytest.mark.parametrize("task", [replace(TASK, gan=BinaryCrossEntropy()), DEEPFILL], ids=["bce", "deepfill"])
def test_both_networks_are_trained(task):
    step, start = jax.jit(make_step(task, ADAM, ema_decay=0.9, precision="float32")), fresh(task)
    state, first = step(start, a_batch(), {})
    for _ in range(20):
        state, last = step(state, a_batch(), {})
    assert all(np.isfinite(figure) for figure in last.values())
    assert last["loss/reconstruction"] < first["loss/reconstruction"]
    moved = jax.tree.map(lambda a, b: bool((a != b).any()), start.discriminator.params, state.discriminator.params)
    assert all(jax.tree.leaves(moved))


def test_a_batch_without_holes_is_refused():
    batch = a_batch()
    del batch["mask"]
    with pytest.raises(ValueError, match="data.damage=Holes"):
        jax.eval_shape(TASK.generate, fresh(TASK).generator.variables, batch, jax.random.key(0))
