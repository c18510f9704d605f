"""The train step of CycleGAN in plain PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from mangagan.bench.torch_twins.torch_losses import adversarial, distance_of
from mangagan.bench.torch_twins.torch_networks import Twins, adam, trainable
from mangagan.bench.torch_twins.torch_paired import Autocast, Batch
from mangagan.config import Train
from mangagan.tasks.unpaired import Unpaired


class UnpairedStep:
    """The twin of a step with `Unpaired`; the pictures of its batches are channels first."""

    def __init__(self, task: Unpaired, train: Train, twins: Twins, autocast: Autocast) -> None:
        self.task, self.autocast = task, autocast
        self.there, self.back = twins.generator["to_target"], twins.generator["to_input"]
        self.judges = [twins.discriminator["target"], twins.discriminator["input"]]
        self.painter_adam = adam(twins.generator, train.generator)
        self.judge_adam = adam(twins.discriminator, train.discriminator)
        self.distance = distance_of(task.gan)
        self.pools: list[list[Tensor]] = [[], []]

    def __call__(self, batch: Batch) -> None:
        source, target = batch["input"].expand(-1, 3, -1, -1), batch["target"]
        trainable(self.judges, False)
        self.painter_adam.zero_grad()
        with self.autocast():
            loss, fakes = self._painter_loss(source, target)
        loss.backward()
        self.painter_adam.step()
        trainable(self.judges, True)
        self.judge_adam.zero_grad()
        for judge, real, fake, pool in zip(self.judges, (target, source), fakes, self.pools, strict=True):
            shown = _exchange(pool, fake.detach(), self.task.pool)
            with self.autocast():
                on_fake, on_real = (adversarial(self.distance, judge(x), y) for x, y in ((shown, 0.0), (real, 1.0)))
            ((on_fake + on_real) / 2).backward()
        self.judge_adam.step()

    def _painter_loss(self, source: Tensor, target: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        task, there, back = self.task, self.there, self.back
        fakes = there(source), back(target)
        loss = task.cycle * (l1_loss(back(fakes[0]), source) + l1_loss(there(fakes[1]), target))
        if task.identity:
            same = l1_loss(there(target), target) + l1_loss(back(source), source)
            loss = loss + task.cycle * task.identity * same
        for judge, fake in zip(self.judges, fakes, strict=True):
            loss = loss + adversarial(self.distance, judge(fake), 1.0)
        return loss, fakes


def _exchange(pool: list[Tensor], fresh: Tensor, places: int) -> Tensor:
    """The pictures that the discriminator is shown, from a list as long as `places`."""
    shown = []
    for picture in fresh:
        if len(pool) < places:
            pool.append(picture)
        elif places and torch.rand(()) < 0.5:
            slot = int(torch.randint(places, ()))
            picture, pool[slot] = pool[slot], picture
        shown.append(picture)
    return torch.stack(shown)
