"""The losses of the PyTorch twins agree with those of the tasks."""

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan import losses  # noqa: E402
from mangagan.bench.torch_twins import torch_losses, torch_perceptual  # noqa: E402
from mangagan.models.vgg import VGG16  # noqa: E402
from mangagan.tasks.perceptual import Perceptual, gram  # noqa: E402


def noise(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def channels_first(array):
    return torch.from_numpy(np.moveaxis(np.asarray(array), -1, 1).copy())


def test_losses_of_paired_tasks_agree():
    fake, real = ([[noise(2, 4, 4, c, seed=s + c) for c in (3, 2, 1)] for s in seeds] for seeds in ((0, 10), (20, 30)))
    torch_fake, torch_real = ([[channels_first(x) for x in scale] for scale in side] for side in (fake, real))
    theirs = torch_losses.feature_matching(torch_fake, torch_real)
    assert np.isclose(theirs, losses.feature_matching(fake, real))
    a, b = fake[0][0], real[0][0]
    assert np.isclose(torch_losses.charbonnier(channels_first(a), channels_first(b)), losses.charbonnier(a, b))
    for gan in (losses.BinaryCrossEntropy(), losses.LeastSquares()):
        loss = torch_losses.logit_loss(gan)
        low, high = (torch_losses.adversarial_loss(loss, torch_fake, label) for label in (0.0, 1.0))
        assert np.isclose(low, sum(gan.on_fake(scale[-1]) for scale in fake))
        assert np.isclose(high, sum(gan.on_real(scale[-1]) for scale in fake))


def test_losses_of_inpainting_agree():
    a, b, mask = noise(2, 5, 4, 3), noise(2, 5, 4, 3, seed=1), (noise(2, 5, 4, 1, seed=2) > 0.3).astype(np.float32)
    torch_a, torch_b = channels_first(a), channels_first(b)
    for hole in (mask, 0 * mask):
        torch_hole = channels_first(hole)
        assert np.isclose(torch_losses.masked_l1(torch_a, torch_b, torch_hole), losses.masked_l1(a, b, hole))
        assert np.isclose(torch_losses.masked_mse(torch_a, torch_b, torch_hole), losses.masked_mse(a, b, hole))
        assert np.isclose(torch_losses.total_variation(torch_a, torch_hole), losses.total_variation(a, hole))
    expected = sum(losses.l1(gram(x), gram(y)) for x, y in ((a, b), (b, a)))
    assert np.isclose(torch_perceptual.style_loss([(torch_a, torch_b), (torch_b, torch_a)]), expected)
    for gan in (losses.Hinge(), losses.BinaryCrossEntropy()):
        theirs = torch_losses.discriminator_loss(gan, torch_a, torch_b)
        assert np.isclose(theirs, (gan.on_real(a) + gan.on_fake(b)) / 2)
        assert np.isclose(torch_losses.generator_adversarial_loss(gan, torch_a), gan.on_generated(a))


@pytest.mark.parametrize("normalised", [True, False])
def test_perceptual_losses_agree(normalised):
    torch.manual_seed(0)
    twin = torch_perceptual.TorchVGG(VGG16())
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
    theirs = torch_perceptual.perceptual_loss(twin, channels_first(fake), channels_first(real), normalised)
    assert np.isclose(theirs.detach(), ours, rtol=1e-3)
