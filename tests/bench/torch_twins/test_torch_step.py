"""The PyTorch twins of the train steps, and the command that takes turns with them."""

import json
import math
from contextlib import nullcontext

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

import experiments  # noqa: E402
from launch.bench import main  # noqa: E402
from mangagan.bench.jax_step import build_our_step, random_pictures  # noqa: E402
from mangagan.bench.torch_twins.torch_networks import twin_networks  # noqa: E402
from mangagan.bench.torch_twins.torch_step import build_torch_step, check_twin, twin_step  # noqa: E402
from mangagan.config import example_batch  # noqa: E402
from mangagan.models.vgg import VGG16  # noqa: E402
from mangagan.overrides import override  # noqa: E402

# There is no PyTorch original of colorizer_base, hence no twin.
NAMES = [name for name in experiments.names() if name != "colorizer_base"]
ALL = [f"{name}:{preset}".rstrip(":") for name in NAMES for preset in ("", *experiments.presets(name))]
# Of experiments that differ in their data alone, one.
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


def pictures(experiment):
    batch = {name: torch.from_numpy(array) for name, array in random_pictures(experiment).items()}
    return {name: array.movedim(-1, 1) if array.ndim == 4 else array.long() for name, array in batch.items()}


def moved(experiment, steps=1):
    """Which parameters steps of the twin change: those of the generator's side, of the discriminator's."""
    torch.manual_seed(0)
    twins = twin_networks(experiment)
    before = [{name: value.clone() for name, value in side.named_parameters()} for side in twins]
    step = twin_step(experiment, twins, nullcontext)
    for _ in range(steps):
        step(pictures(experiment))
    return [
        {name: not torch.equal(old[name], new) for name, new in side.named_parameters()}
        for old, side in zip(before, twins, strict=True)
    ]


@pytest.mark.parametrize("name", ALL)
def test_the_twin_has_as_many_parameters(name):
    experiment = experiments.load(name)
    ours = jax.eval_shape(experiment.task.init, jax.random.key(0), example_batch(experiment))
    with torch.device("meta"):
        theirs = twin_networks(experiment)
    assert count(theirs.generator) == sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(ours.generator.params))
    assert count(theirs.discriminator) == sum(
        math.prod(leaf.shape) for leaf in jax.tree.leaves(ours.discriminator.params)
    )


def test_the_twin_of_the_perceptual_network_has_as_many_parameters():
    with torch.device("meta"):
        theirs = twin_networks(experiments.load("pix2pixhd_manga")).frozen
    ours = jax.eval_shape(VGG16().init, jax.random.key(0), jax.ShapeDtypeStruct((1, 32, 32, 3), "float32"))
    assert count(theirs) == sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(ours))
    assert not any(parameter.requires_grad for parameter in theirs.parameters())


def count(networks):
    return sum(parameter.numel() for parameter in networks.parameters())


@pytest.mark.parametrize("name, ablation", [*((name, "") for name in TASKS), ("restore_denoise", "known")])
def test_both_steps_are_given_what_ours_takes(name, ablation):
    experiment = override(experiments.load(f"{name}:debug"), experiments.ablations(name)[ablation] if ablation else {})
    facts = lambda batch: {key: (array.shape, array.dtype) for key, array in batch.items()}  # noqa: E731
    assert facts(random_pictures(experiment)) == facts(example_batch(experiment))


def test_both_steps_run_with_a_perceptual_loss():
    experiment = override(experiments.load("pix2pix_manga:debug"), {"task.perceptual.weight": 1.0})
    build_our_step(experiment, steps=1)()
    build_torch_step(experiment, steps=1, compiled=False)()


@pytest.mark.parametrize("name", TASKS)
def test_the_twin_runs_in_bfloat16(name):
    experiment = override(experiments.load(f"{name}:debug"), {"precision": "bfloat16"})
    build_torch_step(experiment, steps=2, compiled=False)()


@pytest.mark.parametrize("name", TASKS)
def test_steps_of_the_twin_move_every_parameter_that_learns(name):
    known = experiments.load(f"{name}:debug")
    # An encoder whose features are not shown has no gradient.
    shown = override(known, {"task.feature_drop": 0.0} if "hd" in name else {})
    # Self-attention is let in by the first step; queries and keys then learn less than Adam's epsilon shows.
    generator, discriminator, _ = moved(shown, steps=2)
    still = [name for name, moves in (generator | discriminator).items() if not moves]
    assert not [name for name in still if "query" not in name and "key" not in name]


def test_the_perceptual_network_stays_as_it_is():
    experiment = override(experiments.load("pix2pixhd_manga:debug"), {"task.perceptual.weight": 1.0})
    _, _, frozen = moved(experiment)
    assert frozen and not any(frozen.values())


def test_the_base_of_an_enhancer_rests_at_first():
    generator, _, _ = moved(override(experiments.load("pix2pixhd_manga:debug"), LOCAL))
    assert generator and all(moves == ("painter.model." not in name) for name, moves in generator.items())


@pytest.mark.parametrize("name", ["pix2pix_manga", "restore_denoise"])
def test_a_discriminator_that_nobody_asks_stays_as_it_is(name):
    experiment = override(experiments.load(f"{name}:debug"), {"task.adversarial": 0.0, "task.mse": 1.0})
    generator, discriminator, _ = moved(experiment)
    assert all(generator.values()) and not any(discriminator.values())


def test_the_twin_runs_with_a_sigma_that_is_known():
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


@pytest.mark.parametrize("name", ALL)
def test_every_experiment_and_preset_has_a_twin(name):
    check_twin(experiments.load(name))


def test_bench_prints_the_ratio_as_json(capfd):
    assert main(["step", "--exp=pix2pix_manga:debug", "--against=torch", "--rounds=2", "--warmup=1"]) == 0
    figures = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert np.isclose(figures["ratio"], figures["ours_s"] / figures["torch_s"]) and figures["flops"] > 0


def test_bench_refuses_what_has_no_twin_before_it_starts(capsys):
    assert main(["step", "--exp=pix2pix_manga:debug", "task.gan=Hinge", "--against=torch"]) == 2
    assert "task.gan=Hinge" in capsys.readouterr().err


def test_bench_data_prints_the_share_of_waiting(pages, capfd):
    assert main(["data", "--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", "--rounds=3"]) == 0
    figures = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert 0 <= figures["data_share"] <= 1 and figures["stream_images_per_s"] > 0
