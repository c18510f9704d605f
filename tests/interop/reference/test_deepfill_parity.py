"""DeepFillv2, SN-PatchGAN and their PyTorch twins, with the same weights, agree in outputs and gradients."""

from __future__ import annotations

import os
from pathlib import Path

import flax.traverse_util
import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins.torch_deepfill import TorchContextualAttention, TorchDeepFill  # noqa: E402
from mangagan.bench.torch_twins.torch_sn_patchgan import TorchSNPatchGAN  # noqa: E402
from mangagan.interop.reference.layouts import Layout, tensor_specs, to_tensors, to_variables  # noqa: E402
from mangagan.interop.reference.state_dicts import load_reference, save_reference  # noqa: E402
from mangagan.models.attention import contextual_attention  # noqa: E402
from mangagan.models.deepfill import DeepFill  # noqa: E402
from mangagan.models.sn_patchgan import SNPatchGAN  # noqa: E402

LISTS = Path(
    os.environ.get("MANGAGAN_STATE_DICTS") or Path(__file__).parents[3].parent / "shared" / "reference" / "state_dicts"
)
PADDINGS = pytest.mark.parametrize("symmetric", [False, True], ids=["same", "symmetric"])


def randomised(twin, seed=0):
    """The twin with weights that keep activations near 1 through all layers, so that a wrong one shows."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in twin.state_dict().items():
        if not name.endswith("fuse_weight"):
            scale = 0.3 if value.ndim < 4 else (6 / value[0].numel()) ** 0.5
            value.copy_(scale * torch.randn(value.shape, generator=generator))
    return twin


def ours(twin, layout):
    return to_variables({name: tensor.numpy() for name, tensor in twin.state_dict().items()}, layout)


def inputs(shared, b=2, h=32, w=40):
    rng = np.random.default_rng(1)
    picture, hole = rng.uniform(-1, 1, (b, h, w, 3)), np.zeros((b, h, w, 1))
    for n in range(b):
        left = 8 if shared else 16 * n
        hole[n, 8:20, left : left + 12] = 1
    return np.concatenate([picture, hole], -1).astype(np.float32)


def first(x):
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy())


def last(tensor):
    return tensor.detach().numpy().transpose(0, 2, 3, 1)


@PADDINGS
@pytest.mark.parametrize("shared", [True, False], ids=["one hole", "two holes"])
def test_generators_agree(symmetric, shared):
    twin, network = randomised(TorchDeepFill(features=4, symmetric=symmetric)), DeepFill(4, symmetric)
    x = inputs(shared)
    predicted = jax.jit(lambda v, x: network.apply(v, x, train=False))(ours(twin, Layout(network, 4)), x)
    with torch.no_grad():
        expected = twin(first(x))
    for one, other in zip(predicted, expected, strict=True):
        assert 0.1 < float(other.std()) < 0.99
        np.testing.assert_allclose(one, last(other), atol=1e-4)


def test_attention_and_its_gradient_agree():
    x = 0.5 * np.random.default_rng(0).standard_normal((2, 12, 16, 3), np.float32)
    hole = np.ascontiguousarray(inputs(False, h=48, w=64)[:, ::8, ::8, 3])
    pixels = first(x).requires_grad_()
    expected = TorchContextualAttention()(pixels, torch.from_numpy(hole[:, None]))
    torch.sin(3 * expected).sum().backward()
    filled, pullback = jax.vjp(lambda x: contextual_attention(x, hole, scores=1500), x)
    np.testing.assert_allclose(filled, last(expected), atol=1e-5)
    np.testing.assert_allclose(pullback(3 * np.cos(3 * filled))[0], last(pixels.grad), atol=1e-4)


@PADDINGS
def test_discriminator_logits_and_singular_vectors_agree(symmetric):
    small = {"layers": 3, "features": 4, "symmetric": symmetric}
    twin, network = randomised(TorchSNPatchGAN(4, **small)), SNPatchGAN(**small)
    layout, x = Layout(network, 4), inputs(True)
    variables = ours(twin, layout)
    logits = jax.jit(lambda v: network.apply(v, x, train=False))(variables)
    np.testing.assert_allclose(logits, last(twin.eval()(first(x))), atol=1e-4)
    trained, updates = jax.jit(lambda v: network.apply(v, x, train=True, mutable=["batch_stats"]))(variables)
    np.testing.assert_allclose(trained, last(twin.train()(first(x))), atol=1e-4)
    learned = {name: tensor.numpy() for name, tensor in twin.state_dict().items() if name.endswith("weight_u")}
    kept = to_tensors(variables | updates, layout)
    for name, vector in learned.items():
        np.testing.assert_allclose(kept[name], vector, atol=1e-5)


def test_discriminator_gradients_agree():
    small = {"layers": 2, "features": 4}
    twin, network = randomised(TorchSNPatchGAN(4, **small)), SNPatchGAN(**small)
    x = inputs(True, h=8, w=16)
    variables = ours(twin, Layout(network, 4))
    torch.sin(3 * twin(first(x))).sum().backward()

    def loss(params):
        return jax.numpy.sin(3 * network.apply(variables | {"params": params}, x, train=False)).sum()

    slopes = flax.traverse_util.flatten_dict(jax.jit(jax.grad(loss))(variables["params"]), sep="/")
    for name, parameter in twin.named_parameters():
        kind = "kernel" if name.endswith("weight") else "bias"
        expected = parameter.grad.numpy()
        expected = expected.transpose(2, 3, 1, 0) if expected.ndim == 4 else expected
        np.testing.assert_allclose(slopes[f"conv_{name[4]}/conv/{kind}"], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "twin"), [("deepfillv2_generator", TorchDeepFill), ("deepfillv2_discriminator", TorchSNPatchGAN)]
)
def test_tensor_names_of_the_twins_are_those_of_the_reference(name, twin):
    if not (LISTS / f"{name}.txt").exists():
        pytest.skip("the lists of the reference's tensors are not on this machine (MANGAGAN_STATE_DICTS)")
    listed = [line for line in (LISTS / f"{name}.txt").read_text().splitlines() if not line.startswith("#")]
    with torch.device("meta"):
        tensors = (twin(4) if twin is TorchSNPatchGAN else twin()).state_dict()
    assert [f"{name} {'x'.join(map(str, tensor.shape))}" for name, tensor in tensors.items()] == listed


CASES = [
    (Layout(DeepFill(4, symmetric=True), 4), lambda: TorchDeepFill(features=4, symmetric=True)),
    (Layout(SNPatchGAN(3, 4), 5), lambda: TorchSNPatchGAN(5, layers=3, features=4)),
]


@pytest.mark.parametrize(("layout", "make"), CASES, ids=["generator", "discriminator"])
def test_checkpoints_are_read_and_written_in_the_format_of_the_twin(tmp_path, layout, make):
    twin = randomised(make())
    torch.save(twin.state_dict(), tmp_path / "theirs.pth")
    network, variables = load_reference(tmp_path / "theirs.pth", layout)
    x = jax.ShapeDtypeStruct((1, 32, 32, layout.channels), np.float32)
    own = jax.eval_shape(lambda x: network.init(jax.random.key(0), x, train=False), x)
    assert jax.tree.map(np.shape, own) == jax.tree.map(np.shape, variables)
    save_reference(tmp_path / "ours.pth", layout, variables)
    tensors = torch.load(tmp_path / "ours.pth", weights_only=True)
    assert list(tensors) == list(twin.state_dict()) == list(tensor_specs(layout))
    make().load_state_dict(tensors, strict=True)
    for name, tensor in twin.state_dict().items():
        assert torch.equal(tensor, tensors[name]), name


def test_an_old_checkpoint_without_the_constant_is_accepted(tmp_path):
    layout, make = CASES[0]
    tensors = {name: tensor for name, tensor in make().state_dict().items() if not name.endswith("fuse_weight")}
    torch.save(tensors, tmp_path / "old.pth")
    load_reference(tmp_path / "old.pth", layout)
