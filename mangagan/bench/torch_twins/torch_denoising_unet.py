"""The denoising U-Net in plain PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from mangagan.bench.torch_twins.torch_layers import torch_norm


class _Block(nn.Module):
    def __init__(self, features: int, norm: str) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(features, features, 3, 1, 1)
        self.norm = torch_norm(norm)[0](features)
        self.conv_2 = nn.Conv2d(features, features, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_2(leaky_relu(self.norm(self.conv_1(x)), 0.2))


class _Resample(nn.Module):
    """A convolution that halves or doubles the size, its norm, the sum with a skip connection, and residual blocks."""

    def __init__(self, conv: nn.Module, features: int, blocks: int, norm: str) -> None:
        super().__init__()
        self.conv, self.norm = conv, torch_norm(norm)[0](features)
        self.blocks = nn.Sequential(*(_Block(features, norm) for _ in range(blocks)))

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = self.norm(self.conv(x))
        return self.blocks(x if skip is None else x + skip)


class TorchDenoisingUNet(nn.Module):
    """The twin of `mangagan.models.denoising_unet.DenoisingUNet`."""

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        *,
        levels: int = 7,
        features: int = 64,
        widest: int = 8,
        blocks: int = 0,
        sampling: int = 4,
        norm: str = "batch",
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.outputs, self.residual = outputs, residual
        widths = [features * min(2**level, widest) for level in range(levels)]
        k, pad = sampling, (sampling - 1) // 2
        downs = [nn.Conv2d(inputs, features, 4, 2, 1)]
        downs += [nn.Conv2d(i, o, k, 2, pad) for i, o in zip(widths, widths[1:], strict=False)]
        self.down = nn.ModuleList(_Resample(c, w, blocks, norm) for c, w in zip(downs, widths, strict=True))
        ups = zip(widths, [features // 4, *widths], strict=False)
        self.up = nn.ModuleList(
            _Resample(nn.ConvTranspose2d(i, o, k, 2, pad), o, blocks if level else 0, norm)
            for level, (i, o) in enumerate(ups)
        )
        self.head = nn.Conv2d(inputs + features // 4, outputs, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        noisy, skips = x, []
        for level, down in enumerate(self.down):
            x = down(leaky_relu(x, 0.2) if level else x)
            skips.append(x)
        # The innermost activations go on as they are; they are no skip connection.
        skips.pop()
        for up in reversed(self.up):
            x = up(leaky_relu(x, 0.2), skips.pop() if skips else None)
        output = self.head(torch.cat([noisy, leaky_relu(x, 0.2)], 1))
        return noisy[:, : self.outputs] - output if self.residual else torch.tanh(output)
