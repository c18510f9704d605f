"""SIGGRAPH17 and its PyTorch twin, with the same weights, agree in colours, classes and gradients."""

from __future__ import annotations

from pathlib import Path

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins.torch_siggraph17 import TorchSiggraph17  # noqa: E402
from mangagan.models.siggraph17 import Siggraph17  # noqa: E402

KINDS = {"weight": "kernel", "bias": "bias"}
NORM_KINDS = {"weight": "scale", "bias": "bias", "running_mean": "mean", "running_var": "var"}
LISTING = Path(__file__).parents[4] / "shared/reference/state_dicts/siggraph17.txt"


def layers():
    """Our layers and the twin's, (ours, theirs)."""
    for stage, convs in enumerate((2, 2, 3, 3, 3, 3, 3), 1):
        yield from ((f"stage_{stage}_conv_{n + 1}", f"model{stage}.{2 * n}") for n in range(convs))
        yield f"stage_{stage}_norm", f"model{stage}.{2 * convs}"
    for stage, skip, convs in ((8, 3, 2), (9, 2, 1), (10, 1, 1)):
        yield f"stage_{stage}_up", f"model{stage}up.0"
        yield f"stage_{stage}_shortcut", f"model{skip}short{stage}.0"
        yield from ((f"stage_{stage}_conv_{n + 1}", f"model{stage}.{2 * n + 1}") for n in range(convs))
        if stage < 10:
            yield f"stage_{stage}_norm", f"model{stage}.{2 * convs + 1}"
    yield "class_head", "model_class.0"
    yield "ab_head", "model_out.0"


def ours(tensors):
    """Our variables (or their gradients) from the twin's named tensors."""
    variables = {}
    for mine, theirs in layers():
        for kind, name in (NORM_KINDS if mine.endswith("norm") else KINDS).items():
            if f"{theirs}.{kind}" in tensors:
                value = tensors[f"{theirs}.{kind}"].detach().numpy()
                collection = "batch_stats" if kind.startswith("running") else "params"
                variables[collection, mine, name] = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value
    return flax.traverse_util.unflatten_dict(jax.tree.map(jnp.array, variables))


def random_twin(**options):
    """A twin with weights that keep activations near 1, so that a wrong layer shows."""
    twin = TorchSiggraph17(features=4, **options)
    generator = torch.Generator().manual_seed(0)
    for name, value in twin.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            scale = 0.3 if value.ndim < 2 else (2 / (value.numel() / len(value))) ** 0.5
            noise = scale * torch.randn(value.shape, generator=generator)
            value.copy_(noise.abs() + 0.5 if name.endswith("running_var") else noise)
    return twin


def inputs():
    x = np.random.default_rng(1).standard_normal((2, 16, 24, 4), np.float32)
    return x, torch.from_numpy(x.transpose(0, 3, 1, 2).copy())


def last(tensor):
    return tensor.detach().numpy().transpose(0, 2, 3, 1)


def assert_near(mine, theirs, atol):
    assert jax.tree.structure(mine) == jax.tree.structure(theirs)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol, rtol=1e-4), mine, theirs)


def test_outputs_and_running_statistics_agree():
    twin, network = random_twin(), Siggraph17(features=4)
    variables, (x, pixels) = ours(twin.state_dict()), inputs()

    def theirs():
        return tuple(map(last, twin(pixels)))

    twin.eval()
    assert_near(jax.jit(lambda v: network.apply(v, x, train=False))(variables), theirs(), 1e-4)
    twin.train()
    trained, updates = jax.jit(lambda v: network.apply(v, x, train=True, mutable=["batch_stats"]))(variables)
    assert_near(trained, theirs(), 1e-4)
    assert_near(updates["batch_stats"], ours(twin.state_dict())["batch_stats"], 1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("classify", [False, True])
def test_gradients_agree(classify):
    twin = random_twin(classes=7, classify=classify).train()
    network = Siggraph17(features=4, classes=7, classify=classify)
    variables, (x, pixels) = ours(twin.state_dict()), inputs()

    def loss(params):
        outputs, _ = network.apply(variables | {"params": params}, x, train=True, mutable=["batch_stats"])
        return sum(jnp.mean(jnp.sin(3 * y)) for y in outputs)

    sum(torch.sin(3 * y).mean() for y in twin(pixels)).backward()
    expected = ours({name: value.grad for name, value in twin.named_parameters()})["params"]
    assert_near(jax.jit(jax.grad(loss))(variables["params"]), expected, 1e-4)


@pytest.mark.skipif(not LISTING.exists(), reason="the reference's list of tensors is not here")
def test_tensor_names_of_the_twin_are_those_of_the_reference():
    listed = [line for line in LISTING.read_text().splitlines() if not line.startswith("#")]
    with torch.device("meta"):
        tensors = TorchSiggraph17().state_dict()
    assert [f"{name} {'x'.join(map(str, t.shape)) or 'scalar'}" for name, t in tensors.items()] == listed
