"""VGG and the perceptual losses in plain PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from mangagan.models.vgg import VGG


class TorchVGG(nn.Module):
    """The twin of `mangagan.models.vgg.VGG`, with random weights; it returns the activations of the network's taps."""

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


def perceptual_loss(vgg: nn.Module, fake: Tensor, real: Tensor, normalised: bool) -> Tensor:
    """Return the L1 between the VGG activations of two pictures, with the stage weights of NVIDIA/pix2pixHD.

    Args:
        vgg: A `TorchVGG`.
        fake: Predicted pictures [b 3 h w] in [-1, 1].
        real: True pictures [b 3 h w] in [-1, 1].
        normalised: Normalise pictures to the mean and deviation of ImageNet first.
    """
    return content_loss(activation_pairs(vgg, fake, real, normalised))


def activation_pairs(vgg: nn.Module, fake: Tensor, real: Tensor, normalised: bool) -> list[tuple[Tensor, Tensor]]:
    """Return the activations of both pictures stage by stage, those of the real pictures without gradient.

    Args:
        vgg: A `TorchVGG`.
        fake: Predicted pictures [b 3 h w] in [-1, 1].
        real: True pictures [b 3 h w] in [-1, 1].
        normalised: Normalise pictures to the mean and deviation of ImageNet first.
    """
    fake, real = (_imagenet(pictures) if normalised else pictures for pictures in (fake, real))
    with torch.no_grad():
        real_activations = vgg(real)
    return list(zip(vgg(fake), real_activations, strict=True))


def content_loss(pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the L1 between the activations of each pair, weighted by stage and summed."""
    stage_weights = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    return torch.stack([weight * l1_loss(a, b) for weight, (a, b) in zip(stage_weights, pairs, strict=True)]).sum()


def style_loss(pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the L1 between the Gram matrices of each pair, summed (Gatys et al. 2016)."""
    return torch.stack([l1_loss(_gram(a), _gram(b)) for a, b in pairs]).sum()


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT / features[0].numel()


def _imagenet(pictures: Tensor) -> Tensor:
    """Bring pictures in [-1, 1] to the mean and deviation of ImageNet, with which VGG was trained."""
    mean, deviation = (pictures.new_tensor(n)[:, None, None] for n in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return ((pictures + 1) / 2 - mean) / deviation
