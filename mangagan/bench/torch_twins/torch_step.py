"""The train steps of our tasks in plain PyTorch, as the reference codes make them, as work to be timed.

The same networks, losses, optimisers and order of updates as our tasks; schedules, the average of the generator's
weights and the norms of the gradients, which our steps have besides, are left out. Weights are random, those of a
perceptual loss too. Follows junyanz/pytorch-CycleGAN-and-pix2pix, NVIDIA/pix2pixHD and richzhang/colorization-pytorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mangagan.bench.interleave import Work
from mangagan.bench.jax_step import random_pictures
from mangagan.bench.torch_twins.torch_inpaint import InpaintStep
from mangagan.bench.torch_twins.torch_networks import Twins, twin_networks
from mangagan.bench.torch_twins.torch_paired import Autocast, Batch, DenoiseStep, HintedStep, PairedHDStep, PairedStep
from mangagan.bench.torch_twins.torch_unpaired import UnpairedStep
from mangagan.config import Experiment
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.pix2pixhd import PairedHD
from mangagan.tasks.unpaired import Unpaired

Step = Callable[[Batch], None]

# What these settings may be, where an experiment has them.
_KNOWN: dict[str, tuple[object, ...]] = {
    "task.gan": ("BinaryCrossEntropy", "LeastSquares"),
    "task.generator.remat": (False,),
    "task.generator.base.remat": (False,),
    "task.generator.classify": (False,),
    "task.discriminator.spectral": (False,),
    "task.classes": (0,),
    "task.perceptual.style": (0,),
    "task.perceptual.network": ("vgg16", "vgg19"),
    "task.perceptual.halvings": (0,),
    "task.stability.smoothing": (0,),
    "task.stability.label_noise": (0,),
    "task.stability.noise": (0,),
    "task.stability.r1": (0,),
    "task.stability.every_steps": (1,),
}
# What the twin of inpainting has and the others have not.
_ONLY_INPAINT = {"task.perceptual.style", "task.stability.noise"}


def build_torch_step(experiment: Experiment, steps: int, compiled: bool) -> Work:
    """`steps` train steps of the experiment's twin on one random batch; with `compiled` through torch.compile.

    Raises ValueError like `check_twin`.
    """
    check_twin(experiment)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=experiment.precision == "bfloat16")
    step = twin_step(experiment, _placed(twin_networks(experiment), device, compiled), autocast)
    batch = {name: _channels_first(array).to(device) for name, array in random_pictures(experiment).items()}

    def work() -> None:
        for _ in range(steps):
            step(batch)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return work


def check_twin(experiment: Experiment) -> None:
    """Raises ValueError that names the settings, or the network, that have no twin here."""
    known = dict(_KNOWN)
    if isinstance(experiment.task, Inpaint):
        known = {key: values for key, values in _KNOWN.items() if key not in _ONLY_INPAINT}
        known["task.gan"] = (*_KNOWN["task.gan"], "Hinge")
    found = {key: _setting(experiment, key) for key in known}
    wrong = [f"{key}={value}" for key, value in found.items() if value not in (None, *known[key])]
    norm = _setting(experiment, "task.generator.norm")
    if isinstance(experiment.task, Hinted) and norm != "BatchNorm":
        wrong.append(f"task.generator.norm={norm}")
    matching = _setting(experiment, "task.matching")
    if matching and _setting(experiment, "task.discriminator") != "MultiscaleDiscriminator":
        wrong.append(f"task.matching={matching} without task.discriminator=MultiscaleDiscriminator")
    if wrong:
        raise ValueError(f"there is no PyTorch twin to be timed against with {', '.join(wrong)}")
    with torch.device("meta"):
        twin_networks(experiment)


def twin_step(experiment: Experiment, twins: Twins, autocast: Autocast) -> Step:
    """The train step of these networks, as a function of a batch with pictures channels first."""
    task, train = experiment.task, experiment.train
    if isinstance(task, Unpaired):
        return UnpairedStep(task, train, twins, autocast)
    if isinstance(task, Inpaint):
        return InpaintStep(task, train, twins, autocast)
    if isinstance(task, Denoise):
        return DenoiseStep(task, train, twins, autocast)
    build = HintedStep if isinstance(task, Hinted) else PairedHDStep if isinstance(task, PairedHD) else PairedStep
    return build(task, train, twins, autocast)


def _setting(experiment: Experiment, key: str) -> object:
    """The value of `key.path`, by its class's name where it has parts; None where the experiment has no such thing."""
    value: Any = experiment
    for name in key.split("."):
        value = getattr(value, name, None)
    return type(value).__name__ if is_dataclass(value) else value


def _placed(twins: Twins, device: torch.device, compiled: bool) -> Twins:
    for networks in twins:
        networks.to(device).train()
        for name, network in networks.items():
            networks[name] = torch.compile(network) if compiled else network  # type: ignore[assignment]
    return twins


def _channels_first(array: np.ndarray) -> Tensor:
    tensor = torch.from_numpy(array)
    return tensor.permute(0, 3, 1, 2).contiguous() if tensor.ndim == 4 else tensor.long()
