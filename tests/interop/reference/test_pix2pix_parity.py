"""Our networks and their PyTorch twins, with the same weights, agree."""

from __future__ import annotations

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins import torch_pix2pix as twins  # noqa: E402
from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm  # noqa: E402
from mangagan.models.patchgan import PatchGAN, PixelGAN  # noqa: E402
from mangagan.models.resnet import ResNet  # noqa: E402
from mangagan.models.unet import UNet  # noqa: E402

NORMS = {"batch": BatchNorm(), "instance": InstanceNorm(), "none": NoNorm()}


def unet_names(levels):
    down = [f"down_{level}{end}" for level in range(1, levels + 1) for end in ("", "_norm")]
    up = [f"up_{level}{end}" for level in range(levels, 0, -1) for end in ("", "_norm")]
    return down + up


def resnet_names(blocks):
    parts = [f"block_{b}_{part}_{n}" for b in range(1, blocks + 1) for n in (1, 2) for part in ("conv", "norm")]
    ends = [["stem", "stem_norm"], [f"down_{n}{e}" for n in (1, 2) for e in ("", "_norm")]]
    return [*ends[0], *ends[1], *parts, *(f"up_{n}{e}" for n in (1, 2) for e in ("", "_norm")), "head"]


def patchgan_names(layers):
    return ["conv_1", *(f"{part}_{n}" for n in range(2, layers + 2) for part in ("conv", "norm")), "logits"]


def variables_from(twin, names):
    """Our variables with the twin's values; names are ours, in the order of the twin's file."""
    layers = [m for m in twin.modules() if not list(m.children()) and list(m.parameters())]
    convolutions = (torch.nn.Conv2d, torch.nn.ConvTranspose2d)
    normed = any(isinstance(m, torch.nn.BatchNorm2d) for m in layers)
    mine = iter(n for n in names if normed or "norm" not in n)
    variables = {}
    for layer in layers:
        name = next(mine)
        while normed and ("norm" in name) == isinstance(layer, convolutions):
            name = next(mine)
        own = {key: value.detach().numpy() for key, value in layer.state_dict().items()}
        if isinstance(layer, convolutions):
            variables["params", name, "kernel"] = own["weight"].transpose(2, 3, 1, 0)
        else:
            variables["params", name, "scale"] = own["weight"]
            variables["batch_stats", name, "mean"] = own["running_mean"]
            variables["batch_stats", name, "var"] = own["running_var"]
        if "bias" in own:
            variables["params", name, "bias"] = own["bias"]
    return flax.traverse_util.unflatten_dict(jax.tree.map(jnp.array, variables))


def randomise(twin, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, value in twin.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            noise = torch.randn(value.shape, generator=generator)
            value.copy_(noise.abs() + 0.5 if name.endswith("running_var") else 0.1 * noise)
    return twin


def cases():
    for name, norm in NORMS.items():
        unet = {"levels": 5, "features": 8}
        yield UNet(**unet, norm=norm), twins.TorchUNet(1, norm=name, **unet), unet_names(5), (2, 64, 32, 1)
        resnet = {"blocks": 2, "features": 8}
        yield ResNet(**resnet, norm=norm), twins.TorchResNet(norm=name, **resnet), resnet_names(2), (2, 20, 32, 3)
        patch = {"layers": 2, "features": 8}
        yield (
            PatchGAN(**patch, norm=norm),
            twins.TorchPatchGAN(4, norm=name, **patch),
            patchgan_names(2),
            (2, 33, 40, 4),
        )
        pixel = PixelGAN(features=8, norm=norm)
        yield (
            pixel,
            twins.TorchPixelGAN(4, norm=name, features=8),
            ["conv_1", "conv_2", "norm_2", "logits"],
            (2, 5, 7, 4),
        )
    for levels in (2, 3, 7):
        unet = {"levels": levels, "features": 4, "dropout": 0.0}
        size = (2, 2**levels, 2 ** (levels + 1), 1)
        yield UNet(**unet), twins.TorchUNet(1, **unet), unet_names(levels), size


CASES = list(cases())


@pytest.mark.parametrize(
    ("network", "twin", "names", "shape"),
    CASES,
    ids=[f"{type(c[0]).__name__}-{c[1].__class__.__name__}-{n}" for n, c in enumerate(CASES)],
)
def test_outputs_and_running_statistics_agree(network, twin, names, shape):
    variables = variables_from(randomise(twin, seed=0), names)
    x = np.random.default_rng(1).standard_normal(shape, np.float32)
    pixels = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())

    evaluated = jax.jit(lambda v, x: network.apply(v, x, train=False))(variables, x)
    np.testing.assert_allclose(evaluated, run(twin.eval(), pixels), atol=1e-4)

    trained, updates = jax.jit(lambda v, x: network.apply(v, x, train=True, mutable=["batch_stats"]))(variables, x)
    np.testing.assert_allclose(trained, run(twin.train(), pixels), atol=1e-4)
    expected = variables_from(twin, names).get("batch_stats", {})
    assert jax.tree.structure(updates.get("batch_stats", {})) == jax.tree.structure(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), updates.get("batch_stats", {}), expected)


def run(twin, pixels):
    with torch.no_grad():
        return twin(pixels).numpy().transpose(0, 2, 3, 1)
