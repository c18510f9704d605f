"""A palette and hints reach what is painted, alone and together, and none are none."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from PIL import Image

from mangagan.color import srgb_to_lab
from mangagan.models.layers import BatchNorm
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.palette_guided_unet import PaletteGuidedUNet
from mangagan.palette import named_palette, palette_of
from mangagan.palette_bins import BINS
from mangagan.tasks.base import Variables
from mangagan.tasks.palette_guided import PaletteGuided, chroma_gain, usual_colors
from mangagan.train.state import Optimizers, init_state
from mangagan.train.step import make_step

DISCRIMINATOR = MultiscaleDiscriminator(scales=1, layers=1, features=4)
TASK = PaletteGuided(
    generator=PaletteGuidedUNet(levels=3, features=4, code=8, encoder=False),
    discriminator=DISCRIMINATOR,
    hint_probability=1.0,
)
SGD = Optimizers(optax.sgd(0.1), optax.sgd(0.1))
RED, BLUE = (named_palette([(np.array(rgb, np.uint8), 1.0)]) for rgb in ((200, 40, 40), (40, 60, 190)))


def a_batch():
    rng = np.random.default_rng(0)
    return {
        "input": jnp.asarray(rng.uniform(-1, 1, (2, 16, 16, 1)), jnp.float32),
        "target": jnp.asarray(rng.uniform(-1, 1, (2, 16, 16, 3)), jnp.float32),
        "palette": jnp.asarray(np.stack([RED, BLUE])),
    }


@cache
def fresh():
    return jax.jit(lambda batch: init_state(TASK, SGD, 0, batch))(a_batch())


@cache
def predict():
    return jax.jit(TASK.predict)


def painted(**changes):
    batch = {name: array for name, array in (a_batch() | changes).items() if name != "target" and array is not None}
    return predict()(fresh().generator.variables, batch)


def test_each_picture_follows_its_own_palette():
    both, red = painted(), painted(palette=jnp.asarray(np.stack([RED, RED])))
    assert (both[0] == red[0]).all() and jnp.abs(both[1] - red[1]).max() > 0.1
    # Of untrained weights only the palette's usual colors are to be seen.
    assert (red[..., 0] - red[..., 2]).mean() > 0.2 > 0 > (both[1, ..., 0] - both[1, ..., 2]).mean()


def test_no_palette_equals_a_palette_of_zeros():
    nothing = jnp.zeros((2, BINS))
    # Compiled apart.
    np.testing.assert_allclose(painted(palette=None), painted(palette=nothing), atol=1e-5)


def test_hints_reach_the_prediction_and_no_hints_are_an_empty_mask():
    batch = TASK.with_hints(jax.random.key(0), a_batch(), 10)
    assert 10 <= batch["hint_mask"].sum(axis=(1, 2, 3)).min()
    hinted = painted(hint_ab=batch["hint_ab"], hint_mask=batch["hint_mask"])
    assert jnp.abs(hinted - painted()).max() > 1e-4
    empty = {"hint_ab": jnp.zeros((2, 16, 16, 2)), "hint_mask": jnp.zeros((2, 16, 16, 1))}
    np.testing.assert_array_equal(painted(**empty), painted())


def test_vividness_changes_only_chroma_and_not_at_hints():
    dull = jax.jit(replace(TASK, vividness=0.5).predict)
    seen = {name: array for name, array in a_batch().items() if name != "target"}
    plain, half = painted(), np.asarray(dull(fresh().generator.variables, seen))
    one, other = (np.asarray(srgb_to_lab((picture + 1) / 2)) for picture in (plain, half))
    chroma, less = (np.hypot(lab[..., 1], lab[..., 2]) for lab in (one, other))
    # Where sRGB has all that is painted.
    inside = (np.asarray(plain) > -0.99).all(-1) & (np.asarray(plain) < 0.99).all(-1) & (chroma > 10)
    assert inside.sum() > 20
    np.testing.assert_allclose(less[inside] / chroma[inside], 0.5, atol=0.02)
    np.testing.assert_allclose(other[inside, 0], one[inside, 0], atol=0.5)
    told = {"hint_ab": jnp.full((2, 16, 16, 2), 0.1), "hint_mask": jnp.ones((2, 16, 16, 1))}
    np.testing.assert_allclose(dull(fresh().generator.variables, seen | told), painted(**told), atol=1e-5)


def test_chroma_is_regained_where_a_palette_has_many_hues_for_a_lightness():
    red, green = (np.array(rgb, np.uint8) for rgb in ((200, 60, 60), (0, 140, 40)))
    of = [named_palette([(rgb, 1.0) for rgb in colors]) for colors in ([red], [red, green])]
    gray = palette_of(Image.linear_gradient("L").convert("RGB"))
    grays = named_palette([(np.full(3, value, np.uint8), 1.0) for value in (32, 128, 224)])
    one, both, no_color, named, none = chroma_gain(jnp.asarray(np.stack([*of, gray, grays, np.zeros(BINS)])))
    assert 1 <= one < 1.1 < 1.3 < both < 2
    # Grey stays grey; without a palette chroma counts as under a palette of many pages.
    assert no_color == named == 1 and one < none < both * 1.5


def test_with_batch_statistics_a_prediction_does_not_depend_on_the_batch():
    seen = {name: array for name, array in a_batch().items() if name != "target"}
    own = jax.jit(replace(TASK, batch_stats_at_test=True).predict)
    both, alone = (own(fresh().generator.variables, batch) for batch in (seen, jax.tree.map(lambda a: a[1:], seen)))
    np.testing.assert_allclose(both[1:], alone, atol=1e-5)


def test_pictures_of_any_size_are_predicted():
    assert painted(input=jnp.zeros((2, 19, 5, 1))).shape == (2, 19, 5, 3)


def test_a_step_trains_the_palette_encoder():
    step = jax.jit(make_step(TASK, SGD, ema_decay=0.9, precision="float32"))
    after, metrics = step(fresh(), a_batch(), {})
    moved = jax.tree.map(lambda a, b: bool((a != b).any()), fresh().generator.params, after.generator.params)
    assert all(jax.tree.leaves(moved["code"]))
    assert all(np.isfinite(float(value)) for value in metrics.values())


def test_the_perceptual_loss_sees_the_picture_of_predict():
    # All of the palette is told, no dropout, and running statistics: what is left is the way from paint to picture.
    norms = TASK.generator.clone(dropout=0.0, norm=BatchNorm(frozen=True))
    task, batch = replace(TASK, generator=norms, hint_probability=0.0, vividness=2.0), a_batch()
    batch["palette"] = jnp.zeros_like(batch["palette"])
    fakes, stats = jax.jit(task.generate)(fresh().generator.variables, batch, jax.random.key(0))
    seen = {name: array for name, array in batch.items() if name != "target"}
    used = jax.jit(task.predict)(fresh().generator.variables, seen)
    np.testing.assert_allclose(task._picture(batch, fakes), used, atol=1e-5)
    assert jnp.abs(task.space.picture(batch["input"], fakes["target"]) - used).max() > 0.01
    assert all(jax.tree.leaves(jax.tree.map(jnp.array_equal, stats, fresh().generator.stats)))


def test_a_pretrained_encoder_initializes_the_generator_and_is_frozen():
    task = PaletteGuided(generator=PaletteGuidedUNet(levels=1, features=4, code=4), discriminator=DISCRIMINATOR)
    batch = {name: jnp.zeros((2, 32, 32, x.shape[-1])) if x.ndim == 4 else x for name, x in a_batch().items()}
    fresh = jax.jit(lambda key: task.init(key, batch))(jax.random.key(0)).generator
    given = Variables(*(jax.tree.map(lambda leaf: leaf + 1, tree["encoder"]) for tree in fresh))
    initial = task.init_from(fresh, given)
    assert (initial.params["encoder"]["stem"]["kernel"] == given.params["stem"]["kernel"]).all()
    assert initial.params["code"] is fresh.params["code"] and initial.stats.keys() == fresh.stats.keys()

    def total(params):
        return jnp.abs(task.generate(Variables(params, fresh.stats), batch, jax.random.key(1))[0]["target"]).sum()

    gradient = jax.jit(jax.grad(total))(fresh.params)
    assert not any(leaf.any() for leaf in jax.tree.leaves(gradient["encoder"]))
    assert gradient["down_1"]["kernel"].any() and gradient["known_1"]["scale"].any()
    with pytest.raises(ValueError, match="missing, surplus"):
        task.init_from(fresh, Variables({"stem": given.params["stem"]}, {}))


def test_usual_colors_are_the_means_of_the_palette_at_each_lightness():
    dark_red, light_blue = (90, 20, 20), (150, 190, 250)
    pixels = np.array([[dark_red] * 8 + [light_blue] * 8] * 4, np.uint8)
    palette, lab = palette_of(Image.fromarray(pixels)), srgb_to_lab(pixels.astype(np.float32) / np.float32(255))
    gray = np.asarray(Image.fromarray(pixels).convert("L"), np.float32)[None, ..., None] / 127.5 - 1
    found = TASK.space.lab(usual_colors(jnp.asarray(gray), jnp.asarray(palette[None])))[0]
    np.testing.assert_allclose(found[..., 1:], lab[..., 1:], atol=2)
    # The grey's own lightness, which is near that of the color.
    np.testing.assert_allclose(found[..., 0], lab[..., 0], atol=6)
    np.testing.assert_array_equal(usual_colors(jnp.asarray(gray), jnp.zeros((1, BINS)))[..., 1:], 0)


def test_a_size_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="pad both sides to multiples of 8"):
        jax.eval_shape(lambda: TASK.generator.init(jax.random.key(0), jnp.zeros((1, 9, 8, 6)), jnp.zeros((1, BINS)),
                                                   train=False))  # fmt: skip
