"""The train step of CycleGAN in plain PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from mangagan.bench.torch_twins.torch_losses import adversarial_loss, logit_loss
from mangagan.bench.torch_twins.torch_networks import build_twin
from mangagan.bench.torch_twins.torch_step_base import Autocast, Batch, StepTwin, TwinNetworks, set_trainable
from mangagan.config import Experiment, Train


class UnpairedStep(StepTwin):
    """The twin of a step with `Unpaired`."""

    def __init__(self, task: Any, train: Train, networks: TwinNetworks, autocast: Autocast) -> None:
        super().__init__(task, train, networks, autocast)
        self.to_target, self.to_input = networks.generator["to_target"], networks.generator["to_input"]
        self.discriminators = [networks.discriminator["target"], networks.discriminator["input"]]
        self.logit_loss = logit_loss(task.gan)
        self.pools: list[list[Tensor]] = [[], []]

    @classmethod
    def build_networks(cls, experiment: Experiment) -> TwinNetworks:
        """Return new networks for the pictures of the experiment."""
        task: Any = experiment.task
        size = experiment.data.size
        generators = {name: build_twin(task.generator, 3, size) for name in ("to_target", "to_input")}
        discriminators = {domain: build_twin(task.discriminator, 3, size) for domain in ("target", "input")}
        return TwinNetworks(nn.ModuleDict(generators), nn.ModuleDict(discriminators), nn.ModuleDict())

    def __call__(self, batch: Batch) -> None:
        source, target = batch["input"].expand(-1, 3, -1, -1), batch["target"]
        set_trainable(self.discriminators, False)
        self.generator_optimizer.zero_grad()
        with self.autocast():
            loss, fakes = self._generator_loss(source, target)
        loss.backward()
        self.generator_optimizer.step()
        set_trainable(self.discriminators, True)
        self.discriminator_optimizer.zero_grad()
        for network, real, fake, pool in zip(self.discriminators, (target, source), fakes, self.pools, strict=True):
            pooled = _sample_pool(pool, fake.detach(), self.task.pool)
            with self.autocast():
                fake_loss = adversarial_loss(self.logit_loss, network(pooled), 0.0)
                real_loss = adversarial_loss(self.logit_loss, network(real), 1.0)
            ((fake_loss + real_loss) / 2).backward()
        self.discriminator_optimizer.step()

    def _generator_loss(self, source: Tensor, target: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        task, to_target, to_input = self.task, self.to_target, self.to_input
        fakes = to_target(source), to_input(target)
        loss = task.cycle * (l1_loss(to_input(fakes[0]), source) + l1_loss(to_target(fakes[1]), target))
        if task.identity:
            identity = l1_loss(to_target(target), target) + l1_loss(to_input(source), source)
            loss = loss + task.cycle * task.identity * identity
        for network, fake in zip(self.discriminators, fakes, strict=True):
            loss = loss + adversarial_loss(self.logit_loss, network(fake), 1.0)
        return loss, fakes


def _sample_pool(pool: list[Tensor], fakes: Tensor, capacity: int) -> Tensor:
    """Return the pictures that the discriminator sees: half are older fakes, which new ones replace in the pool."""
    shown = []
    for picture in fakes:
        if len(pool) < capacity:
            pool.append(picture)
        elif capacity and torch.rand(()) < 0.5:
            slot = int(torch.randint(capacity, ()))
            picture, pool[slot] = pool[slot], picture
        shown.append(picture)
    return torch.stack(shown)
