"""What the PyTorch twins make of pictures and answers is what our tasks make of them."""

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan import losses  # noqa: E402
from mangagan.bench.torch_twins import torch_inpaint, torch_losses, torch_pictures  # noqa: E402
from mangagan.models.instance_maps import edges, instance_means  # noqa: E402
from mangagan.models.vgg import VGG16  # noqa: E402
from mangagan.tasks.color_spaces import RGB, Lab  # noqa: E402
from mangagan.tasks.hints import HintSampling  # noqa: E402
from mangagan.tasks.perceptual import Perceptual, gram  # noqa: E402


def noise(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def first(array):
    return torch.from_numpy(np.moveaxis(np.asarray(array), -1, 1).copy())


def last(tensor):
    return np.moveaxis(tensor.numpy(), 1, -1)


@pytest.mark.parametrize("space", [RGB(), Lab()])
def test_spaces_agree(space):
    gray, rgb = noise(2, 8, 6, 1), noise(2, 8, 6, 3, seed=1)
    source, target = space.source(gray), space.target(rgb)
    np.testing.assert_allclose(last(torch_pictures.source_of(space, first(gray))), source, atol=1e-5)
    np.testing.assert_allclose(last(torch_pictures.target_of(space, first(rgb))), target, atol=1e-5)
    picture = last(torch_pictures.picture_of(space, first(source), first(target)))
    np.testing.assert_allclose(picture, space.picture(gray, target), atol=1e-4)


def test_regions_agree():
    instances = np.random.default_rng(0).integers(0, 4, (2, 8, 6), np.int32)
    features = noise(2, 8, 6, 3)
    numbers = torch.from_numpy(instances).long()
    np.testing.assert_array_equal(last(torch_pictures.outlines(numbers)), edges(instances))
    means = torch_pictures.instance_means(first(features), numbers, 256)
    np.testing.assert_allclose(last(means), instance_means(features, instances, 256), atol=1e-6)


@pytest.mark.parametrize("uniform", [True, False])
def test_a_hint_shows_the_mean_of_its_square(uniform):
    torch.manual_seed(0)
    ab = first(noise(64, 16, 12, 2))
    hints = torch_pictures.random_hints(ab, HintSampling(stop=0.0, most=1, patch=9, uniform=uniform))
    colors, mask = hints[:, :2], hints[:, 2:]
    pixels = mask.sum((1, 2, 3))
    assert {round(float(count) ** 0.5, 6) for count in pixels} == set(map(float, range(1, 10)))
    expected = (ab * mask).sum((2, 3)) / pixels[:, None]
    torch.testing.assert_close(colors, expected[:, :, None, None] * mask)


def test_as_many_hints_are_given_as_ours_gives():
    torch.manual_seed(0)
    ab = torch.ones(4000, 2, 32, 32)
    mask = torch_pictures.random_hints(ab[:, :, :8, :8], HintSampling(stop=0.5, most=1))[:, 2]
    assert 0.46 < mask.amax((1, 2)).mean() < 0.54
    one_pixel = HintSampling(most=32, patch=1, uniform=True)
    shown = torch_pictures.random_hints(ab, one_pixel)[:, 2].sum((1, 2))
    # A square follows with probability 7/8, up to 32: 7 (1 - (7/8)**32) = 6.90, less the few that fall together.
    assert 6.5 < shown.mean() < 7.0 and shown.max() <= 32
    assert not torch_pictures.random_hints(ab[:2], HintSampling(most=0)).any()


def test_losses_agree():
    made, true = ([[noise(2, 4, 4, c, seed=s + c) for c in (3, 2, 1)] for s in seeds] for seeds in ((0, 10), (20, 30)))
    theirs = torch_losses.feature_matching(*([[first(x) for x in scale] for scale in side] for side in (made, true)))
    assert np.isclose(theirs, losses.feature_matching(made, true))
    a, b = made[0][0], true[0][0]
    assert np.isclose(torch_losses.charbonnier(first(a), first(b)), losses.charbonnier(a, b))
    for gan in (losses.BinaryCrossEntropy(), losses.LeastSquares()):
        distance, answer = torch_losses.distance_of(gan), [[first(x) for x in scale] for scale in made]
        low, high = (torch_losses.adversarial(distance, answer, label) for label in (0.0, 1.0))
        assert np.isclose(low, sum(gan.on_fake(scale[-1]) for scale in made))
        assert np.isclose(high, sum(gan.on_real(scale[-1]) for scale in made))


def test_losses_of_inpainting_agree():
    a, b, mask = noise(2, 5, 4, 3), noise(2, 5, 4, 3, seed=1), (noise(2, 5, 4, 1, seed=2) > 0.3).astype(np.float32)
    for hole in (mask, 0 * mask):
        theirs = torch_losses.masked_l1(first(a), first(b), first(hole))
        assert np.isclose(theirs, losses.masked_l1(a, b, hole))
        assert np.isclose(torch_losses.masked_mse(first(a), first(b), first(hole)), losses.masked_mse(a, b, hole))
        assert np.isclose(torch_losses.total_variation(first(a), first(hole)), losses.total_variation(a, hole))
    stages = [(first(x), first(y)) for x, y in ((a, b), (b, a))]
    expected = sum(losses.l1(gram(x), gram(y)) for x, y in ((a, b), (b, a)))
    assert np.isclose(torch_losses.style(stages), expected)
    for gan in (losses.Hinge(), losses.BinaryCrossEntropy()):
        judged = torch_inpaint.discriminator_loss(gan, first(a), first(b))
        assert np.isclose(judged, (gan.on_real(a) + gan.on_fake(b)) / 2)
        assert np.isclose(torch_inpaint.on_generated(gan, first(a)), gan.on_generated(a))


@pytest.mark.parametrize("normalised", [True, False])
def test_perceptual_losses_agree(normalised):
    torch.manual_seed(0)
    twin = torch_losses.TorchVGG(VGG16())
    convolutions = [module for module in twin.modules() if isinstance(module, torch.nn.Conv2d)]
    shapes = jax.eval_shape(VGG16().init, jax.random.key(0), np.zeros((1, 32, 32, 3), np.float32))["params"]
    params = {
        name: {
            "kernel": layer.weight.detach().numpy().transpose(2, 3, 1, 0),
            "bias": layer.bias.detach().numpy(),
        }
        for name, layer in zip(sorted(shapes), convolutions, strict=True)
    }
    fake, real = noise(1, 32, 32, 3), noise(1, 32, 32, 3, seed=1)
    ours = jax.jit(Perceptual(weight=1.0, normalised=normalised).loss)({"params": params}, fake, real)
    theirs = torch_losses.perceptual(twin, first(fake), first(real), normalised)
    assert np.isclose(theirs.detach(), ours, rtol=1e-3)
