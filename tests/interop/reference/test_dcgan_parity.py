"""The DCGAN colouriser and its PyTorch twin, with the same weights, give the same pictures and logits."""

from __future__ import annotations

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins.torch_dcgan import TorchDCGANDiscriminator, TorchDCGANGenerator  # noqa: E402
from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator  # noqa: E402
from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm  # noqa: E402

NORMS = {"batch": BatchNorm(), "instance": InstanceNorm(), "none": NoNorm()}


def names(layers, norm):
    """Yield our layers in the order of the twin's."""
    for layer in layers:
        yield layer
        if norm == "batch" and layer not in ("down_1", "up_1", "logit"):
            yield f"{layer}_norm"


def ours(twin, names, grid):
    """Return our variables with the twin's values; the twin's logit weights are in channels-first order."""
    variables = {}
    layers = [layer for layer in twin.model if layer.state_dict()]
    for name, layer in zip(names, layers, strict=True):
        own = {kind: value.numpy() for kind, value in layer.state_dict().items()}
        weight = own["weight"]
        if name.endswith("norm"):
            variables["params", name, "scale"] = weight
            variables["batch_stats", name, "mean"] = own["running_mean"]
            variables["batch_stats", name, "var"] = own["running_var"]
        elif name == "logit":
            weight = weight.reshape(-1, *grid).transpose(1, 2, 0).reshape(-1, 1)
            variables["params", name, "kernel"] = weight
        else:
            variables["params", name, "kernel"] = weight.transpose(2, 3, 1, 0)
        if "bias" in own:
            variables["params", name, "bias"] = own["bias"]
    return flax.traverse_util.unflatten_dict(jax.tree.map(jnp.array, variables))


def randomise(twin):
    generator = torch.Generator().manual_seed(0)
    for name, value in twin.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            noise = 0.1 * torch.randn(value.shape, generator=generator)
            value.copy_(noise.abs() + 0.5 if name.endswith("running_var") else noise)
    return twin


def cases():
    ups = [f"up_{n}" for n in (3, 2, 1)]
    downs = [f"down_{n}" for n in (1, 2, 3)]
    for name, norm in NORMS.items():
        size, options = (16, 24), {"levels": 3, "features": 8}
        twin = TorchDCGANGenerator(norm=name, **options)
        yield DCGANGenerator(norm=norm, **options), twin, list(names(downs + ups, name)), (2, *size, 1)
        twin = TorchDCGANDiscriminator(4, *size, features=8, norm=name)
        yield DCGANDiscriminator(features=8, norm=norm), twin, list(names([*downs, "logit"], name)), (2, *size, 4)


@pytest.mark.parametrize(
    ("network", "twin", "names", "shape"), list(cases()), ids=lambda v: type(v).__name__ if callable(v) else ""
)
def test_outputs_and_running_statistics_agree(network, twin, names, shape):
    grid = shape[1] // 8, shape[2] // 8
    variables = ours(randomise(twin), names, grid)
    x = np.random.default_rng(1).standard_normal(shape, np.float32)
    pixels = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())

    evaluated = jax.jit(lambda v: network.apply(v, x, train=False))(variables)
    np.testing.assert_allclose(evaluated, run(twin.eval(), pixels), atol=1e-4)

    trained, updates = jax.jit(lambda v: network.apply(v, x, train=True, mutable=["batch_stats"]))(variables)
    np.testing.assert_allclose(trained, run(twin.train(), pixels), atol=1e-4)
    expected = ours(twin, names, grid).get("batch_stats", {})
    assert jax.tree.structure(updates.get("batch_stats", {})) == jax.tree.structure(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), updates.get("batch_stats", {}), expected)


def run(twin, pixels):
    with torch.no_grad():
        y = twin(pixels).numpy()
    return y.transpose(0, 2, 3, 1) if y.ndim == 4 else y
