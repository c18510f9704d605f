"""The losses of our tasks in plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, mse_loss

from mangagan import losses
from mangagan.models.vgg import VGG

# A discriminator's answer: logits, or for each scale its stages with the logits last.
Answer = Any
Distance = Callable[[Tensor, Tensor], Tensor]


def distance_of(gan: losses.Adversarial) -> Distance:
    """How far logits are from their labels, for BinaryCrossEntropy and LeastSquares."""
    return binary_cross_entropy_with_logits if isinstance(gan, losses.BinaryCrossEntropy) else mse_loss


def adversarial(distance: Distance, answer: Answer, label: float) -> Tensor:
    """The distance of all logits from one label, summed over the scales of an answer."""
    scores = [stages[-1] for stages in answer] if isinstance(answer, list) else [answer]
    return torch.stack([distance(score, torch.full_like(score, label)) for score in scores]).sum()


def charbonnier(prediction: Tensor, truth: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Mean of sqrt(difference² + epsilon²)."""
    return ((prediction - truth) ** 2 + epsilon**2).sqrt().mean()


def feature_matching(fake: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Tensor:
    """L1 between a discriminator's stages, the logits left out, weighed as in NVIDIA/pix2pixHD."""
    scales = []
    for made, true in zip(fake, real, strict=True):
        stages = [l1_loss(a, b) for a, b in zip(made[:-1], true[:-1], strict=True)]
        scales.append(4 / len(stages) * torch.stack(stages).sum())
    return torch.stack(scales).mean()


class TorchVGG(nn.Module):
    """The twin of `mangagan.models.vgg.VGG`, with random weights."""

    def __init__(self, network: VGG) -> None:
        super().__init__()
        self.stages, inputs = nn.ModuleList(), 3
        layers: list[nn.Module] = []
        for stage, count in enumerate(network.convolutions, 1):
            layers += [nn.MaxPool2d(2)] if stage > 1 else []
            for n in range(1, count + 1):
                width = 64 * min(2 ** (stage - 1), 8)
                layers += [nn.Conv2d(inputs, width, 3, 1, 1), nn.ReLU()]
                inputs = width
                if f"relu{stage}_{n}" in network.taps:
                    self.stages.append(nn.Sequential(*layers))
                    layers = []

    def forward(self, x: Tensor) -> list[Tensor]:
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs


def perceptual(vgg: nn.Module, fake: Tensor, real: Tensor, normalised: bool) -> Tensor:
    """L1 between the stages of pictures in [-1, 1], weighed as in NVIDIA/pix2pixHD."""
    return content(stages(vgg, fake, real, normalised))


def stages(vgg: nn.Module, fake: Tensor, real: Tensor, normalised: bool) -> list[tuple[Tensor, Tensor]]:
    """The activations of both pictures, those of the real one without gradient."""
    fake, real = (_imagenet(pictures) if normalised else pictures for pictures in (fake, real))
    with torch.no_grad():
        true = vgg(real)
    return list(zip(vgg(fake), true, strict=True))


def content(pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """L1 between the two of each stage."""
    shares = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    return torch.stack([share * l1_loss(a, b) for share, (a, b) in zip(shares, pairs, strict=True)]).sum()


def style(pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """L1 between the Gram matrices of the two of each stage."""
    return torch.stack([l1_loss(_gram(a), _gram(b)) for a, b in pairs]).sum()


def masked_l1(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference where mask [b 1 h w] is 1."""
    return (mask * (prediction - truth).abs()).sum() / (prediction.shape[1] * mask.sum()).clamp(min=1)


def masked_mse(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference where mask [b 1 h w] is 1 in a picture, then over the pictures that have such pixels."""
    totals = (mask * (prediction - truth).square()).sum(dim=(1, 2, 3))
    areas = mask.sum(dim=(1, 2, 3))
    return (totals / (prediction.shape[1] * areas).clamp(min=1)).sum() / (areas > 0).sum().clamp(min=1)


def total_variation(pictures: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference of neighbours of which one at least is where mask [b 1 h w] is 1."""
    total, count = pictures.new_zeros(()), pictures.new_zeros(())
    for axis in (2, 3):
        length = pictures.shape[axis] - 1
        touched = torch.maximum(mask.narrow(axis, 0, length), mask.narrow(axis, 1, length))
        total = total + (touched * pictures.diff(dim=axis).abs()).sum()
        count = count + pictures.shape[1] * touched.sum()
    return total / count.clamp(min=1)


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT / features[0].numel()


def _imagenet(pictures: Tensor) -> Tensor:
    mean, deviation = (pictures.new_tensor(n)[:, None, None] for n in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return ((pictures + 1) / 2 - mean) / deviation
