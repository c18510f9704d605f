"""The train steps of paired tasks in plain PyTorch: Pix2Pix, Pix2PixHD, denoising and SIGGRAPH17."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from mangagan.bench.torch_twins.torch_color_spaces import generator_source, generator_target, to_picture
from mangagan.bench.torch_twins.torch_conditioning import instance_edges, instance_means, random_hints
from mangagan.bench.torch_twins.torch_losses import adversarial_loss, charbonnier, feature_matching, logit_loss
from mangagan.bench.torch_twins.torch_networks import build_perceptual_network, build_twin
from mangagan.bench.torch_twins.torch_perceptual import perceptual_loss
from mangagan.bench.torch_twins.torch_step_base import (
    SUPPORTED,
    Autocast,
    Batch,
    StepTwin,
    TwinNetworks,
    set_trainable,
)
from mangagan.config import Experiment, Train
from mangagan.tasks.pix2pixhd import INSTANCES


class PairedStep(StepTwin):
    """The twin of a step with `Paired`."""

    def __init__(self, task: Any, train: Train, networks: TwinNetworks, autocast: Autocast) -> None:
        super().__init__(task, train, networks, autocast)
        self.generator, self.discriminator = networks.generator["generator"], networks.discriminator["discriminator"]
        self.logit_loss = logit_loss(task.gan)

    @classmethod
    def build_networks(cls, experiment: Experiment) -> TwinNetworks:
        """Return new networks for the pictures of the experiment."""
        task: Any = experiment.task
        frozen = build_perceptual_network(task.perceptual)
        generator = cls._generator_networks(experiment)
        inputs = task.space.channels + (cls._condition_channels(experiment) if task.conditional else 0)
        discriminator = {"discriminator": build_twin(task.discriminator, inputs, experiment.data.size)}
        return TwinNetworks(nn.ModuleDict(generator), nn.ModuleDict(discriminator), nn.ModuleDict(frozen))

    @classmethod
    def _generator_networks(cls, experiment: Experiment) -> dict[str, nn.Module]:
        task: Any = experiment.task
        return {"generator": build_twin(task.generator, cls._condition_channels(experiment), experiment.data.size)}

    @classmethod
    def _condition_channels(cls, experiment: Experiment) -> int:
        """The channels of `_condition`: one of grey, or of L."""
        return 1

    def __call__(self, batch: Batch) -> None:
        condition, truth = self._condition(batch), generator_target(self.task.space, batch["target"])
        prediction = self._predict(batch, condition, truth)
        real, fake = (torch.cat([condition, x], 1) if self.task.conditional else x for x in (truth, prediction))
        if self.task.uses_discriminator and self.task.discriminator_first:
            self._update_discriminator(fake.detach(), real)
        # The generator's loss needs no gradients of the discriminator's parameters.
        set_trainable([self.discriminator], False)
        self.generator_optimizer.zero_grad()
        with self.autocast():
            loss = self._reconstruction_loss(prediction, truth)
            loss = loss + self._adversarial_loss(fake, real) if self.task.uses_discriminator else loss
        if "perceptual" in self.networks.frozen:
            loss = loss + self._perceptual_loss(batch, prediction)
        loss.backward()
        self._update_generator()
        if self.task.uses_discriminator and not self.task.discriminator_first:
            self._update_discriminator(fake.detach(), real)

    def _condition(self, batch: Batch) -> Tensor:
        """What the generator and a conditional discriminator see of a batch."""
        return generator_source(self.task.space, batch["input"])

    def _predict(self, batch: Batch, condition: Tensor, truth: Tensor) -> Tensor:
        with self.autocast():
            return self.generator(condition)

    def _update_discriminator(self, fake: Tensor, real: Tensor) -> None:
        set_trainable([self.discriminator], True)
        self.discriminator_optimizer.zero_grad()
        with self.autocast():
            fake_loss, real_loss = (
                adversarial_loss(self.logit_loss, self.discriminator(x), label)
                for x, label in ((fake, 0.0), (real, 1.0))
            )
        ((fake_loss + real_loss) / 2).backward()
        self.discriminator_optimizer.step()

    def _update_generator(self) -> None:
        self.generator_optimizer.step()

    def _adversarial_loss(self, fake: Tensor, real: Tensor) -> Tensor:
        output = self.discriminator(fake)
        loss = self.task.adversarial * adversarial_loss(self.logit_loss, output, 1.0)
        if self.task.matching:
            with torch.no_grad():
                real_output = self.discriminator(real)
            loss = loss + self.task.matching * feature_matching(output, real_output)
        return loss

    def _reconstruction_loss(self, prediction: Tensor, truth: Tensor) -> Tensor:
        loss = self.task.l1 * l1_loss(prediction, truth)
        loss = loss + self.task.mse * mse_loss(prediction, truth) if self.task.mse else loss
        return loss + self.task.charbonnier * charbonnier(prediction, truth) if self.task.charbonnier else loss

    def _perceptual_loss(self, batch: Batch, prediction: Tensor) -> Tensor:
        # Outside of autocast: like the JAX step, in float32 at any precision.
        weights, source = self.task.perceptual, generator_source(self.task.space, batch["input"])
        picture = to_picture(self.task.space, source, prediction.float())
        vgg = self.networks.frozen["perceptual"]
        return weights.weight * perceptual_loss(vgg, picture, batch["target"], weights.normalised)


class Pix2PixHDStep(PairedStep):
    """The twin of a step with `Pix2PixHD`."""

    steps = 0

    @classmethod
    def _generator_networks(cls, experiment: Experiment) -> dict[str, nn.Module]:
        task: Any = experiment.task
        size, inputs = experiment.data.size, cls._condition_channels(experiment)
        if not task.encoded:
            return {"generator": build_twin(task.generator, inputs, size)}
        generator = build_twin(task.generator, inputs + task.encoder.outputs, size)
        return {"generator": generator, "encoder": build_twin(task.encoder, 3, size)}

    @classmethod
    def _condition_channels(cls, experiment: Experiment) -> int:
        return 2 if experiment.data.instances else 1

    def _condition(self, batch: Batch) -> Tensor:
        gray = super()._condition(batch)
        return torch.cat([gray, instance_edges(batch["instances"])], 1) if "instances" in batch else gray

    def _predict(self, batch: Batch, condition: Tensor, truth: Tensor) -> Tensor:
        if not self.task.encoded:
            return super()._predict(batch, condition, truth)
        with self.autocast():
            features = self.networks.generator["encoder"](batch["target"])
        features = instance_means(features.float(), batch["instances"], INSTANCES)
        # Features are dropped for whole pictures, so that the generator also learns to do without them.
        keep = torch.rand(len(features), 1, 1, 1, device=features.device) >= self.task.feature_drop
        with self.autocast():
            return self.generator(torch.cat([condition, keep * features], 1))

    def _update_generator(self) -> None:
        if self.steps < self.task.fixed_base_steps:
            # Adam skips parameters without a gradient, so the base network stays as it is.
            self.generator.get_submodule("model").zero_grad()
        self.steps += 1
        super()._update_generator()


class DenoiseStep(PairedStep):
    """The twin of a step with `Denoise`."""

    @classmethod
    def _condition_channels(cls, experiment: Experiment) -> int:
        # The noise level is a map of its own, where it is known.
        return 3 + len(experiment.data.damage.maps)

    def _condition(self, batch: Batch) -> Tensor:
        return torch.cat([batch[name] for name in ("input", "sigma") if name in batch], 1)


class HintedStep(PairedStep):
    """The twin of a step with `Hinted`."""

    # `TorchSiggraph17` has batch norm built in, as the published network has.
    supported: ClassVar = {**SUPPORTED, "task.generator.norm": ("BatchNorm",)}

    @classmethod
    def _generator_networks(cls, experiment: Experiment) -> dict[str, nn.Module]:
        task: Any = experiment.task
        # L, ab and the mask of the hints.
        return {"generator": build_twin(task.generator, 4, experiment.data.size)}

    def _predict(self, batch: Batch, condition: Tensor, truth: Tensor) -> Tensor:
        hints = random_hints(truth, self.task.hints)
        inputs = torch.cat([condition / 2, hints[:, :2], hints[:, 2:] - self.task.mask_center], 1)
        with self.autocast():
            return self.generator(inputs)[0]
