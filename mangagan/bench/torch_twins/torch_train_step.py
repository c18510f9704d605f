"""The train step of an experiment in plain PyTorch, as a function to time.

A twin has the networks, losses, optimisers and order of updates of the JAX step. It leaves out learning rate schedules,
the average of the generator's weights and the gradient norms that are logged. All weights are random, also those of
perceptual networks. It follows junyanz/pytorch-CycleGAN-and-pix2pix, NVIDIA/pix2pixHD and
richzhang/colorization-pytorch.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mangagan.bench.jax_train_step import random_batch
from mangagan.bench.timing import TimedFunction
from mangagan.bench.torch_twins.torch_inpaint_step import InpaintStep
from mangagan.bench.torch_twins.torch_paired_step import DenoiseStep, HintedStep, PairedStep, Pix2PixHDStep
from mangagan.bench.torch_twins.torch_step_base import Autocast, StepTwin, TwinNetworks
from mangagan.bench.torch_twins.torch_unpaired_step import UnpairedStep
from mangagan.config import Experiment
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.pix2pixhd import Pix2PixHD
from mangagan.tasks.unpaired import Unpaired

# A twin rewrites one task class by hand, so the table is by class: no property of a task could name its PyTorch code.
# The lookup is exact, because a subclass may have other losses than the class that it extends.
_STEPS: dict[type, type[StepTwin]] = {
    Paired: PairedStep,
    Pix2PixHD: Pix2PixHDStep,
    Hinted: HintedStep,
    Denoise: DenoiseStep,
    Inpaint: InpaintStep,
    Unpaired: UnpairedStep,
}


def build_torch_step(experiment: Experiment, steps: int, compiled: bool) -> TimedFunction:
    """Return a function that runs `steps` train steps of the experiment's twin on one random batch.

    Args:
        experiment: The experiment to mirror.
        steps: The number of train steps in one call.
        compiled: Compile the networks with torch.compile.

    Raises:
        ValueError: There is no twin, see `check_twin`.
    """
    check_twin(experiment)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=experiment.precision == "bfloat16")
    step = build_twin_step(experiment, _prepare(build_twin_networks(experiment), device, compiled), autocast)
    batch = {name: _channels_first(array).to(device) for name, array in random_batch(experiment).items()}

    def run_steps() -> None:
        for _ in range(steps):
            step(batch)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run_steps


def check_twin(experiment: Experiment) -> None:
    """Check that the experiment has a PyTorch twin, without any memory for weights.

    Raises:
        ValueError: The task, a setting or a network has none; the message names it.
    """
    step = _step_class(experiment)
    values = {key: _setting(experiment, key) for key in step.supported}
    wrong = [f"{key}={value}" for key, value in values.items() if value not in (None, *step.supported[key])]
    matching = _setting(experiment, "task.matching")
    if matching and _setting(experiment, "task.discriminator") != "MultiscaleDiscriminator":
        wrong.append(f"task.matching={matching} without task.discriminator=MultiscaleDiscriminator")
    if wrong:
        raise ValueError(f"there is no PyTorch twin to compare with for {', '.join(wrong)}")
    with torch.device("meta"):
        build_twin_networks(experiment)


def build_twin_networks(experiment: Experiment) -> TwinNetworks:
    """Return new networks for the pictures of the experiment.

    Raises:
        ValueError: The task or one of its networks has no twin.
    """
    return _step_class(experiment).build_networks(experiment)


def build_twin_step(experiment: Experiment, networks: TwinNetworks, autocast: Autocast) -> StepTwin:
    """Return the train step of these networks, a function of a batch whose pictures are channels first.

    Raises:
        ValueError: The task has no twin.
    """
    return _step_class(experiment)(experiment.task, experiment.train, networks, autocast)


def _step_class(experiment: Experiment) -> type[StepTwin]:
    task = type(experiment.task)
    if task not in _STEPS:
        known = ", ".join(known.__name__ for known in _STEPS)
        raise ValueError(f"there is no PyTorch twin to compare with for the task {task.__name__}; there are {known}")
    return _STEPS[task]


def _setting(experiment: Experiment, key: str) -> object:
    """Return the value of `key.path`, a class's name for a part; None where the experiment has no such setting."""
    value: Any = experiment
    for name in key.split("."):
        value = getattr(value, name, None)
    return type(value).__name__ if is_dataclass(value) else value


def _prepare(twins: TwinNetworks, device: torch.device, compiled: bool) -> TwinNetworks:
    """Move networks to the device in train mode, and compile them if `compiled` is set."""
    for networks in twins:
        networks.to(device).train()
        for name, network in networks.items():
            networks[name] = torch.compile(network) if compiled else network  # type: ignore[assignment]
    return twins


def _channels_first(array: np.ndarray) -> Tensor:
    tensor = torch.from_numpy(array)
    # Arrays without channels are instance numbers, by which PyTorch gathers.
    return tensor.permute(0, 3, 1, 2).contiguous() if tensor.ndim == 4 else tensor.long()
