"""The PyTorch twins of the train steps, and the command that times both."""

import json
import math
from contextlib import nullcontext

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan import experiments  # noqa: E402
from mangagan.bench.jax_train_step import build_jax_step, random_batch  # noqa: E402
from mangagan.bench.torch_twins.torch_train_step import (  # noqa: E402
    build_torch_step,
    build_twin_networks,
    build_twin_step,
    check_twin,
)
from mangagan.cli.bench import main  # noqa: E402
from mangagan.config import example_batch  # noqa: E402
from mangagan.models.vgg import VGG16  # noqa: E402
from mangagan.overrides import override  # noqa: E402

# There is no PyTorch original of colorizer_base, hence no twin.
NAMES = [name for name in experiments.names() if name != "colorizer_base"]
ALL = [f"{name}:{preset}".rstrip(":") for name in NAMES for preset in ("", *experiments.presets(name))]
# One of the experiments that differ in their data alone.
TASKS = list({str(experiments.load(f"{name}:debug").task): name for name in NAMES}.values())
LOCAL = {
    "task.generator": "LocalEnhancer",
    "task.generator.features": 4,
    "task.generator.blocks": 1,
    "task.generator.base.downs": 1,
    "task.generator.base.blocks": 1,
    "task.generator.base.features": 8,
    "task.fixed_base_steps": 1,
    "task.feature_drop": 0.0,
}


def torch_batch(experiment):
    batch = {name: torch.from_numpy(array) for name, array in random_batch(experiment).items()}
    return {name: array.movedim(-1, 1) if array.ndim == 4 else array.long() for name, array in batch.items()}


def changed_parameters(experiment, steps=1):
    """For each side (generator, discriminator, frozen), whether steps of the twin change each parameter."""
    torch.manual_seed(0)
    twins = build_twin_networks(experiment)
    before = [{name: value.clone() for name, value in side.named_parameters()} for side in twins]
    step = build_twin_step(experiment, twins, nullcontext)
    for _ in range(steps):
        step(torch_batch(experiment))
    return [
        {name: not torch.equal(old[name], new) for name, new in side.named_parameters()}
        for old, side in zip(before, twins, strict=True)
    ]


@pytest.mark.parametrize("name", ALL)
def test_the_twin_has_the_same_number_of_parameters(name):
    experiment = experiments.load(name)
    ours = jax.eval_shape(experiment.task.init, jax.random.key(0), example_batch(experiment))
    with torch.device("meta"):
        theirs = build_twin_networks(experiment)
    assert count(theirs.generator) == sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(ours.generator.params))
    assert count(theirs.discriminator) == sum(
        math.prod(leaf.shape) for leaf in jax.tree.leaves(ours.discriminator.params)
    )


def test_the_twin_of_the_perceptual_network_has_the_same_number_of_parameters():
    with torch.device("meta"):
        theirs = build_twin_networks(experiments.load("pix2pixhd_manga")).frozen
    ours = jax.eval_shape(VGG16().init, jax.random.key(0), jax.ShapeDtypeStruct((1, 32, 32, 3), "float32"))
    assert count(theirs) == sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(ours))
    assert not any(parameter.requires_grad for parameter in theirs.parameters())


def count(networks):
    return sum(parameter.numel() for parameter in networks.parameters())


@pytest.mark.parametrize("name, ablation", [*((name, "") for name in TASKS), ("restore_denoise", "known")])
def test_the_random_batch_has_the_shapes_and_types_of_real_batches(name, ablation):
    experiment = override(experiments.load(f"{name}:debug"), experiments.ablations(name)[ablation] if ablation else {})
    described = lambda batch: {key: (array.shape, array.dtype) for key, array in batch.items()}  # noqa: E731
    assert described(random_batch(experiment)) == described(example_batch(experiment))


def test_both_steps_run_with_a_perceptual_loss():
    # The smallest step with this loss: VGG alone takes seconds to compile.
    changes = {"task.perceptual.weight": 1.0, "task.generator.levels": 2, "task.adversarial": 0.0}
    experiment = override(experiments.load("pix2pix_manga:debug"), changes)
    build_jax_step(experiment, steps=1)()
    build_torch_step(experiment, steps=1, compiled=False)()


@pytest.mark.parametrize("name", TASKS)
def test_the_twin_runs_in_bfloat16(name):
    experiment = override(experiments.load(f"{name}:debug"), {"precision": "bfloat16"})
    build_torch_step(experiment, steps=2, compiled=False)()


@pytest.mark.parametrize("name", TASKS)
def test_steps_of_the_twin_change_every_trainable_parameter(name):
    experiment = experiments.load(f"{name}:debug")
    # An encoder whose features are dropped has no gradient.
    experiment = override(experiment, {"task.feature_drop": 0.0} if "hd" in name else {})
    # The gain of self-attention starts at 0, and the gradients of queries and keys are then below Adam's epsilon.
    generator, discriminator, _ = changed_parameters(experiment, steps=2)
    unchanged = [name for name, changes in (generator | discriminator).items() if not changes]
    assert not [name for name in unchanged if "query" not in name and "key" not in name]


def test_the_perceptual_network_is_frozen():
    experiment = override(experiments.load("pix2pixhd_manga:debug"), {"task.perceptual.weight": 1.0})
    _, _, frozen = changed_parameters(experiment)
    assert frozen and not any(frozen.values())


def test_the_base_of_an_enhancer_is_frozen_at_first():
    generator, _, _ = changed_parameters(override(experiments.load("pix2pixhd_manga:debug"), LOCAL))
    assert generator and all(changes == ("generator.model." not in name) for name, changes in generator.items())


@pytest.mark.parametrize("name", ["pix2pix_manga", "restore_denoise"])
def test_a_discriminator_without_an_adversarial_loss_is_not_updated(name):
    experiment = override(experiments.load(f"{name}:debug"), {"task.adversarial": 0.0, "task.mse": 1.0})
    generator, discriminator, _ = changed_parameters(experiment)
    assert all(generator.values()) and not any(discriminator.values())


def test_the_twin_runs_with_a_known_noise_level():
    experiment = override(experiments.load("restore_denoise:debug"), experiments.ablations("restore_denoise")["known"])
    build_torch_step(experiment, steps=1, compiled=False)()


@pytest.mark.parametrize(
    "name, change, named",
    [
        ("pix2pix_manga", {"task.gan": "Hinge"}, "task.gan=Hinge"),
        ("restore_color", {"task.stability.r1": 10.0}, "task.stability.r1=10.0"),
        ("cyclegan_manga", {"task.stability.every_steps": 2}, "task.stability.every_steps=2"),
        ("pix2pix_manga", {"task.discriminator.spectral": True}, "task.discriminator.spectral=True"),
        ("pix2pix_manga", {"task.matching": 10.0}, "task.matching=10.0 without"),
        ("siggraph17_manga", {"task.classes": 1.0}, "task.classes=1.0"),
        ("siggraph17_manga", {"task.generator.norm": "InstanceNorm"}, "task.generator.norm=InstanceNorm"),
        ("pix2pixhd_manga", {"task.generator.remat": True}, "task.generator.remat=True"),
        ("pix2pixhd_manga", {"task.perceptual.style": 1.0}, "task.perceptual.style=1.0"),
        ("pix2pixhd_manga", {"task.perceptual.network": "efficientnet_lite0"}, "task.perceptual.network=efficientnet"),
        ("pix2pixhd_manga", {"task.perceptual.halvings": 1}, "task.perceptual.halvings=1"),
    ],
)
def test_settings_without_a_twin_are_named(name, change, named):
    with pytest.raises(ValueError, match=f"no PyTorch twin.*{named}"):
        check_twin(override(experiments.load(f"{name}:debug"), change))


def test_a_task_without_a_twin_is_named():
    with pytest.raises(ValueError, match="no PyTorch twin to compare with for the task"):
        check_twin(experiments.load("colorizer_base:debug"))


@pytest.mark.parametrize("name", ALL)
def test_every_experiment_and_preset_has_a_twin(name):
    check_twin(experiments.load(name))


def test_bench_prints_the_ratio_as_json(capfd):
    command = ["step", "--exp=pix2pix_manga:debug", "task.generator.levels=2", "--against=torch"]
    assert main([*command, "--rounds=2", "--warmup=1"]) == 0
    measured = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert np.isclose(measured["ratio"], measured["ours_s"] / measured["torch_s"]) and measured["flops"] > 0


def test_bench_refuses_settings_without_a_twin_before_it_starts(capsys):
    assert main(["step", "--exp=pix2pix_manga:debug", "task.gan=Hinge", "--against=torch"]) == 2
    assert "task.gan=Hinge" in capsys.readouterr().err


def test_bench_data_prints_the_share_of_time_spent_waiting(pages, capfd):
    assert main(["data", "--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", "--rounds=3"]) == 0
    measured = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert 0 <= measured["data_share"] <= 1 and measured["stream_images_per_s"] > 0
