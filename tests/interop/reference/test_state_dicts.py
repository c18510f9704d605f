"""Reference checkpoints are read and written without loss, and files that do not fit are reported."""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from mangagan.interop.reference.layouts import LAYOUTS, Layout, tensor_specs
from mangagan.interop.reference.state_dicts import find_layout, load_reference, save_reference
from mangagan.models.layers import InstanceNorm
from mangagan.models.patchgan import PixelGAN
from mangagan.models.pix2pixhd import GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet

NEEDS_TORCH = "PyTorch is not installed (pip install -e '.[bench]')"
UNET = Layout(UNet(levels=3, features=4), 1)
RESNET = Layout(ResNet(1, features=4), 3)


def random_tensors(layout):
    rng = np.random.default_rng(0)
    shapes = {name: spec.shape for name, spec in tensor_specs(layout).items() if spec.path}
    return {name: rng.uniform(0.5, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def saved(tmp_path, tensors, name="reference.safetensors"):
    safetensors.numpy.save_file(tensors, tmp_path / name)
    return tmp_path / name


def assert_same(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("layout", [UNET, RESNET, "patchgan_pixel_bn_6ch"], ids=str)
def test_a_round_trip_through_a_file_keeps_every_bit(tmp_path, layout, suffix):
    if suffix == ".pth":
        pytest.importorskip("torch", reason=NEEDS_TORCH)
    known = LAYOUTS.get(layout, layout)
    network, variables = load_reference(saved(tmp_path, random_tensors(known)), layout)
    assert network == known.network
    save_reference(tmp_path / f"ours{suffix}", layout, variables)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    assert_same(load_reference(str(tmp_path / f"ours{suffix}"), layout)[1], variables)


def test_pytorch_loads_saved_files(tmp_path):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    from mangagan.bench.torch_twins.torch_pix2pix import TorchUNet

    variables = load_reference(saved(tmp_path, random_tensors(UNET)), UNET)[1]
    save_reference(tmp_path / "ours.pth", UNET, variables)
    twin = TorchUNet(1, levels=3, features=4)
    twin.load_state_dict(torch.load(tmp_path / "ours.pth", weights_only=True), strict=True)


def test_data_parallel_prefixes_and_state_of_instance_norms_are_left_out(tmp_path):
    tensors = random_tensors(RESNET)
    _, expected = load_reference(saved(tmp_path, tensors), RESNET)
    for layer in (2, 5):
        tensors[f"model.{layer}.running_mean"] = tensors[f"model.{layer}.running_var"] = np.ones(4, np.float32)
        tensors[f"model.{layer}.num_batches_tracked"] = np.zeros((), np.int64)
    prefixed = saved(tmp_path, {f"module.{name}": tensor for name, tensor in tensors.items()}, "2.safetensors")
    assert_same(load_reference(prefixed, RESNET)[1], expected)


@pytest.mark.parametrize("kind", [np.float16, np.float64, ml_dtypes.bfloat16])
def test_other_dtypes_become_float32(tmp_path, kind):
    tensors = {name: tensor.astype(kind) for name, tensor in random_tensors(UNET).items()}
    _, variables = load_reference(saved(tmp_path, tensors), UNET)
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}
    np.testing.assert_array_equal(variables["params"]["up_1"]["bias"], tensors["model.model.3.bias"].astype(np.float32))


def test_a_part_of_a_file_is_loaded(tmp_path):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    tensors = {name: torch.from_numpy(tensor) for name, tensor in random_tensors(UNET).items()}
    torch.save({"epoch": 3, "G": tensors}, tmp_path / "all.pth")
    load_reference(tmp_path / "all.pth", UNET, part="G")
    with pytest.raises(ValueError, match=r"all\.pth.*part= \(G\)"):
        load_reference(tmp_path / "all.pth", UNET)
    with pytest.raises(ValueError, match="has no parts"):
        load_reference(saved(tmp_path, random_tensors(UNET)), UNET, part="G")


def test_all_faults_are_listed(tmp_path):
    tensors = random_tensors(RESNET)
    tensors["model.1.weight"] = np.zeros((4, 1, 7, 7), np.float32)
    tensors["more"] = tensors.pop("model.1.bias")
    message = (
        r"reference\.safetensors is not of layout ResNet for 3 channels: 1 missing: model\.1\.bias; 1 surplus: more; "
        r"1 of another shape: model\.1\.weight is 4x1x7x7, not 4x3x7x7\. No other layout fits it either"
    )
    with pytest.raises(ValueError, match=message):
        load_reference(saved(tmp_path, tensors), RESNET)


def test_long_lists_end_after_a_dozen_and_the_layout_that_fits_is_named(tmp_path):
    file = saved(tmp_path, random_tensors(LAYOUTS["patchgan_pixel_bn_6ch"]))
    message = (
        r"not of layout cyclegan_resnet9_in: 48 missing: (model\.\S+, ){12}\.\.\.; 8 surplus: net\.0\.bias, .*"
        r"It is of layout patchgan_pixel_bn_6ch"
    )
    with pytest.raises(ValueError, match=message):
        load_reference(file, "cyclegan_resnet9_in")


def test_batch_norm_weights_are_not_mistaken_for_stale_state(tmp_path):
    file = saved(tmp_path, random_tensors(Layout(PixelGAN(features=4), 3)))
    with pytest.raises(ValueError, match=r"surplus: .*net\.3\.weight"):
        load_reference(file, Layout(PixelGAN(features=4, norm=InstanceNorm()), 3))


def test_wrong_names_and_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="layout 'unet' is unknown; there are pix2pix_unet256_bn, "):
        load_reference(tmp_path / "a.pth", "unet")
    with pytest.raises(ValueError, match=r"a\.onnx: tensors are kept in \.safetensors, \.pth or \.pt"):
        load_reference(tmp_path / "a.onnx", UNET)
    for content in (b"", b"\x10" + bytes(7) + b"not json at all.", b"\xff" * 40):
        (tmp_path / "broken.safetensors").write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.safetensors"):
            load_reference(tmp_path / "broken.safetensors", UNET)
    with pytest.raises(FileNotFoundError):
        load_reference(tmp_path / "none.safetensors", UNET)


def test_nothing_is_overwritten_and_a_missing_pytorch_is_explained(tmp_path, monkeypatch):
    file = saved(tmp_path, random_tensors(UNET))
    before = file.read_bytes()
    _, variables = load_reference(file, UNET)
    with pytest.raises(FileExistsError, match="exists already and is kept"):
        save_reference(file, UNET, variables)
    assert file.read_bytes() == before
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"pip install.*or name the file \*\.safetensors"):
        save_reference(tmp_path / "ours.pth", UNET, variables)
    assert not (tmp_path / "ours.pth").exists()
    with pytest.raises(ValueError, match="not the variables of ResNet"):
        save_reference(tmp_path / "ours.safetensors", RESNET, variables)


def assert_outputs_agree(torch, twin, file, layout, size):
    """Compare our network, with the weights of the twin's file, with the twin."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in twin.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=generator)
    torch.save(twin.state_dict(), file)
    network, variables = load_reference(file, layout)
    x = (
        np.random.default_rng(1)
        .uniform(-1, 1, (1, size, size, LAYOUTS.get(layout, layout).channels))
        .astype(np.float32)
    )
    ours = jax.tree.leaves(jax.jit(lambda v, x: network.apply(v, x, train=False))(variables, x))
    with torch.no_grad():
        theirs = jax.tree.leaves(twin.eval()(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        expected = other.numpy().transpose(0, 2, 3, 1)
        np.testing.assert_allclose(one, expected, atol=1e-4 * max(1, np.abs(expected).max()))


def test_a_small_local_enhancer_agrees_with_its_twin(tmp_path):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    from mangagan.bench.torch_twins.torch_pix2pixhd import TorchGlobalGenerator, TorchLocalEnhancer

    torch.manual_seed(0)
    base = {"downs": 2, "blocks": 1, "features": 4}
    layout = Layout(LocalEnhancer(GlobalGenerator(**base), enhancers=1, blocks=1, features=2), 3)
    twin = TorchLocalEnhancer(TorchGlobalGenerator(**base), blocks=1, features=2)
    assert_outputs_agree(torch, twin, tmp_path / "small.pth", layout, 32)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "size"),
    [("pix2pix_unet256_bn", 256), ("cyclegan_resnet9_in", 64), ("pix2pixhd_multiscale_d2_6ch", 64), ("siggraph17", 64)],
)
def test_networks_of_full_size_agree_with_their_twins(tmp_path, layout, size):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    from mangagan.bench.torch_twins import torch_pix2pix as pix2pix
    from mangagan.bench.torch_twins import torch_pix2pixhd as pix2pixhd
    from mangagan.bench.torch_twins import torch_siggraph17 as siggraph17

    torch.manual_seed(0)
    twins = {
        "pix2pix_unet256_bn": pix2pix.TorchUNet,
        "cyclegan_resnet9_in": pix2pix.TorchResNet,
        "pix2pixhd_multiscale_d2_6ch": lambda: pix2pixhd.TorchMultiscaleDiscriminator(6),
        "siggraph17": siggraph17.TorchSiggraph17,
    }
    assert_outputs_agree(torch, twins[layout](), tmp_path / "full.pth", layout, size)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_of_a_published_checkpoint_is_found_from_its_tensors(name):
    tensors = {key: np.broadcast_to(np.float32(0), spec.shape) for key, spec in tensor_specs(LAYOUTS[name]).items()}
    assert find_layout(tensors) == name
    assert find_layout({f"module.{key}": tensor for key, tensor in tensors.items()}) == name


def test_layouts_that_cannot_be_told_apart_are_named(monkeypatch):
    tensors = random_tensors(LAYOUTS["patchgan_pixel_bn_6ch"])
    monkeypatch.setitem(LAYOUTS, "another_pixelgan", LAYOUTS["patchgan_pixel_bn_6ch"])
    with pytest.raises(ValueError, match="fit 2 layouts: choose one of patchgan_pixel_bn_6ch, another_pixelgan"):
        find_layout(tensors)
    with pytest.raises(ValueError, match="fit none of the known layouts: pix2pix_unet256_bn, "):
        find_layout({"a": np.zeros(3, np.float32)})
