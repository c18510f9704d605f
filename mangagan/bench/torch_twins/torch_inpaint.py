"""The train step of inpainting in plain PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from mangagan import losses
from mangagan.bench.torch_twins.torch_losses import (
    content,
    distance_of,
    masked_l1,
    masked_mse,
    stages,
    style,
    total_variation,
)
from mangagan.bench.torch_twins.torch_networks import Twins, adam, trainable
from mangagan.bench.torch_twins.torch_paired import Autocast, Batch
from mangagan.config import Train
from mangagan.tasks.inpaint import Inpaint


class InpaintStep:
    """The twin of a step with `Inpaint`; the pictures of its batches are channels first."""

    steps = 0

    def __init__(self, task: Inpaint, train: Train, twins: Twins, autocast: Autocast) -> None:
        self.task, self.twins, self.autocast = task, twins, autocast
        self.painter, self.judge = twins.generator["painter"], twins.discriminator["judge"]
        self.painter_adam = adam(twins.generator, train.generator)
        self.judge_adam = adam(twins.discriminator, train.discriminator)

    def __call__(self, batch: Batch) -> None:
        task, mask = self.task, batch["mask"]
        with self.autocast():
            coarse, refined = (x.float() for x in self.painter(torch.cat([batch["input"], mask], 1)))
        composed = torch.where(mask > 0.5, refined, batch["input"])
        made = torch.cat([composed, mask], 1)
        if task.adversarial:
            self._move_judge(made.detach(), torch.cat([batch["target"], mask], 1))
        self.painter_adam.zero_grad()
        loss = self._distances(batch, refined) + task.reconstruction * self._distances(batch, coarse)
        if task.total_variation:
            loss = loss + task.total_variation * total_variation(composed, mask)
        if "perceptual" in self.twins.frozen:
            loss = loss + self._perceptual(composed, batch["target"])
        if task.adversarial:
            trainable([self.judge], False)
            with self.autocast():
                loss = loss + task.adversarial * on_generated(task.gan, self.judge(self._noisy(made)))
        loss.backward()
        self.painter_adam.step()
        self.steps += 1

    def _distances(self, batch: Batch, painted: Tensor) -> Tensor:
        task, truth, mask = self.task, batch["target"], batch["mask"]
        loss = task.l1_hole * masked_l1(painted, truth, mask) + task.l1_known * masked_l1(painted, truth, 1 - mask)
        loss = loss + task.l1 * l1_loss(painted, truth) if task.l1 else loss
        return loss + task.mse_hole * masked_mse(painted, truth, mask) if task.mse_hole else loss

    def _perceptual(self, composed: Tensor, truth: Tensor) -> Tensor:
        """In float32 at any precision, as ours is."""
        weights = self.task.perceptual
        pairs = stages(self.twins.frozen["perceptual"], composed, truth, weights.normalised)
        return weights.weight * content(pairs) + (weights.style * style(pairs) if weights.style else 0.0)

    def _move_judge(self, made: Tensor, real: Tensor) -> None:
        trainable([self.judge], True)
        self.judge_adam.zero_grad()
        with self.autocast():
            on_fake, on_real = (self.judge(self._noisy(pictures)) for pictures in (made, real))
            loss = discriminator_loss(self.task.gan, on_real, on_fake)
        loss.backward()
        self.judge_adam.step()

    def _noisy(self, pictures: Tensor) -> Tensor:
        help_ = self.task.stability
        left = max(0.0, 1 - self.steps / help_.noise_steps) if help_.noise_steps else 1.0
        return pictures + help_.noise * left * torch.randn_like(pictures) if help_.noise else pictures


def discriminator_loss(gan: losses.Adversarial, real: Tensor, fake: Tensor) -> Tensor:
    """Half the loss on real plus on fake pictures, for Hinge and what `distance_of` takes."""
    if isinstance(gan, losses.Hinge):
        return ((1 - real).relu().mean() + (1 + fake).relu().mean()) / 2
    distance = distance_of(gan)
    return (distance(real, torch.ones_like(real)) + distance(fake, torch.zeros_like(fake))) / 2


def on_generated(gan: losses.Adversarial, fake: Tensor) -> Tensor:
    """The generator's adversarial loss, for the same."""
    return -fake.mean() if isinstance(gan, losses.Hinge) else distance_of(gan)(fake, torch.ones_like(fake))
