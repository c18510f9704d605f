"""The networks of Pix2Pix and CycleGAN in plain PyTorch.

Tensors are named as in checkpoints of junyanz/pytorch-CycleGAN-and-pix2pix, so that published weights load into them.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from mangagan.bench.torch_twins.torch_layers import torch_norm


class _SkipBlock(nn.Module):
    """One level of the U-Net, which contains the levels below it (`inner`, None at the bottom)."""

    def __init__(
        self,
        outside: int,
        inside: int,
        outputs: int,
        inner: nn.Module | None,
        *,
        norm: str,
        dropout: float = 0.0,
        outermost: bool = False,
    ) -> None:
        super().__init__()
        norm_layer, bias = torch_norm(norm)
        up_inputs = inside if inner is None else 2 * inside
        down: list[nn.Module] = [nn.Conv2d(outside, inside, 4, 2, 1, bias=bias)]
        up: list[nn.Module] = [
            nn.ReLU(),
            nn.ConvTranspose2d(up_inputs, outputs, 4, 2, 1, bias=bias or outermost),
        ]
        if not outermost:
            down.insert(0, nn.LeakyReLU(0.2))
            up.append(norm_layer(outputs))
        if not outermost and inner is not None:
            down.append(norm_layer(inside))
        if dropout:
            up.append(nn.Dropout(dropout))
        if outermost:
            up.append(nn.Tanh())
        self.outermost = outermost
        self.model = nn.Sequential(*down, *([] if inner is None else [inner]), *up)

    def forward(self, x: Tensor) -> Tensor:
        y = self.model(x)
        return y if self.outermost else torch.cat([x, y], 1)


class TorchUNet(nn.Module):
    """The twin of `mangagan.models.unet.UNet`."""

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        *,
        levels: int = 8,
        features: int = 64,
        norm: str = "batch",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        widths = [features * min(2**level, 8) for level in range(levels)]
        block: nn.Module | None = None
        for level in reversed(range(1, levels)):
            # The innermost level and the four outermost ones have no dropout, as in the reference code.
            rate = dropout if 4 <= level < levels - 1 else 0.0
            outside = widths[level - 1]
            block = _SkipBlock(outside, widths[level], outside, block, norm=norm, dropout=rate)
        self.model = _SkipBlock(inputs, features, outputs, block, norm=norm, outermost=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class _ResidualBlock(nn.Module):
    def __init__(self, features: int, norm: str, dropout: float) -> None:
        super().__init__()
        norm_layer, bias = torch_norm(norm)
        convolve = partial(nn.Conv2d, features, features, 3, bias=bias)
        first = [nn.ReflectionPad2d(1), convolve(), norm_layer(features), nn.ReLU()]
        drop = [nn.Dropout(dropout)] if dropout else []
        second = [nn.ReflectionPad2d(1), convolve(), norm_layer(features)]
        self.conv_block = nn.Sequential(*first, *drop, *second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class TorchResNet(nn.Module):
    """The twin of `mangagan.models.resnet.ResNet`."""

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        *,
        blocks: int = 9,
        features: int = 64,
        norm: str = "instance",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        f = features
        norm_layer, bias = torch_norm(norm)

        def normed(layer: nn.Module, channels: int) -> list[nn.Module]:
            return [layer, norm_layer(channels), nn.ReLU()]

        layers = [nn.ReflectionPad2d(3), *normed(nn.Conv2d(inputs, f, 7, bias=bias), f)]
        for i, o in ((f, 2 * f), (2 * f, 4 * f)):
            layers += normed(nn.Conv2d(i, o, 3, 2, 1, bias=bias), o)
        layers += [_ResidualBlock(4 * f, norm, dropout) for _ in range(blocks)]
        for i, o in ((4 * f, 2 * f), (2 * f, f)):
            layers += normed(nn.ConvTranspose2d(i, o, 3, 2, 1, output_padding=1, bias=bias), o)
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(f, outputs, 7), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class TorchPatchGAN(nn.Module):
    """The twin of `mangagan.models.patchgan.PatchGAN`."""

    def __init__(self, inputs: int, *, layers: int = 3, features: int = 64, norm: str = "batch") -> None:
        super().__init__()
        norm_layer, bias = torch_norm(norm)
        widths = [features * min(2**layer, 8) for layer in range(layers + 1)]
        stack: list[nn.Module] = [nn.Conv2d(inputs, features, 4, 2, 1), nn.LeakyReLU(0.2)]
        for layer in range(1, layers + 1):
            stride = 2 if layer < layers else 1
            stack.append(nn.Conv2d(widths[layer - 1], widths[layer], 4, stride, 1, bias=bias))
            stack += [norm_layer(widths[layer]), nn.LeakyReLU(0.2)]
        self.model = nn.Sequential(*stack, nn.Conv2d(widths[-1], 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class TorchPixelGAN(nn.Module):
    """The twin of `mangagan.models.patchgan.PixelGAN`."""

    def __init__(self, inputs: int, *, features: int = 64, norm: str = "batch") -> None:
        super().__init__()
        norm_layer, bias = torch_norm(norm)
        self.net = nn.Sequential(
            nn.Conv2d(inputs, features, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(features, 2 * features, 1, bias=bias),
            norm_layer(2 * features),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * features, 1, 1, bias=bias),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)
