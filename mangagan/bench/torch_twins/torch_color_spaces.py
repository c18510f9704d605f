"""The twin of `mangagan.tasks.color_spaces` in PyTorch: RGB and CIE Lab (D65)."""

from __future__ import annotations

import torch
from torch import Tensor

from mangagan.tasks.color_spaces import RGB, Space

# sRGB primaries under D65, divided by the white point, as in `mangagan.color`.
_XYZ_FROM_RGB = (
    (0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047),
    (0.212671, 0.715160, 0.072169),
    (0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883),
)


def generator_source(space: Space, gray: Tensor) -> Tensor:
    """Return the generator's input for grey pictures.

    Args:
        space: The colour space of the task, `RGB` or `Lab`.
        gray: [b 1 h w] in [-1, 1].

    Returns:
        [b 1 h w]: the grey picture itself, or for `Lab` L / 50 - 1.
    """
    return gray if isinstance(space, RGB) else _lab(gray.expand(-1, 3, -1, -1))[:, :1] / 50 - 1


def generator_target(space: Space, rgb: Tensor) -> Tensor:
    """Return what the generator should predict for true pictures.

    Args:
        space: The colour space of the task, `RGB` or `Lab`.
        rgb: [b 3 h w] in [-1, 1].

    Returns:
        [b 3 h w] in [-1, 1], or for `Lab` [b 2 h w], a / 110 and b / 110.
    """
    return rgb if isinstance(space, RGB) else _lab(rgb)[:, 1:] / 110


def to_picture(space: Space, source: Tensor, prediction: Tensor) -> Tensor:
    """Return the picture that a prediction stands for.

    Args:
        space: The colour space of the task, `RGB` or `Lab`.
        source: The generator's input [b 1 h w], as of `generator_source`.
        prediction: The generator's output, in the numbers of `generator_target`.

    Returns:
        [b 3 h w] in [-1, 1].
    """
    if isinstance(space, RGB):
        return prediction
    y = (50 * source + 66) / 116
    a, b = (110 * prediction).split(1, 1)
    f = torch.cat([y + a / 500, y, y - b / 200], 1)
    xyz = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787)
    linear = _apply_matrix(torch.linalg.inv(xyz.new_tensor(_XYZ_FROM_RGB)), xyz)
    # The clamp keeps the gradient of the power finite where the other branch is chosen.
    curved = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return 2 * torch.where(linear > 0.0031308, curved, 12.92 * linear).clamp(0, 1) - 1


def _lab(rgb: Tensor) -> Tensor:
    """Return CIE Lab (D65) of pictures in [-1, 1]."""
    rgb = (rgb + 1) / 2
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = _apply_matrix(rgb.new_tensor(_XYZ_FROM_RGB), linear)
    x, y, z = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 16 / 116).split(1, 1)
    return torch.cat([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def _apply_matrix(matrix: Tensor, pictures: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", matrix, pictures)
