"""What is said of a trained run, and that it paints what its task predicts."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from mangagan.color import lab_to_srgb, srgb_to_lab
from mangagan.infer.jax_network import jax_network, network_info
from mangagan.palette import named_palette


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("pix2pix_manga", {}, ("RGB", "luminance", 256, 1.0, False, False)),
        ("pix2pix_manga:laptop", {}, ("RGB", "luminance", 32, 0.3, False, False)),
        ("pix2pix_lab_manga", {}, ("Lab", "lightness", 512, 1.0, False, False)),
        ("siggraph17_manga", {}, ("Lab", "lightness", 8, 1.0, True, False)),
        ("cyclegan_manga", {"data.input": "bw"}, ("RGB", "luminance", 4, 1.0, False, False)),
        ("pix2pixhd_manga:local", {}, ("RGB", "luminance", 32, 1.0, False, True)),
        ("restore_color", {}, ("Lab", "lightness", 256, 1.0, False, False)),
        ("colorizer_base", {}, ("Lab", "luminance", 32, 1.0, True, False)),
    ],
)
def test_facts(untrained_facts, name, overrides, expected):
    known = untrained_facts(name, overrides)
    assert (known.space, known.input, known.multiple, known.scale, known.hints, known.instances) == expected


@pytest.fixture
def untrained_facts():
    from mangagan import experiments
    from mangagan.overrides import override
    from mangagan.tasks.base import Variables

    return lambda name, overrides: network_info(override(experiments.load(name), overrides), Variables({}, {}))


@pytest.mark.parametrize(("crop", "scale"), [(0, 1.0), (512, 1.0), (400, 1.28), (256, 2.0), (64, 2.0)])
def test_the_scale_is_that_of_the_crops(untrained_facts, crop, scale):
    """Sets of 256 x 256 are seen at their own size, although the window is larger."""
    assert untrained_facts("pix2pix_manga", {"data.crop": crop}).scale == scale


def test_a_network_is_known_to_take_a_palette(untrained_facts):
    steered, hinted = (untrained_facts(name, {}) for name in ("colorizer_base", "siggraph17_manga"))
    assert steered.palette and steered.hints and hinted.hints and not hinted.palette


def test_runs_that_do_not_color_are_refused(untrained):
    for name in ("restore_inpaint:debug", "restore_denoise:debug"):
        with pytest.raises(ValueError, match="does not color pages"):
            network_info(*untrained(name))


def test_the_digest_is_that_of_weights_and_their_meaning(untrained):
    experiment, variables = untrained("dcgan_manga:debug")
    digests = {
        network_info(*untrained("dcgan_manga:debug", change)).digest
        for change in ({}, {"task.batch_stats_at_test": True})
    }
    other = jax.tree.map(lambda leaf: leaf * 1.0001, variables)
    assert len(digests | {network_info(experiment, other).digest, network_info(experiment, variables).digest}) == 3


def test_in_lab_what_is_painted_is_not_clipped_and_else_it_is_the_prediction(untrained):
    experiment, variables = untrained("siggraph17_manga:debug")
    network = jax_network(experiment, variables)
    rng = np.random.default_rng(0)
    maps = {"input": rng.uniform(-1, 1, (1, 16, 24, 1)).astype(np.float32)}
    hints = {"hint_ab": rng.uniform(-1, 1, (1, 16, 24, 2)).astype(np.float32), "hint_mask": np.ones_like(maps["input"])}
    painted = np.asarray(network.predict(maps | hints))
    lab = painted * np.array([50, 110, 110]) + np.array([50, 0, 0])
    np.testing.assert_allclose(lab[..., 0], srgb_to_lab(np.repeat(maps["input"], 3, -1) / 2 + 0.5)[..., 0], atol=1e-3)
    expected = np.asarray(jax.jit(experiment.task.predict)(variables, maps | hints))
    np.testing.assert_allclose(lab_to_srgb(lab.astype(np.float32)) * 2 - 1, expected, atol=1e-4)
    # Where sRGB has the color at this lightness, nothing is moved.
    gray = np.abs(painted[..., 1:]).max(-1) < 0.05
    picture = network.to_srgb(painted)
    np.testing.assert_allclose(
        picture[gray & (abs(lab[..., 0] - 50) < 20)], expected[gray & (abs(lab[..., 0] - 50) < 20)], atol=1e-2
    )


def test_of_even_lab_what_is_painted_is_the_prediction_before_it_is_clipped(untrained):
    experiment, variables = untrained("colorizer_base:debug")
    rng = np.random.default_rng(0)
    maps = {"input": rng.uniform(-0.2, 0.2, (1, 16, 32, 1)).astype(np.float32)}
    palette = named_palette([((90, 110, 130), 1.0), ((140, 100, 90), 1.0)])
    painted = np.asarray(jax_network(experiment, variables).with_palette(palette).predict(maps))
    expected = np.asarray(jax.jit(experiment.task.predict)(variables, maps | {"palette": palette[None]}))
    lab = (painted * np.array([50, 110, 110]) + np.array([50, 0, 0])).astype(np.float32)
    np.testing.assert_allclose(lab_to_srgb(lab) * 2 - 1, expected, atol=1e-4)


def test_a_network_that_learned_without_palettes_takes_none(untrained):
    assert network_info(*untrained("colorizer_base:debug")).palette
    assert not network_info(*untrained("colorizer_base:debug", {"data.palettes": "NoPalettes"})).palette
