"""The train steps of paired tasks in plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from mangagan.bench.torch_twins.torch_losses import adversarial, charbonnier, distance_of, feature_matching, perceptual
from mangagan.bench.torch_twins.torch_networks import Twins, adam, trainable
from mangagan.bench.torch_twins.torch_pictures import (
    instance_means,
    outlines,
    picture_of,
    random_hints,
    source_of,
    target_of,
)
from mangagan.config import Train
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.paired import Paired
from mangagan.tasks.pix2pixhd import INSTANCES, PairedHD

Batch = dict[str, Tensor]
Autocast = Callable[[], AbstractContextManager]


class PairedStep:
    """The twin of a step with `Paired`; the pictures of its batches are channels first."""

    def __init__(self, task: Paired, train: Train, twins: Twins, autocast: Autocast) -> None:
        self.task, self.twins, self.autocast = task, twins, autocast
        self.painter, self.judge = twins.generator["painter"], twins.discriminator["judge"]
        self.painter_adam = adam(twins.generator, train.generator)
        self.judge_adam = adam(twins.discriminator, train.discriminator)
        self.distance = distance_of(task.gan)

    def __call__(self, batch: Batch) -> None:
        condition, truth = self._condition(batch), target_of(self.task.space, batch["target"])
        fake = self._paint(batch, condition, truth)
        real, made = (torch.cat([condition, x], 1) if self.task.conditional else x for x in (truth, fake))
        if self.task.judged and self.task.discriminator_first:
            self._move_judge(made.detach(), real)
        trainable([self.judge], False)
        self.painter_adam.zero_grad()
        with self.autocast():
            loss = self._distances(fake, truth)
            loss = loss + self._painter_loss(made, real) if self.task.judged else loss
        if "perceptual" in self.twins.frozen:
            loss = loss + self._perceptual(batch, fake)
        loss.backward()
        self._move_painter()
        if self.task.judged and not self.task.discriminator_first:
            self._move_judge(made.detach(), real)

    def _condition(self, batch: Batch) -> Tensor:
        return source_of(self.task.space, batch["input"])

    def _paint(self, batch: Batch, condition: Tensor, truth: Tensor) -> Tensor:
        with self.autocast():
            return self.painter(condition)

    def _move_judge(self, made: Tensor, real: Tensor) -> None:
        trainable([self.judge], True)
        self.judge_adam.zero_grad()
        with self.autocast():
            on_fake, on_real = (adversarial(self.distance, self.judge(x), y) for x, y in ((made, 0.0), (real, 1.0)))
        ((on_fake + on_real) / 2).backward()
        self.judge_adam.step()

    def _move_painter(self) -> None:
        self.painter_adam.step()

    def _painter_loss(self, made: Tensor, real: Tensor) -> Tensor:
        answer = self.judge(made)
        loss = self.task.adversarial * adversarial(self.distance, answer, 1.0)
        if self.task.matching:
            with torch.no_grad():
                true = self.judge(real)
            loss = loss + self.task.matching * feature_matching(answer, true)
        return loss

    def _distances(self, fake: Tensor, truth: Tensor) -> Tensor:
        loss = self.task.l1 * l1_loss(fake, truth)
        loss = loss + self.task.mse * mse_loss(fake, truth) if self.task.mse else loss
        return loss + self.task.charbonnier * charbonnier(fake, truth) if self.task.charbonnier else loss

    def _perceptual(self, batch: Batch, fake: Tensor) -> Tensor:
        """In float32 at any precision, as ours is."""
        weights, source = self.task.perceptual, source_of(self.task.space, batch["input"])
        picture = picture_of(self.task.space, source, fake.float())
        return weights.weight * perceptual(
            self.twins.frozen["perceptual"], picture, batch["target"], weights.normalised
        )


class PairedHDStep(PairedStep):
    """The twin of a step with `PairedHD`."""

    task: PairedHD
    steps = 0

    def _condition(self, batch: Batch) -> Tensor:
        gray = super()._condition(batch)
        return torch.cat([gray, outlines(batch["instances"])], 1) if "instances" in batch else gray

    def _paint(self, batch: Batch, condition: Tensor, truth: Tensor) -> Tensor:
        if not self.task.encoded:
            return super()._paint(batch, condition, truth)
        with self.autocast():
            features = self.twins.generator["encoder"](batch["target"])
        features = instance_means(features.float(), batch["instances"], INSTANCES)
        shown = torch.rand(len(features), 1, 1, 1, device=features.device) >= self.task.feature_drop
        with self.autocast():
            return self.painter(torch.cat([condition, shown * features], 1))

    def _move_painter(self) -> None:
        if self.steps < self.task.fixed_base_steps:
            # Adam passes over what has no gradient.
            self.painter.get_submodule("model").zero_grad()
        self.steps += 1
        super()._move_painter()


class DenoiseStep(PairedStep):
    """The twin of a step with `Denoise`."""

    task: Denoise

    def _condition(self, batch: Batch) -> Tensor:
        return torch.cat([batch[name] for name in ("input", "sigma") if name in batch], 1)


class HintedStep(PairedStep):
    """The twin of a step with `Hinted`."""

    task: Hinted

    def _paint(self, batch: Batch, condition: Tensor, truth: Tensor) -> Tensor:
        hints = random_hints(truth, self.task.hints)
        seen = torch.cat([condition / 2, hints[:, :2], hints[:, 2:] - self.task.mask_center], 1)
        with self.autocast():
            return self.painter(seen)[0]
