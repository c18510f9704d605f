"""The train step of inpainting in plain PyTorch."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from mangagan.bench.torch_twins.torch_losses import (
    discriminator_loss,
    generator_adversarial_loss,
    masked_l1,
    masked_mse,
    total_variation,
)
from mangagan.bench.torch_twins.torch_networks import build_perceptual_network, build_twin
from mangagan.bench.torch_twins.torch_perceptual import activation_pairs, content_loss, style_loss
from mangagan.bench.torch_twins.torch_step_base import (
    SUPPORTED,
    Autocast,
    Batch,
    StepTwin,
    TwinNetworks,
    set_trainable,
)
from mangagan.config import Experiment, Train

_ANY_VALUE = frozenset({"task.perceptual.style", "task.stability.noise"})


class InpaintStep(StepTwin):
    """The twin of a step with `Inpaint`."""

    # Unlike the other twins, this one has the hinge loss, the style loss and instance noise.
    supported: ClassVar = {
        **{
            key: values
            for key, values in SUPPORTED.items()
            if key not in ("task.perceptual.style", "task.stability.noise")
        },
        "task.gan": (*SUPPORTED["task.gan"], "Hinge"),
    }
    steps = 0

    def __init__(self, task: Any, train: Train, networks: TwinNetworks, autocast: Autocast) -> None:
        super().__init__(task, train, networks, autocast)
        self.generator, self.discriminator = networks.generator["generator"], networks.discriminator["discriminator"]

    @classmethod
    def build_networks(cls, experiment: Experiment) -> TwinNetworks:
        """Return new networks for the pictures of the experiment."""
        task: Any = experiment.task
        size = experiment.data.size
        frozen = build_perceptual_network(task.perceptual)
        # Both see three colours and the mask.
        generator = {"generator": build_twin(task.generator, 4, size)}
        discriminator = {"discriminator": build_twin(task.discriminator, 4, size)}
        return TwinNetworks(nn.ModuleDict(generator), nn.ModuleDict(discriminator), nn.ModuleDict(frozen))

    def __call__(self, batch: Batch) -> None:
        task, mask = self.task, batch["mask"]
        with self.autocast():
            coarse, refined = (x.float() for x in self.generator(torch.cat([batch["input"], mask], 1)))
        # Known pixels are those of the input.
        composed = torch.where(mask > 0.5, refined, batch["input"])
        fake = torch.cat([composed, mask], 1)
        if task.adversarial:
            self._update_discriminator(fake.detach(), torch.cat([batch["target"], mask], 1))
        self.generator_optimizer.zero_grad()
        loss = self._reconstruction_loss(batch, refined)
        loss = loss + task.reconstruction * self._reconstruction_loss(batch, coarse)
        if task.total_variation:
            loss = loss + task.total_variation * total_variation(composed, mask)
        if "perceptual" in self.networks.frozen:
            loss = loss + self._perceptual_loss(composed, batch["target"])
        if task.adversarial:
            set_trainable([self.discriminator], False)
            with self.autocast():
                logits = self.discriminator(self._add_instance_noise(fake))
                loss = loss + task.adversarial * generator_adversarial_loss(task.gan, logits)
        loss.backward()
        self.generator_optimizer.step()
        self.steps += 1

    def _reconstruction_loss(self, batch: Batch, prediction: Tensor) -> Tensor:
        task, truth, mask = self.task, batch["target"], batch["mask"]
        loss = task.l1_hole * masked_l1(prediction, truth, mask)
        loss = loss + task.l1_known * masked_l1(prediction, truth, 1 - mask)
        loss = loss + task.l1 * l1_loss(prediction, truth) if task.l1 else loss
        return loss + task.mse_hole * masked_mse(prediction, truth, mask) if task.mse_hole else loss

    def _perceptual_loss(self, composed: Tensor, truth: Tensor) -> Tensor:
        # Outside of autocast: like the JAX step, in float32 at any precision.
        weights = self.task.perceptual
        pairs = activation_pairs(self.networks.frozen["perceptual"], composed, truth, weights.normalised)
        return weights.weight * content_loss(pairs) + (weights.style * style_loss(pairs) if weights.style else 0.0)

    def _update_discriminator(self, fake: Tensor, real: Tensor) -> None:
        set_trainable([self.discriminator], True)
        self.discriminator_optimizer.zero_grad()
        with self.autocast():
            fake_logits, real_logits = (self.discriminator(self._add_instance_noise(x)) for x in (fake, real))
            loss = discriminator_loss(self.task.gan, real_logits, fake_logits)
        loss.backward()
        self.discriminator_optimizer.step()

    def _add_instance_noise(self, pictures: Tensor) -> Tensor:
        stability = self.task.stability
        # The noise decays linearly to zero over `noise_steps`; with 0 it does not decay.
        share = max(0.0, 1 - self.steps / stability.noise_steps) if stability.noise_steps else 1.0
        return pictures + stability.noise * share * torch.randn_like(pictures) if stability.noise else pictures
