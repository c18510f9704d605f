"""The two-stage generator and its PyTorch twin, with the same weights, agree in outputs and gradients."""

from __future__ import annotations

import flax.traverse_util
import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins.torch_two_stage import TorchSelfAttention, TorchTwoStage  # noqa: E402
from mangagan.models.two_stage import TwoStage  # noqa: E402

ENCODER = ["stem", "down_1", "down_1_conv", "down_2", "down_2_conv", *(f"middle_{n}" for n in range(1, 6))]
DECODER = ["middle_6", "middle_7", "up_1", "up_1_conv", "up_2", "up_2_conv", "head"]
REFINEMENT = ["stem", "down_1", "down_2", "middle_1", "middle_2", "middle_3", "up_1", "up_2", "head"]
NAMES = [
    *(("coarse_encoder", name) for name in ENCODER),
    *(("coarse_decoder", name) for name in DECODER),
    *(("refinement", name) for name in REFINEMENT),
]


def randomised(twin):
    """The twin with weights that keep activations near 1 through all layers, so that a wrong one shows."""
    generator = torch.Generator().manual_seed(0)
    for value in twin.state_dict().values():
        scale = 0.3 if value.ndim < 4 else (6 / value[0].numel()) ** 0.5
        value.copy_(scale * torch.randn(value.shape, generator=generator))
    return twin


def ours(twin, read):
    """Our parameters' tree with what `read` finds for each of the twin's."""
    attention = next((module for module in twin.modules() if isinstance(module, TorchSelfAttention)), None)
    inside = [] if attention is None else list(attention.modules())
    layers = [m for m in twin.modules() if isinstance(m, torch.nn.Conv2d) and m not in inside]
    tree = {}
    for name, layer in zip(NAMES, layers, strict=True):
        tree[(*name, "kernel")] = read(layer.weight).transpose(2, 3, 1, 0)
        tree[(*name, "bias")] = read(layer.bias)
    if attention is not None:
        tree["refinement", "attention", "gamma"] = read(attention.gamma)
        for name in ("query", "key", "value"):
            kernel = read(getattr(attention, name).weight)[..., 0, 0].T
            tree["refinement", "attention", name, "kernel"] = kernel
    return flax.traverse_util.unflatten_dict(tree)


def inputs(b=2, h=32, w=40):
    rng = np.random.default_rng(1)
    picture, hole = rng.uniform(-1, 1, (b, h, w, 3)), np.zeros((b, h, w, 1))
    for n in range(b):
        hole[n, 8:20, 16 * n : 16 * n + 12] = 1
    return np.concatenate([picture, hole], -1).astype(np.float32)


@pytest.mark.parametrize(("attention", "smooth"), [(True, False), (False, True)])
def test_outputs_and_gradients_agree(attention, smooth):
    twin = randomised(TorchTwoStage(features=4, attention=attention, smooth=smooth))
    network, x = TwoStage(features=4, attention=attention, smooth=smooth), inputs()
    predicted = twin(torch.from_numpy(x.transpose(0, 3, 1, 2).copy()))
    sum(torch.sin(3 * picture).mean() for picture in predicted).backward()
    expected = [picture.detach().numpy().transpose(0, 2, 3, 1) for picture in predicted]

    def loss(params):
        pictures = network.apply({"params": params}, x, train=True)
        return sum(jax.numpy.sin(3 * picture).mean() for picture in pictures), pictures

    params = ours(twin, lambda tensor: tensor.detach().numpy())
    (_, pictures), gradients = jax.jit(jax.value_and_grad(loss, has_aux=True))(params)
    for one, other in zip(pictures, expected, strict=True):
        assert 0.1 < other.std() < 0.99
        np.testing.assert_allclose(one, other, atol=1e-4)
    expected_gradients = ours(twin, lambda tensor: tensor.grad.numpy())
    assert jax.tree.structure(gradients) == jax.tree.structure(expected_gradients)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), gradients, expected_gradients)
