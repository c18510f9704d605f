"""Reference checkpoints become models that colour grey pages the same, and models become checkpoints for PyTorch."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.interop.reference.convert import export_reference, generators, import_reference
from mangagan.interop.reference.layouts import LAYOUTS, Layout
from mangagan.interop.reference.state_dicts import load_reference, save_reference
from mangagan.models.deepfill import DeepFill
from mangagan.models.patchgan import PatchGAN
from mangagan.models.pix2pixhd import GlobalGenerator
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet
from mangagan.pretrained.model_folder import abstract_variables, load_model, save_model
from mangagan.tasks.color_spaces import RGB, Lab
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.pix2pixhd import Pix2PixHD
from mangagan.tasks.unpaired import Unpaired

NEEDS_TORCH = "PyTorch is not installed (pip install -e '.[bench]')"
SMALL = {
    "small_unet": Layout(UNet(levels=2, features=4), 3),
    "small_lab_unet": Layout(UNet(levels=2, features=4, outputs=2), 1),
    "small_resnet": Layout(ResNet(blocks=1, features=4), 3),
    "small_siggraph": Layout(Siggraph17(features=2, classes=5), 4),
    "small_global": Layout(GlobalGenerator(downs=1, blocks=1, features=4), 3),
    "small_deepfill": Layout(DeepFill(features=4, symmetric=True), 4),
    "small_patchgan": Layout(PatchGAN(layers=1, features=4), 3),
}


@pytest.fixture(autouse=True)
def small_layouts(monkeypatch):
    for name, layout in SMALL.items():
        monkeypatch.setitem(LAYOUTS, name, layout)


def reference_variables(layout, seed=0):
    rng, network = np.random.default_rng(seed), layout.network
    x = jax.ShapeDtypeStruct((1, 32, 32, layout.channels), "float32")
    shapes = jax.eval_shape(lambda x: network.init(jax.random.key(0), x, train=False), x)
    return jax.tree.map(lambda leaf: rng.uniform(0.1, 0.5, leaf.shape).astype(np.float32), shapes)


def saved(tmp_path, layout, seed=0):
    file = tmp_path / f"{layout}-{seed}.safetensors"
    save_reference(file, layout, reference_variables(LAYOUTS[layout], seed))
    return file


@pytest.mark.parametrize(
    ("layout", "task", "space"),
    [
        ("small_unet", Paired, RGB()),
        ("small_lab_unet", Paired, Lab()),
        ("small_siggraph", Hinted, Lab()),
        ("small_global", Pix2PixHD, RGB()),
    ],
)
def test_a_reference_becomes_a_model_of_its_task(tmp_path, layout, task, space):
    experiment, variables = import_reference([saved(tmp_path, layout)], layout)
    assert type(experiment.task) is task and experiment.task.space == space
    assert experiment.data.input == ("gray" if space == RGB() else "lightness")
    assert_kept(tmp_path, experiment, variables)


def test_published_deepfill_fills_holes(tmp_path):
    experiment, variables = import_reference([saved(tmp_path, "small_deepfill")], "small_deepfill")
    assert experiment.task == Inpaint(generator=SMALL["small_deepfill"].network)
    assert_kept(tmp_path, experiment, variables)
    page = {"input": np.ones((1, 9, 14, 3), np.float32), "mask": np.ones((1, 9, 14, 1), np.float32)}
    assert jax.eval_shape(experiment.task.predict, variables, page).shape == (1, 9, 14, 3)


def assert_kept(tmp_path, experiment, variables):
    save_model(tmp_path / "model", experiment, variables)
    again, arrays = load_model(tmp_path / "model")
    assert again == experiment
    jax.tree.map(np.testing.assert_array_equal, arrays, variables)


def test_a_grey_page_gets_the_same_colors_as_from_the_rgb_reference(tmp_path):
    file = saved(tmp_path, "small_unet")
    experiment, variables = import_reference([file], "small_unet")
    network, theirs = load_reference(file, "small_unet")
    gray = np.random.default_rng(1).uniform(-1, 1, (1, 16, 16, 1)).astype(np.float32)
    statistics = {"params": variables.params, "batch_stats": variables.stats}
    ours = network.apply(statistics, gray, train=False)
    np.testing.assert_allclose(ours, network.apply(theirs, gray.repeat(3, -1), train=False), atol=1e-5)


def test_cyclegan_needs_two_files_and_exports_each_to_the_bit(tmp_path):
    files = [saved(tmp_path, "small_resnet", seed) for seed in (1, 2)]
    with pytest.raises(ValueError, match=r"Unpaired has 2 generators \(to_target, to_input\), and 1 file"):
        import_reference(files[:1], "small_resnet")
    experiment, variables = import_reference(files, "small_resnet")
    assert type(experiment.task) is Unpaired and not experiment.data.paired
    for net, file in zip(("to_target", "to_input"), files, strict=True):
        export_reference(tmp_path / f"{net}.safetensors", "small_resnet", experiment, variables, net)
        assert (tmp_path / f"{net}.safetensors").read_bytes() == file.read_bytes()


def test_an_exported_model_agrees_in_pytorch(tmp_path):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    from mangagan.bench.torch_twins.torch_pix2pix import TorchUNet

    network, rng = UNet(levels=2, features=4), np.random.default_rng(0)
    experiment = Experiment(Paired(generator=network, discriminator=PatchGAN(1, 4)), Data(size=16))
    shapes = abstract_variables(experiment)
    variables = jax.tree.map(lambda leaf: rng.uniform(0.1, 0.5, leaf.shape).astype(np.float32), shapes)
    export_reference(tmp_path / "net.pth", "small_unet", experiment, variables, "generator")
    twin = TorchUNet(3, levels=2, features=4).eval()
    twin.load_state_dict(torch.load(tmp_path / "net.pth", weights_only=True))
    gray = rng.uniform(-1, 1, (1, 16, 16, 1)).astype(np.float32)
    with torch.no_grad():
        theirs = twin(torch.from_numpy(gray.repeat(3, -1).transpose(0, 3, 1, 2).copy())).numpy()
    ours = network.apply({"params": variables.params, "batch_stats": variables.stats}, gray, train=False)
    np.testing.assert_allclose(theirs.transpose(0, 2, 3, 1), ours, atol=1e-5)


def test_layouts_and_names_that_do_not_fit_are_refused(tmp_path):
    experiment, variables = import_reference([saved(tmp_path, "small_unet")], "small_unet")
    file = tmp_path / "out.safetensors"
    with pytest.raises(ValueError, match="--net=to_input: this Paired has generator"):
        export_reference(file, "small_unet", experiment, variables, "to_input")
    with pytest.raises(ValueError, match="--layout=unet is unknown; there are pix2pix_unet256_bn, "):
        export_reference(file, "unet", experiment, variables, "generator")
    for layout in ("small_lab_unet", "small_patchgan", "small_resnet"):
        with pytest.raises(ValueError, match="these are not the variables of"):
            export_reference(file, layout, experiment, variables, "generator")
    for layout in ("unet", "small_patchgan"):
        with pytest.raises(ValueError, match=f"--layout={layout}: there is no task for this; there are pix"):
            import_reference([file], layout)
    assert not file.exists()


def test_generators_have_the_names_of_the_task():
    experiment = Experiment(Pix2PixHD(generator=GlobalGenerator(downs=1, blocks=1, features=4)), Data(size=32))
    assert list(generators(abstract_variables(experiment))) == ["painter"]
