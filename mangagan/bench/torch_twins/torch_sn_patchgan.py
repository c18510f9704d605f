"""SN-PatchGAN in plain PyTorch; tensors are named as in checkpoints of nipponjo/deepfillv2-pytorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangagan.bench.torch_twins.torch_gated import zero_pad


class _SpectralConv(nn.Conv2d):
    """A convolution whose weights are divided by their largest singular value.

    One step of power iteration in each forward pass approximates it (Miyato et al. 2018, arXiv 1802.05957).
    """

    weight_u: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 5, 2)
        self.register_buffer("weight_u", F.normalize(torch.randn(outputs, 1), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(matrix.T @ self.weight_u, dim=0)
            u = F.normalize(matrix @ v, dim=0)
            if self.training:
                self.weight_u.copy_(u)
        return F.conv2d(x, self.weight / (u.T @ matrix @ v), self.bias, self.stride)


class _SNLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int, symmetric: bool) -> None:
        super().__init__()
        self.conv_sn = _SpectralConv(inputs, outputs)
        self.symmetric = symmetric

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv_sn(zero_pad(x, 5, 2, 1, self.symmetric)), 0.2)


class TorchSNPatchGAN(nn.Sequential):
    """The twin of `mangagan.models.sn_patchgan.SNPatchGAN`, for sides that are multiples of 2 ** `layers`."""

    def __init__(self, inputs: int, *, layers: int = 6, features: int = 64, symmetric: bool = False) -> None:
        super().__init__()
        widths = [inputs, *(features * min(2**layer, 4) for layer in range(layers))]
        for layer in range(layers):
            self.add_module(f"conv{layer + 1}", _SNLayer(widths[layer], widths[layer + 1], symmetric))
