"""Colour spaces, hints and instances of the PyTorch twins agree with those of the tasks."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins import torch_color_spaces, torch_conditioning  # noqa: E402
from mangagan.models.instance_maps import edges, instance_means  # noqa: E402
from mangagan.tasks.color_spaces import RGB, Lab  # noqa: E402
from mangagan.tasks.hints import HintSampling  # noqa: E402


def noise(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def channels_first(array):
    return torch.from_numpy(np.moveaxis(np.asarray(array), -1, 1).copy())


def channels_last(tensor):
    return np.moveaxis(tensor.numpy(), 1, -1)


@pytest.mark.parametrize("space", [RGB(), Lab()])
def test_color_spaces_agree(space):
    gray, rgb = noise(2, 8, 6, 1), noise(2, 8, 6, 3, seed=1)
    source, target = space.source(gray), space.target(rgb)
    twin = torch_color_spaces
    np.testing.assert_allclose(channels_last(twin.generator_source(space, channels_first(gray))), source, atol=1e-5)
    np.testing.assert_allclose(channels_last(twin.generator_target(space, channels_first(rgb))), target, atol=1e-5)
    picture = channels_last(twin.to_picture(space, channels_first(source), channels_first(target)))
    np.testing.assert_allclose(picture, space.picture(gray, target), atol=1e-4)


def test_instance_edges_and_means_agree():
    instances = np.random.default_rng(0).integers(0, 4, (2, 8, 6), np.int32)
    features = noise(2, 8, 6, 3)
    numbers = torch.from_numpy(instances).long()
    np.testing.assert_array_equal(channels_last(torch_conditioning.instance_edges(numbers)), edges(instances))
    means = torch_conditioning.instance_means(channels_first(features), numbers, 256)
    np.testing.assert_allclose(channels_last(means), instance_means(features, instances, 256), atol=1e-6)


@pytest.mark.parametrize("uniform", [True, False])
def test_a_hint_shows_the_mean_of_its_square(uniform):
    torch.manual_seed(0)
    ab = channels_first(noise(64, 16, 12, 2))
    hints = torch_conditioning.random_hints(ab, HintSampling(stop=0.0, max_count=1, max_side=9, uniform=uniform))
    colors, mask = hints[:, :2], hints[:, 2:]
    pixels = mask.sum((1, 2, 3))
    assert {round(float(count) ** 0.5, 6) for count in pixels} == set(map(float, range(1, 10)))
    expected = (ab * mask).sum((2, 3)) / pixels[:, None]
    torch.testing.assert_close(colors, expected[:, :, None, None] * mask)


def test_the_number_of_hints_has_the_distribution_of_the_tasks():
    torch.manual_seed(0)
    ab = torch.ones(4000, 2, 32, 32)
    mask = torch_conditioning.random_hints(ab[:, :, :8, :8], HintSampling(stop=0.5, max_count=1))[:, 2]
    assert 0.46 < mask.amax((1, 2)).mean() < 0.54
    one_pixel = HintSampling(max_count=32, max_side=1, uniform=True)
    shown = torch_conditioning.random_hints(ab, one_pixel)[:, 2].sum((1, 2))
    # A square follows with probability 7/8, up to 32: 7 (1 - (7/8)**32) = 6.90, less the few that coincide.
    assert 6.5 < shown.mean() < 7.0 and shown.max() <= 32
    assert not torch_conditioning.random_hints(ab[:2], HintSampling(max_count=0)).any()
