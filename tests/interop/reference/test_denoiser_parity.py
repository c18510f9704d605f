"""Our denoising U-Net and its PyTorch twin, with the same weights, agree."""

from __future__ import annotations

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins.torch_denoising_unet import TorchDenoisingUNet  # noqa: E402
from mangagan.models.denoising_unet import DenoisingUNet  # noqa: E402
from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm  # noqa: E402

NORMS = {"batch": BatchNorm(), "instance": InstanceNorm(), "none": NoNorm()}
LEAVES = {"weight": ("params", "scale"), "bias": ("params", "bias")}
LEAVES |= {"running_mean": ("batch_stats", "mean"), "running_var": ("batch_stats", "var")}


def our_name(theirs):
    """`down_2_block_1_conv_1` for `down.1.blocks.0.conv_1`, `up_0_norm` for `up.0.norm`."""
    parts = theirs.split(".")
    if parts[0] == "head":
        return "head"
    name = f"down_{int(parts[1]) + 1}" if parts[0] == "down" else f"up_{parts[1]}"
    if parts[2] == "blocks":
        name, parts = f"{name}_block_{int(parts[3]) + 1}", parts[2:]
    return name if parts[2] == "conv" else f"{name}_{parts[2]}"


def variables_from(twin):
    variables = {}
    for name, value in twin.state_dict().items():
        layer, _, leaf = name.rpartition(".")
        if leaf == "num_batches_tracked":
            continue
        value = value.numpy()
        collection, key = ("params", "kernel") if value.ndim == 4 else LEAVES[leaf]
        variables[collection, our_name(layer), key] = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value
    return flax.traverse_util.unflatten_dict(jax.tree.map(jnp.array, variables))


def randomise(twin):
    generator = torch.Generator().manual_seed(0)
    for name, value in twin.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            noise = torch.randn(value.shape, generator=generator)
            value.copy_(noise.abs() + 0.5 if name.endswith("running_var") else 0.1 * noise)
    return twin


CASES = [
    ({"levels": 3, "features": 8}, "batch", 3),
    ({"levels": 2, "features": 8, "blocks": 2, "sampling": 2, "widest": 1}, "none", 4),
    ({"levels": 2, "features": 4, "blocks": 1, "residual": False}, "instance", 3),
    ({"levels": 1, "features": 4, "blocks": 1}, "batch", 3),
]


@pytest.mark.parametrize(("sizes", "norm", "inputs"), CASES)
def test_outputs_and_running_statistics_agree(sizes, norm, inputs):
    twin = randomise(TorchDenoisingUNet(inputs, norm=norm, **sizes))
    network, variables = DenoisingUNet(norm=NORMS[norm], **sizes), variables_from(twin)
    x = np.random.default_rng(1).standard_normal((2, 16, 24, inputs), np.float32)
    pixels = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())

    evaluated = jax.jit(lambda v, x: network.apply(v, x, train=False))(variables, x)
    np.testing.assert_allclose(evaluated, run(twin.eval(), pixels), atol=1e-4)

    trained, updates = jax.jit(lambda v, x: network.apply(v, x, train=True, mutable=["batch_stats"]))(variables, x)
    np.testing.assert_allclose(trained, run(twin.train(), pixels), atol=1e-4)
    expected = variables_from(twin).get("batch_stats", {})
    assert jax.tree.structure(updates.get("batch_stats", {})) == jax.tree.structure(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), updates.get("batch_stats", {}), expected)


def run(twin, pixels):
    with torch.no_grad():
        return twin(pixels).numpy().transpose(0, 2, 3, 1)
