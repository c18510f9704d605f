"""The networks of the DCGAN colouriser in plain PyTorch."""

from __future__ import annotations

from torch import Tensor, nn

from mangagan.bench.torch_twins.torch_layers import torch_norm


def _down(inputs: int, widths: list[int], norm: str) -> list[nn.Module]:
    norm_layer, bias = torch_norm(norm)
    layers: list[nn.Module] = [nn.Conv2d(inputs, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
    for i, o in zip(widths, widths[1:], strict=False):
        layers += [nn.Conv2d(i, o, 4, 2, 1, bias=bias), norm_layer(o), nn.LeakyReLU(0.2)]
    return layers


class TorchDCGANGenerator(nn.Module):
    """The twin of `mangagan.models.dcgan.DCGANGenerator`."""

    def __init__(
        self, inputs: int = 1, outputs: int = 3, *, levels: int = 4, features: int = 64, norm: str = "batch"
    ) -> None:
        super().__init__()
        norm_layer, bias = torch_norm(norm)
        widths = [features * min(2**level, 8) for level in range(levels)]
        layers = _down(inputs, widths, norm)
        for i, o in zip(widths[:0:-1], widths[-2::-1], strict=True):
            layers += [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=bias), norm_layer(o), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ConvTranspose2d(features, outputs, 4, 2, 1), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class TorchDCGANDiscriminator(nn.Module):
    """The twin of `mangagan.models.dcgan.DCGANDiscriminator` for pictures of `height` x `width` pixels."""

    def __init__(
        self, inputs: int, height: int, width: int, *, features: int = 64, layers: int = 3, norm: str = "batch"
    ) -> None:
        super().__init__()
        widths = [features * min(2**layer, 8) for layer in range(layers)]
        # The linear layer makes the network one for pictures of this size alone.
        flat_features = widths[-1] * (height // 2**layers) * (width // 2**layers)
        self.model = nn.Sequential(*_down(inputs, widths, norm), nn.Flatten(), nn.Linear(flat_features, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)
