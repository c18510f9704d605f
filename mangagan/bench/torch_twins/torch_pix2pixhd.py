"""The networks of Pix2PixHD in plain PyTorch.

Tensors are named as in checkpoints of NVIDIA/pix2pixHD. As there, every convolution has a bias, whatever the norm.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mangagan.bench.torch_twins.torch_layers import TorchNorm, torch_norm


class TorchGlobalGenerator(nn.Module):
    """The twin of `mangagan.models.pix2pixhd.GlobalGenerator`."""

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        *,
        downs: int = 4,
        blocks: int = 9,
        features: int = 64,
        norm: str = "instance",
    ) -> None:
        super().__init__()
        normed, f = torch_norm(norm)[0], features
        trunk = [*_down(inputs, f, downs, normed), *_blocks(f * 2**downs, blocks, normed), *_up(f, downs, normed)]
        self.model = nn.Sequential(*trunk, *_output_layers(f, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class TorchLocalEnhancer(nn.Module):
    """The twin of `mangagan.models.pix2pixhd.LocalEnhancer`; it uses all layers of `base` but the output layers."""

    def __init__(
        self,
        base: TorchGlobalGenerator,
        inputs: int = 3,
        outputs: int = 3,
        *,
        enhancers: int = 1,
        blocks: int = 3,
        features: int = 32,
        norm: str = "instance",
    ) -> None:
        super().__init__()
        normed = torch_norm(norm)[0]
        self.enhancers = enhancers
        self.model = base.model[:-3]
        for n in range(1, enhancers + 1):
            f = features * 2 ** (enhancers - n)
            output_layers = _output_layers(f, outputs) if n == enhancers else []
            self.add_module(f"model{n}_1", nn.Sequential(*_down(inputs, f, 1, normed)))
            self.add_module(
                f"model{n}_2", nn.Sequential(*_blocks(2 * f, blocks, normed), *_up(f, 1, normed), *output_layers)
            )

    def forward(self, x: Tensor) -> Tensor:
        # From the full size to the smallest; the base sees the smallest one.
        scales = [x]
        for _ in range(self.enhancers):
            scales.append(_half_size(scales[-1]))
        y = self.model(scales.pop())
        for n in range(1, self.enhancers + 1):
            y = self.get_submodule(f"model{n}_2")(self.get_submodule(f"model{n}_1")(scales.pop()) + y)
        return y


class TorchFeatureEncoder(nn.Module):
    """The twin of `mangagan.models.pix2pixhd.FeatureEncoder`."""

    def __init__(self, inputs: int = 3, outputs: int = 3, *, features: int = 16, downs: int = 4) -> None:
        super().__init__()
        normed = torch_norm("instance")[0]
        trunk = [*_down(inputs, features, downs, normed), *_up(features, downs, normed)]
        self.model = nn.Sequential(*trunk, *_output_layers(features, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class TorchMultiscaleDiscriminator(nn.Module):
    """The twin of `mangagan.models.multiscale.MultiscaleDiscriminator`.

    The reference code counts scales from the smallest picture up: the scale with the highest number sees the full size.
    """

    def __init__(
        self, inputs: int, *, scales: int = 2, layers: int = 3, features: int = 64, norm: str = "instance"
    ) -> None:
        super().__init__()
        self.scales, self.stages = scales, layers + 2
        normed = torch_norm(norm)[0]
        widths = [inputs, *(features * min(2**layer, 8) for layer in range(layers + 1)), 1]
        for scale in range(scales):
            for stage in range(self.stages):
                conv = nn.Conv2d(widths[stage], widths[stage + 1], 4, 2 if stage < layers else 1, 2)
                middle = [normed(widths[stage + 1])] if 0 < stage <= layers else []
                end = [nn.LeakyReLU(0.2)] if stage <= layers else []
                self.add_module(f"scale{scale}_layer{stage}", nn.Sequential(conv, *middle, *end))

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        scales = []
        for scale in reversed(range(self.scales)):
            y, outputs = x, []
            for stage in range(self.stages):
                y = self.get_submodule(f"scale{scale}_layer{stage}")(y)
                outputs.append(y)
            scales.append(outputs)
            x = _half_size(x)
        return scales


class _ResidualBlock(nn.Module):
    def __init__(self, features: int, normed: TorchNorm) -> None:
        super().__init__()
        first = [nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3), normed(features), nn.ReLU()]
        second = [nn.ReflectionPad2d(1), nn.Conv2d(features, features, 3), normed(features)]
        self.conv_block = nn.Sequential(*first, *second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


def _down(inputs: int, features: int, downs: int, normed: TorchNorm) -> list[nn.Module]:
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, features, 7), normed(features), nn.ReLU()]
    for width in (features * 2**step for step in range(downs)):
        layers += [nn.Conv2d(width, 2 * width, 3, 2, 1), normed(2 * width), nn.ReLU()]
    return layers


def _blocks(features: int, blocks: int, normed: TorchNorm) -> list[nn.Module]:
    return [_ResidualBlock(features, normed) for _ in range(blocks)]


def _up(features: int, ups: int, normed: TorchNorm) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width in (features * 2**step for step in reversed(range(ups))):
        layers += [nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1), normed(width), nn.ReLU()]
    return layers


def _output_layers(features: int, outputs: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(3), nn.Conv2d(features, outputs, 7), nn.Tanh()]


def _half_size(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
