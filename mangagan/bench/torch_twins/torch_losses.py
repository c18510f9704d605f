"""Adversarial, reconstruction and feature matching losses in plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, mse_loss

from mangagan import losses

# The output of a discriminator: logits, or for each scale its activations with the logits last.
DiscriminatorOutput = Any
LogitLoss = Callable[[Tensor, Tensor], Tensor]


def logit_loss(gan: losses.Adversarial) -> LogitLoss:
    """Return the loss between logits and their labels that `BinaryCrossEntropy` or `LeastSquares` stands for."""
    return binary_cross_entropy_with_logits if isinstance(gan, losses.BinaryCrossEntropy) else mse_loss


def adversarial_loss(loss: LogitLoss, output: DiscriminatorOutput, label: float) -> Tensor:
    """Return the loss of all logits against one label (1 real, 0 fake), summed over the scales of a discriminator."""
    logits = [activations[-1] for activations in output] if isinstance(output, list) else [output]
    return torch.stack([loss(one, torch.full_like(one, label)) for one in logits]).sum()


def discriminator_loss(gan: losses.Adversarial, real: Tensor, fake: Tensor) -> Tensor:
    """Return half the sum of the losses on real and on fake logits, for `Hinge` and the losses of `logit_loss`."""
    if isinstance(gan, losses.Hinge):
        return ((1 - real).relu().mean() + (1 + fake).relu().mean()) / 2
    loss = logit_loss(gan)
    return (loss(real, torch.ones_like(real)) + loss(fake, torch.zeros_like(fake))) / 2


def generator_adversarial_loss(gan: losses.Adversarial, fake: Tensor) -> Tensor:
    """Return the generator's adversarial loss on fake logits, for `Hinge` and the losses of `logit_loss`."""
    return -fake.mean() if isinstance(gan, losses.Hinge) else logit_loss(gan)(fake, torch.ones_like(fake))


def charbonnier(prediction: Tensor, truth: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Return the mean of sqrt(difference² + epsilon²)."""
    return ((prediction - truth) ** 2 + epsilon**2).sqrt().mean()


def feature_matching(fake: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Tensor:
    """Return the L1 between a discriminator's activations, without the logits, weighted as in NVIDIA/pix2pixHD.

    Args:
        fake: The activations on predicted pictures, by scale and stage.
        real: The activations on true pictures, by scale and stage.
    """
    scales = []
    for fake_stages, real_stages in zip(fake, real, strict=True):
        stages = [l1_loss(a, b) for a, b in zip(fake_stages[:-1], real_stages[:-1], strict=True)]
        scales.append(4 / len(stages) * torch.stack(stages).sum())
    return torch.stack(scales).mean()


def masked_l1(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Return the mean absolute difference where the mask is 1, over the whole batch.

    Args:
        prediction: [b c h w].
        truth: [b c h w].
        mask: [b 1 h w], 0 or 1.
    """
    return (mask * (prediction - truth).abs()).sum() / (prediction.shape[1] * mask.sum()).clamp(min=1)


def masked_mse(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Return the mean squared difference where the mask is 1: of each picture, then over pictures with such pixels.

    Args:
        prediction: [b c h w].
        truth: [b c h w].
        mask: [b 1 h w], 0 or 1.
    """
    totals = (mask * (prediction - truth).square()).sum(dim=(1, 2, 3))
    areas = mask.sum(dim=(1, 2, 3))
    return (totals / (prediction.shape[1] * areas).clamp(min=1)).sum() / (areas > 0).sum().clamp(min=1)


def total_variation(pictures: Tensor, mask: Tensor) -> Tensor:
    """Return the mean absolute difference of neighbouring pixels, at least one of which is where the mask is 1.

    Args:
        pictures: [b c h w].
        mask: [b 1 h w], 0 or 1.
    """
    total, count = pictures.new_zeros(()), pictures.new_zeros(())
    for axis in (2, 3):
        length = pictures.shape[axis] - 1
        touched = torch.maximum(mask.narrow(axis, 0, length), mask.narrow(axis, 1, length))
        total = total + (touched * pictures.diff(dim=axis).abs()).sum()
        count = count + pictures.shape[1] * touched.sum()
    return total / count.clamp(min=1)
