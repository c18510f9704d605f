"""The two-stage inpainting generator in plain PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangagan.bench.torch_twins.torch_deepfill import CoarseStage
from mangagan.bench.torch_twins.torch_gated import GatedConv, ToRGB, UpsampledGatedConv
from mangagan.bench.torch_twins.torch_smooth_fill import smooth_fill


class TorchSelfAttention(nn.Module):
    """The twin of `mangagan.models.self_attention.SelfAttention`, which computes all scores at once."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(1, channels // 8)
        self.query = nn.Conv2d(channels, narrow, 1, bias=False)
        self.key = nn.Conv2d(channels, narrow, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        queries, keys, values = (project(x).flatten(2) for project in (self.query, self.key, self.value))
        # Unlike in a transformer, scores are not divided by the square root of the number of channels.
        attended = F.scaled_dot_product_attention(queries.mT, keys.mT, values.mT, scale=1.0)
        return x + self.gamma * attended.mT.reshape(x.shape)


class _Refinement(nn.Module):
    def __init__(self, f: int, attention: bool) -> None:
        super().__init__()
        self.stem = GatedConv(4, f, 5)
        # Flax pads strided convolutions asymmetrically ("SAME"); the symmetric padding is that of PyTorch.
        down = [GatedConv(f, 2 * f, stride=2, symmetric=False), GatedConv(2 * f, 4 * f, stride=2, symmetric=False)]
        dilated = [GatedConv(4 * f, 4 * f, dilation=2), GatedConv(4 * f, 4 * f, dilation=4)]
        attended = [TorchSelfAttention(4 * f)] if attention else []
        self.middle = nn.Sequential(
            *down, *dilated, *attended, GatedConv(4 * f, 4 * f), UpsampledGatedConv(4 * f, 2 * f)
        )
        self.last = nn.Sequential(GatedConv(3 * f, f), ToRGB(f))

    def forward(self, x: Tensor) -> Tensor:
        stem = self.stem(x)
        large = F.interpolate(self.middle(stem), scale_factor=2.0, mode="nearest")
        return self.last(torch.cat([large, stem], 1))


class TorchTwoStage(nn.Module):
    """The twin of `mangagan.models.two_stage.TwoStage`."""

    def __init__(self, *, features: int = 32, attention: bool = True, smooth: bool = False) -> None:
        super().__init__()
        self.smooth = smooth
        self.coarse = CoarseStage(features, symmetric=False, inputs=4)
        self.refinement = _Refinement(features, attention)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hole = x[:, 3:]
        known = x[:, :3] * (1 - hole)
        filled = smooth_fill(known, hole) if self.smooth else known
        coarse = self._completed(filled, hole, self.coarse(torch.cat([filled, hole], 1)))
        pasted = known + coarse * hole
        return coarse, self._completed(pasted, hole, self.refinement(torch.cat([pasted, hole], 1)))

    def _completed(self, filled: Tensor, hole: Tensor, output: Tensor) -> Tensor:
        # With a smooth fill a stage predicts the difference from it, in the hole alone.
        return (filled + hole * output).clamp(-1, 1) if self.smooth else output
