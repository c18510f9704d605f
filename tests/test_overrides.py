import pytest

from mangagan import experiments
from mangagan.losses import Wasserstein
from mangagan.models.layers import InstanceNorm
from mangagan.models.resnet import ResNet
from mangagan.overrides import describe, differences, override, parse

EXPERIMENT = experiments.load("pix2pix_manga")


def test_text_is_read_by_the_type_of_its_field():
    changed = override(EXPERIMENT, parse(["train.steps=7", "data.jitter=0", "data.flip=false", "precision=bfloat16"]))
    assert (changed.train.steps, changed.data.flip, changed.precision) == (7, False, "bfloat16")
    assert isinstance(changed.data.jitter, float)
    assert override(changed, {"train.steps": "none"}).train.steps is None


def test_a_part_is_replaced_by_the_name_of_its_class_and_keeps_plain_values():
    changes = {
        "task.generator.blocks": 2,
        "task.generator": "ResNet",
        "task.generator.norm": "InstanceNorm",
        "task.gan": "Wasserstein",
        "train.generator.schedule": "Step",
    }
    changed = override(override(EXPERIMENT, {"train.generator.schedule.rate": 1e-3}), changes)
    assert changed.task.generator == ResNet(blocks=2, dropout=0.5, norm=InstanceNorm())
    assert changed.task.gan == Wasserstein()
    assert changed.train.generator.schedule.rate == 1e-3
    assert changed.train.discriminator == EXPERIMENT.train.discriminator


@pytest.mark.parametrize(
    "name", [f"{n}:{p}".rstrip(":") for n in experiments.names() for p in ("", *experiments.presets(n))]
)
def test_a_description_builds_the_same_experiment(name):
    experiment = experiments.load(name)
    assert override(experiments.load(name.partition(":")[0]), describe(experiment)) == experiment
    as_text = {key: str(value) for key, value in describe(experiment).items()}
    assert override(experiments.load(name.partition(":")[0]), as_text) == experiment


@pytest.mark.parametrize("name", experiments.names())
def test_every_ablation_changes_its_experiment(name):
    base = describe(experiments.load(name))
    for changes in experiments.ablations(name).values():
        assert differences(base, describe(override(experiments.load(name), changes)))


@pytest.mark.parametrize(
    "change, complaint",
    [
        ({"train.stpes": 1}, "Train has no 'stpes'; it has epochs, steps"),
        ({"train.steps": "many"}, "'many' is not a whole number or none"),
        ({"precision": "float16"}, "not one of float32, bfloat16"),
        ({"data.flip": "yes"}, "not true or false"),
        ({"task.generator": "VGG"}, "'VGG' is none of DCGANGenerator, ResNet, UNet"),
        ({"train.steps.more": 1}, "'steps' is a value"),
    ],
)
def test_a_wrong_change_is_reported_with_the_valid_values(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        override(EXPERIMENT, change)


def test_an_argument_without_a_value_is_refused():
    with pytest.raises(ValueError, match="key.path=value"):
        parse(["train.steps"])


def test_differences_name_each_key_that_changed_or_is_missing():
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ["b: 2 -> 3", "c: absent -> 4"]
