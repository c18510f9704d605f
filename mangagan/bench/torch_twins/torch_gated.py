"""Gated convolutions in plain PyTorch (Yu et al. 2019, arXiv 1806.03589), as DeepFillv2 and `TwoStage` use them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F


class GatedConv(nn.Module):
    """The twin of `mangagan.models.gated.GatedConv`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 3,
        stride: int = 1,
        dilation: int = 1,
        activation: Callable[[Tensor], Tensor] = F.elu,
        symmetric: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 2 * outputs, size, stride, dilation=dilation)
        self.pad = partial(zero_pad, size=size, stride=stride, dilation=dilation, symmetric=symmetric)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.conv(self.pad(x)).chunk(2, dim=1)
        return self.activation(x) * gate.sigmoid()


class UpsampledGatedConv(nn.Module):
    """A gated convolution after nearest-neighbour upsampling by 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = GatedConv(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class ToRGB(nn.Module):
    """An ordinary convolution to a picture in [-1, 1]."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 3, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).tanh()


def zero_pad(x: Tensor, size: int, stride: int, dilation: int, symmetric: bool) -> Tensor:
    """Pad pictures with zeros for a convolution, as Flax does or as PyTorch does.

    Args:
        x: [b c h w]; `stride` divides both sides.
        size: The size of the kernel.
        stride: The stride of the convolution.
        dilation: The dilation of the kernel.
        symmetric: Pad equally on both sides (PyTorch); otherwise as little as possible, more at the end (Flax, "SAME").
    """
    reach = dilation * (size - 1)
    total = 2 * (reach // 2) if symmetric else reach + 1 - stride
    before, after = total // 2, total - total // 2
    return F.pad(x, (before, after, before, after))


def initialize_gated(network: nn.Module) -> nn.Module:
    """Initialise the gated convolutions of a network in place as `mangagan.models.gated` does, and return it."""
    for module in network.modules():
        if isinstance(module, GatedConv):
            bound = math.sqrt(12 / module.conv.weight[0].numel())
            nn.init.uniform_(module.conv.weight, -bound, bound)
            nn.init.zeros_(module.conv.bias)  # type: ignore[arg-type]
    return network
