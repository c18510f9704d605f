"""Networks of other sizes than the published ones are derived from their tensors, and colour as PyTorch does."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
import safetensors.numpy

from mangagan.cli.export import main
from mangagan.config import Experiment
from mangagan.interop.reference.convert import import_checkpoints, import_reference
from mangagan.interop.reference.layouts import Layout, tensor_specs
from mangagan.interop.reference.state_dicts import find_network, layout_text, load_reference, without_prefix
from mangagan.models.deepfill import DeepFill
from mangagan.models.layers import InstanceNorm, NoNorm
from mangagan.models.pix2pixhd import GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet
from mangagan.tasks.paired import Paired
from mangagan.tasks.unpaired import Unpaired
from mangagan.train.load import load_trained

NEEDS_TORCH = "PyTorch is not installed (pip install -e '.[bench]')"
DERIVED = [
    Layout(UNet(levels=7, features=4), 3),
    Layout(UNet(levels=2, features=8, outputs=2), 1),
    Layout(UNet(levels=5, features=4, norm=InstanceNorm()), 3),
    Layout(UNet(levels=10, features=2, norm=NoNorm()), 1),
    Layout(ResNet(blocks=6, features=4), 1),
    Layout(ResNet(blocks=1, features=4, outputs=2, dropout=0.5), 3),
    Layout(GlobalGenerator(downs=3, blocks=2, features=4), 3),
    Layout(LocalEnhancer(base=GlobalGenerator(1, 1, 4), blocks=2, features=2), 3),
    Layout(LocalEnhancer(base=GlobalGenerator(1, 1, 8), enhancers=2, blocks=1, features=2), 3),
    Layout(Siggraph17(features=4, classes=5), 4),
    Layout(Siggraph17(features=4, classes=0), 4),
    Layout(DeepFill(features=4, symmetric=True), 4),
]


def tensors_of(layout, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {name: spec.shape for name, spec in tensor_specs(layout).items() if spec.path}
    return {name: rng.uniform(0.1, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def saved(file, tensors):
    safetensors.numpy.save_file(tensors, file)
    return file


@pytest.mark.parametrize("layout", DERIVED, ids=layout_text)
def test_a_network_is_derived_from_the_names_and_shapes_of_its_tensors(layout):
    assert find_network(tensors_of(layout)) == layout


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod."])
def test_prefixes_of_wrappers_are_removed(tmp_path, prefix):
    tensors = tensors_of(DERIVED[1])
    file = saved(tmp_path / "a.safetensors", {f"{prefix}{name}": tensor for name, tensor in tensors.items()})
    network, variables = load_reference(file, "pix2pix_unet256_bn")
    assert network == DERIVED[1].network
    np.testing.assert_array_equal(variables["params"]["up_1"]["bias"], tensors["model.model.3.bias"])


def test_a_part_that_was_compiled_is_named_as_the_others_and_names_that_would_fall_together_stay():
    one, other = np.zeros(1), np.ones(1)
    assert without_prefix({"model._orig_mod.1.weight": one}) == {"model.1.weight": one}
    both = {"_orig_mod.a": one, "a": other}
    assert without_prefix(both) is both
    assert without_prefix({"module.a": one, "b": other}) == {"module.a": one, "b": other}


def test_a_name_of_a_layout_stands_for_networks_of_its_class_only(tmp_path):
    file = saved(tmp_path / "a.safetensors", tensors_of(Layout(ResNet(blocks=2, features=4), 3)))
    assert load_reference(file, "cyclegan_resnet9_in")[0] == ResNet(blocks=2, features=4)
    # With two strided convolutions both have the same tensors, and compute the same.
    assert load_reference(file, "pix2pixhd_global")[0] == GlobalGenerator(downs=2, blocks=2, features=4)
    with pytest.raises(ValueError, match=r"not of layout siggraph17: .* It is of layout ResNet of 3 input channels"):
        load_reference(file, "siggraph17")


def test_what_does_not_fit_the_derived_network_is_listed(tmp_path):
    tensors = tensors_of(DERIVED[0])
    del tensors["model.model.3.bias"]
    with pytest.raises(ValueError, match=r"nearest is UNet of 3 input channels, levels=7, .*: 1 missing: model"):
        import_reference([saved(tmp_path / "a.safetensors", tensors)])


@pytest.mark.parametrize(
    "shapes",
    [
        {"model.model.0.weight": (4, 3, 4, 4)},
        {"model.model.0.weight": (4,), "model.model.3.weight": ()},
        {"model.model.0.weight": (0, 0, 4, 4), "model.model.3.weight": (0, 0, 4, 4)},
        {"model.1.weight": (4, 3, 7, 7), **{f"model.{n}.conv_block.1.weight": (1,) for n in range(4, 3000)}},
        {f"model{n}_1.1.weight": (1,) for n in range(3000)} | {"model.1.weight": (4, 3, 7, 7)},
        {"model1.0.weight": (10**9, 4, 0, 3)},
        {"." * 100_000: (1,), "module." * 10_000: (2,)},
        {},
    ],
    ids=range(8),
)
def test_odd_tensors_fit_nothing_and_take_no_time(shapes):
    tensors = {name: np.broadcast_to(np.float32(0), shape) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match="fit none of the known layouts") as error:
        find_network(tensors)
    assert len(str(error.value)) < 8000


def test_networks_become_models_of_their_tasks(tmp_path):
    def imported(layout, files=1):
        saved(tmp_path / "net.safetensors", tensors_of(layout))
        return import_checkpoints([tmp_path / "net.safetensors"] * files)

    experiment = imported(DERIVED[3]).experiment
    # A page must have a side of 1024 pixels, at the scale of the default.
    assert (experiment.data.size, experiment.data.window) == (1024, 2048)
    assert experiment.data.page_scale == Experiment(Paired()).data.page_scale
    assert imported(DERIVED[1]).experiment.data.input == "lightness"
    single = imported(DERIVED[4])
    assert isinstance(single.experiment.task, Paired) and single.layout.startswith(
        "ResNet of 1 input channel, blocks=6"
    )
    assert isinstance(imported(Layout(ResNet(blocks=1, features=4), 3), files=2).experiment.task, Unpaired)
    with pytest.raises(ValueError, match=r"Paired has 1 generator \(generator\), and 2 file"):
        imported(DERIVED[4], files=2)
    with pytest.raises(ValueError, match="pages have 1 or 3 channels, and this network takes 4"):
        imported(Layout(UNet(levels=2, features=4), 4))
    with pytest.raises(ValueError, match="task.generator.outputs=1: RGB has 3 channels to predict"):
        imported(Layout(UNet(levels=2, features=4, outputs=1), 3))


CASES = [
    ("unet", 1, {"levels": 5, "features": 4, "norm": "batch"}, "", ""),
    ("unet", 3, {"levels": 6, "features": 4, "norm": "batch", "dropout": 0.5}, "_orig_mod.", ""),
    ("unet", 1, {"levels": 5, "features": 8, "norm": "instance"}, "module.", ""),
    ("unet", 3, {"levels": 5, "features": 4, "norm": "none"}, "", "pix2pix_unet256_bn"),
    ("resnet", 1, {"blocks": 2, "features": 4, "norm": "batch", "dropout": 0.5}, "", ""),
    ("resnet", 1, {"blocks": 6, "features": 4, "norm": "instance"}, "", "cyclegan_resnet9_in"),
]


@pytest.mark.parametrize(("kind", "channels", "sizes", "prefix", "layout"), CASES)
def test_an_imported_network_predicts_what_its_module_does(tmp_path, kind, channels, sizes, prefix, layout):
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    from mangagan.bench.torch_twins.torch_pix2pix import TorchResNet, TorchUNet

    torch.manual_seed(0)
    twin = {"unet": TorchUNet, "resnet": TorchResNet}[kind](channels, **sizes).eval()
    for name, tensor in twin.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    file, model = tmp_path / "latest_net_G.pth", tmp_path / "model"
    torch.save({f"{prefix}{name}": tensor for name, tensor in twin.state_dict().items()}, file)
    # Running statistics, as the module in evaluation; the published test code takes those of each picture.
    told = [f"--layout={layout}"] * bool(layout) + ["--set=task.batch_stats_at_test=false"]
    assert main(["import", str(file), str(model), *told]) == 0
    experiment, variables = load_trained(model)
    gray = np.random.default_rng(1).uniform(-1, 1, (1, 64, 64, 1)).astype(np.float32)
    ours = jax.jit(experiment.task.predict)(variables, {"input": gray})
    with torch.no_grad():
        theirs = twin(torch.from_numpy(gray.repeat(channels, -1).transpose(0, 3, 1, 2).copy())).numpy()
    np.testing.assert_allclose(ours, theirs.transpose(0, 2, 3, 1), atol=1e-4)


def test_the_command_says_what_it_found(tmp_path, capsys):
    file = saved(tmp_path / "net.safetensors", tensors_of(DERIVED[0]))
    assert main(["import", str(file), str(tmp_path / "model"), "--layout=pix2pix_unet256_bn"]) == 0
    text = "UNet of 3 input channels, levels=7, features=4, outputs=3, norm=BatchNorm, dropout=0.5"
    assert f"layout: {text}\n" in capsys.readouterr().out
    assert f"of layout {text}." in Path(tmp_path / "model" / "README.md").read_text()
    assert main(["import", str(file), str(tmp_path / "other"), "--set=task.generator.levels=6"]) == 2
    assert "not the variables of this experiment" in capsys.readouterr().err
