"""Descriptions of experiments from elsewhere stay within bounds, and no network without end is traced."""

from __future__ import annotations

import time

import pytest

from mangagan.config import TASKS, Experiment
from mangagan.data.settings import Data
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
from mangagan.overrides import describe
from mangagan.pretrained import described_experiment
from mangagan.pretrained.described_experiment import experiment_of
from mangagan.pretrained.model_folder import abstract_variables
from mangagan.tasks.paired import Paired


@pytest.mark.parametrize("task", TASKS)
def test_the_description_of_an_experiment_gives_it_back(task):
    experiment = Experiment(task())
    assert experiment_of(describe(experiment)) == experiment


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data.size": "1000000000"}, "data.size is 1000000000, more than the limit of 8192"),
        ({"task.generator.features": "99_999"}, "task.generator.features is 99999, more than the limit of 16384"),
        ({"task.l1": "nan"}, "task.l1 is not finite"),
        ({"task.l1": "1e999"}, "task.l1 is not finite"),
        ({"train.seed": 10**400}, "train.seed is 10000000000000000000, more than the limit"),
        ({"data.size": True}, "data.size: 'True' is not a whole number"),
        ({"data.size": 256.5}, "data.size: '256.5' is not a whole number"),
        ({"task.generator": 3}, "task.generator: 3 is none of"),
        ({"precision": "x" * 4000}, r"precision: 'x{99}\.\.\. is not one of float32, bfloat16"),
        ({"k" * 100_000: 1}, r"k{100}\.\.\.: Experiment has no 'k{99}\.\.\.; it has task, data, train, precision"),
        ({"task." * 10_000: 1}, "Paired has no 'task'"),
        ({"task": "~no_such_user_of_ours/task.py:Task"}, "it describes no experiment: RuntimeError: "),
        ({"task": "a" * 4000 + ".py:Task"}, "it describes no experiment: OSError: "),
    ],
)
def test_what_is_no_value_of_an_experiment_is_one_short_line(changes, reason):
    with pytest.raises(ValueError, match=reason) as error:
        experiment_of(changes)
    assert len(str(error.value)) < 600 and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("experiment", "reason"),
    [
        (Experiment(Paired(), Data(size=10**9)), "data.size is 1000000000, more than the limit of 8192"),
        (Experiment(Paired(generator=UNet(levels=200))), "multiples of over 1024"),
        (
            Experiment(Paired(generator=UNet(2, 1), discriminator=MultiscaleDiscriminator(200, 200, 1))),
            "the networks have more than 100 layers",
        ),
        (Experiment(Paired(generator=ResNet(blocks=1000))), "blocks is 1000, more than the limit of 256"),
    ],
)
def test_networks_that_would_take_hours_to_trace_are_refused(experiment, reason, monkeypatch):
    monkeypatch.setattr(described_experiment, "_MOST_LAYERS", 100)
    start = time.monotonic()
    with pytest.raises(ValueError, match=reason):
        abstract_variables(experiment)
    assert time.monotonic() - start < 30


def test_the_count_of_layers_ends_with_the_network(monkeypatch):
    experiment = Experiment(Paired(generator=UNet(levels=2, features=1)), Data(size=64))
    monkeypatch.setattr(described_experiment, "_MOST_LAYERS", 40)
    for _ in range(3):
        abstract_variables(experiment)
