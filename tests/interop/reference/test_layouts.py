"""Layouts have the tensor names of the reference checkpoints, and conversion loses nothing."""

from __future__ import annotations

import os
from pathlib import Path

import jax
import numpy as np
import pytest
from flax.traverse_util import flatten_dict, unflatten_dict

from mangagan.interop.reference.layouts import LAYOUTS, Layout, tensor_specs, to_tensors, to_variables
from mangagan.models.dcgan import DCGANGenerator
from mangagan.models.layers import BatchNorm, InstanceNorm
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet

LISTS = Path(
    os.environ.get("MANGAGAN_STATE_DICTS") or Path(__file__).parents[3].parent / "shared" / "reference" / "state_dicts"
)
INSTANCE, BATCH = InstanceNorm(), BatchNorm()
BASE = GlobalGenerator(downs=2, blocks=2, features=8)


def random_variables(layout):
    rng, kept = np.random.default_rng(0), {n: spec.shape for n, spec in tensor_specs(layout).items() if spec.path}
    return to_variables({name: rng.uniform(0.5, 1, shape).astype(np.float32) for name, shape in kept.items()}, layout)


@pytest.mark.parametrize("name", LAYOUTS)
def test_names_shapes_and_order_are_those_of_the_reference_checkpoints(name):
    if not (LISTS / f"{name}.txt").exists():
        pytest.skip("the lists of the reference's tensors are not on this machine (MANGAGAN_STATE_DICTS)")
    lines = [line.split() for line in (LISTS / f"{name}.txt").read_text().splitlines() if not line.startswith("#")]
    ours = [[key, "x".join(map(str, spec.shape)) or "scalar"] for key, spec in tensor_specs(LAYOUTS[name]).items()]
    assert ours == lines


def twin_cases():
    pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")
    from mangagan.bench.torch_twins import torch_pix2pix as pix2pix
    from mangagan.bench.torch_twins import torch_pix2pixhd as pix2pixhd
    from mangagan.bench.torch_twins import torch_siggraph17 as siggraph17

    small = {"features": 8}
    return {
        Layout(UNet(levels=2, **small), 1): pix2pix.TorchUNet(1, levels=2, **small),
        Layout(UNet(levels=6, norm=INSTANCE, **small), 3): pix2pix.TorchUNet(3, levels=6, norm="instance", **small),
        Layout(ResNet(2, norm=BATCH, **small), 3): pix2pix.TorchResNet(3, blocks=2, norm="batch", **small),
        Layout(ResNet(1, dropout=0.5, **small), 3): pix2pix.TorchResNet(3, blocks=1, dropout=0.5, **small),
        Layout(PatchGAN(layers=1, **small), 4): pix2pix.TorchPatchGAN(4, layers=1, **small),
        Layout(PixelGAN(norm=INSTANCE, **small), 4): pix2pix.TorchPixelGAN(4, norm="instance", **small),
        Layout(BASE, 5): pix2pixhd.TorchGlobalGenerator(5, downs=2, blocks=2, **small),
        Layout(LocalEnhancer(BASE, 2, 1, 2), 5): pix2pixhd.TorchLocalEnhancer(
            pix2pixhd.TorchGlobalGenerator(5, downs=2, blocks=2, **small), 5, enhancers=2, blocks=1, features=2
        ),
        Layout(FeatureEncoder(downs=2, **small), 3): pix2pixhd.TorchFeatureEncoder(3, downs=2, **small),
        Layout(MultiscaleDiscriminator(scales=3, layers=2, **small), 4): pix2pixhd.TorchMultiscaleDiscriminator(
            4, scales=3, layers=2, **small
        ),
        Layout(Siggraph17(**small), 4): siggraph17.TorchSiggraph17(**small),
        Layout(Siggraph17(classes=0, **small), 4): siggraph17.TorchSiggraph17(classes=0, **small),
    }


def test_tensor_names_of_other_sizes_are_those_of_the_twins():
    for layout, twin in twin_cases().items():
        theirs = {name: tuple(tensor.shape) for name, tensor in twin.state_dict().items()}
        assert list(theirs.items()) == [(name, spec.shape) for name, spec in tensor_specs(layout).items()], layout


@pytest.mark.parametrize(
    "layout",
    [
        Layout(UNet(levels=3, features=4), 1),
        Layout(ResNet(1, features=4, norm=BATCH), 3),
        Layout(LocalEnhancer(BASE, 1, 1, 4), 3),
        Layout(MultiscaleDiscriminator(features=4, norm=BATCH), 4),
        Layout(Siggraph17(features=4, classes=5), 4),
    ],
    ids=lambda layout: type(layout.network).__name__,
)
def test_a_round_trip_keeps_every_bit_and_gives_the_tree_of_the_network(layout):
    variables = random_variables(layout)
    again = to_variables(to_tensors(variables, layout), layout)
    assert jax.tree.structure(again) == jax.tree.structure(variables)
    jax.tree.map(np.testing.assert_array_equal, variables, again)
    x = jax.ShapeDtypeStruct((1, 64, 64, layout.channels), np.float32)
    own = jax.eval_shape(lambda x: layout.network.init(jax.random.key(0), x, train=False), x)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), own) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), variables
    )


def test_kernels_have_the_axis_order_of_pytorch():
    layout = Layout(UNet(levels=2, features=4), 1)
    variables = random_variables(layout)
    theirs = to_tensors(variables, layout)
    down, up = (variables["params"][name]["kernel"] for name in ("down_2", "up_2"))
    assert theirs["model.model.1.model.1.weight"][3, 2, 1, 0] == down[1, 0, 2, 3]
    assert theirs["model.model.1.model.3.weight"][3, 2, 1, 0] == up[1, 0, 2, 3]


def test_counters_of_batch_norms_are_written_as_integers():
    layout = Layout(PixelGAN(features=4), 3)
    counter = to_tensors(random_variables(layout), layout)["net.3.num_batches_tracked"]
    assert (counter.dtype, counter.shape, int(counter)) == (np.int64, (), 0)


def test_variables_of_another_network_are_refused_by_name():
    layout = Layout(PixelGAN(features=4), 3)
    flat = flatten_dict(random_variables(layout))
    flat["params", "conv_9", "kernel"] = flat.pop(("params", "conv_2", "kernel"))
    flat["params", "conv_1", "bias"] = flat["params", "conv_1", "bias"][:3]
    message = (
        "PixelGAN for 3 channels: 1 missing: params/conv_2/kernel; 1 surplus: params/conv_9/kernel; "
        "1 of another shape: params/conv_1/bias is 3, not 4"
    )
    with pytest.raises(ValueError, match=message):
        to_tensors(unflatten_dict(flat), layout)


def test_a_network_without_reference_is_refused():
    with pytest.raises(ValueError, match="DCGANGenerator"):
        tensor_specs(Layout(DCGANGenerator(), 1))
