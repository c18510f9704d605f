"""The twin of `mangagan.models.smooth_fill` in PyTorch: holes are filled with a smooth (biharmonic) surface."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mangagan.models.smooth_fill import SMALLEST, STEPS


@torch.no_grad()
def smooth_fill(pictures: Tensor, holes: Tensor) -> Tensor:
    """Fill the holes of pictures smoothly.

    Args:
        pictures: [b c h w]; values in holes are ignored.
        holes: [b 1 h w], 1 in the hole and 0 elsewhere.

    Returns:
        The filled pictures [b c h w].
    """
    return _filled(pictures.float() * (1 - holes), holes)


def _filled(known: Tensor, holes: Tensor) -> Tensor:
    height, width = known.shape[2:]
    # Coarse to fine: the solution at half the size is a start from which few iterations are enough.
    if min(height, width) > SMALLEST:
        smaller = _filled(*_halved(known, holes))
        start = F.interpolate(smaller, scale_factor=2.0, mode="bilinear")[:, :, :height, :width]
    else:
        start = known.sum((2, 3), keepdim=True) / (1 - holes).sum((2, 3), keepdim=True).clamp(min=1)
    return _smoothed(known + holes * start, holes)


def _smoothed(x: Tensor, holes: Tensor) -> Tensor:
    """Solve for a vanishing bi-Laplacian in the holes by conjugate gradients."""
    residual = direction = -holes * _laplacian(_laplacian(x))
    norm = residual.square().sum((2, 3), keepdim=True)
    for _ in range(STEPS):
        curvature = holes * _laplacian(_laplacian(direction))
        step = norm / (direction * curvature).sum((2, 3), keepdim=True).clamp(min=1e-20)
        x, residual = x + step * direction, residual - step * curvature
        new_norm = residual.square().sum((2, 3), keepdim=True)
        direction, norm = residual + new_norm / norm.clamp(min=1e-20) * direction, new_norm
    return x


def _laplacian(x: Tensor) -> Tensor:
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return 4 * x - padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1] - padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]


def _halved(known: Tensor, holes: Tensor) -> tuple[Tensor, Tensor]:
    odd = (0, known.shape[3] % 2, 0, known.shape[2] % 2)
    total, count = (4 * F.avg_pool2d(F.pad(array, odd), 2) for array in (known, 1 - holes))
    return total / count.clamp(min=1), (count == 0).float()
