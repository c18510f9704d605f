"""What all train steps in PyTorch share: their networks, optimisers and the settings that they support."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from mangagan import config
from mangagan.config import Experiment, Train

Batch = dict[str, Tensor]
Autocast = Callable[[], AbstractContextManager]

# The values that the twins support, of settings that an experiment may or may not have.
SUPPORTED: Mapping[str, tuple[object, ...]] = {
    "task.gan": ("BinaryCrossEntropy", "LeastSquares"),
    "task.generator.remat": (False,),
    "task.generator.base.remat": (False,),
    "task.generator.classify": (False,),
    "task.discriminator.spectral": (False,),
    "task.classes": (0,),
    "task.perceptual.style": (0,),
    "task.perceptual.network": ("vgg16", "vgg19"),
    "task.perceptual.halvings": (0,),
    "task.perceptual.pooled": (0,),
    "task.stability.smoothing": (0,),
    "task.stability.label_noise": (0,),
    "task.stability.noise": (0,),
    "task.stability.r1": (0,),
    "task.stability.every_steps": (1,),
}


class TwinNetworks(NamedTuple):
    """The networks of the generator's side, of the discriminator's side and the frozen ones, each by name."""

    generator: nn.ModuleDict
    discriminator: nn.ModuleDict
    frozen: nn.ModuleDict


class StepTwin:
    """The train step of one task in PyTorch, a function of a batch whose pictures are channels first.

    A subclass says which networks the task needs (`build_networks`) and makes one step (`__call__`).
    """

    supported: ClassVar[Mapping[str, tuple[object, ...]]] = SUPPORTED

    def __init__(self, task: Any, train: Train, networks: TwinNetworks, autocast: Autocast) -> None:
        self.task, self.networks, self.autocast = task, networks, autocast
        self.generator_optimizer = build_adam(networks.generator, train.generator)
        self.discriminator_optimizer = build_adam(networks.discriminator, train.discriminator)

    @classmethod
    def build_networks(cls, experiment: Experiment) -> TwinNetworks:
        """Return new networks for the pictures of the experiment.

        Raises:
            ValueError: One of the networks has no twin.
        """
        raise NotImplementedError

    def __call__(self, batch: Batch) -> None:
        """Make one train step."""
        raise NotImplementedError


def build_adam(networks: nn.Module, settings: config.Adam) -> torch.optim.Adam:
    """Return the optimiser of some networks, with the learning rate of the first step."""
    betas = settings.beta1, settings.beta2
    return torch.optim.Adam(networks.parameters(), settings.schedule.rate, betas=betas, eps=settings.epsilon)


def set_trainable(networks: Iterable[nn.Module], trainable: bool) -> None:
    """Set whether a backward pass computes gradients of the parameters of these networks."""
    for network in networks:
        for parameter in network.parameters():
            parameter.requires_grad_(trainable)
