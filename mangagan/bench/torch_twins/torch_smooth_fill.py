"""The twin of `mangagan.models.smooth_fill` in PyTorch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mangagan.models.smooth_fill import SMALLEST, STEPS


@torch.no_grad()
def smooth_fill(pictures: Tensor, holes: Tensor) -> Tensor:
    """Pictures [b c h w] with a smooth fill of their holes [b 1 h w]."""
    return _filled(pictures.float() * (1 - holes), holes)


def _filled(known: Tensor, holes: Tensor) -> Tensor:
    height, width = known.shape[2:]
    if min(height, width) > SMALLEST:
        smaller = _filled(*_halved(known, holes))
        start = F.interpolate(smaller, scale_factor=2.0, mode="bilinear")[:, :, :height, :width]
    else:
        start = known.sum((2, 3), keepdim=True) / (1 - holes).sum((2, 3), keepdim=True).clamp(min=1)
    return _smoothed(known + holes * start, holes)


def _smoothed(x: Tensor, holes: Tensor) -> Tensor:
    rest = way = -holes * _laplacian(_laplacian(x))
    length = rest.square().sum((2, 3), keepdim=True)
    for _ in range(STEPS):
        bend = holes * _laplacian(_laplacian(way))
        pace = length / (way * bend).sum((2, 3), keepdim=True).clamp(min=1e-20)
        x, rest = x + pace * way, rest - pace * bend
        longer = rest.square().sum((2, 3), keepdim=True)
        way, length = rest + longer / length.clamp(min=1e-20) * way, longer
    return x


def _laplacian(x: Tensor) -> Tensor:
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return 4 * x - wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1] - wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]


def _halved(known: Tensor, holes: Tensor) -> tuple[Tensor, Tensor]:
    odd = (0, known.shape[3] % 2, 0, known.shape[2] % 2)
    total, count = (4 * F.avg_pool2d(F.pad(array, odd), 2) for array in (known, 1 - holes))
    return total / count.clamp(min=1), (count == 0).float()
