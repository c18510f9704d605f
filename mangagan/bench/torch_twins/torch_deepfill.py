"""DeepFillv2 and SN-PatchGAN in plain PyTorch, with the tensor names of nipponjo/deepfillv2-pytorch checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def _padded(x: Tensor, size: int, stride: int, dilation: int, symmetric: bool) -> Tensor:
    """x with zeros around it, for sides that the stride divides."""
    reach = dilation * (size - 1)
    total = 2 * (reach // 2) if symmetric else reach + 1 - stride
    before, after = total // 2, total - total // 2
    return F.pad(x, (before, after, before, after))


class Gated(nn.Module):
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
        self.pad = partial(_padded, size=size, stride=stride, dilation=dilation, symmetric=symmetric)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.conv(self.pad(x)).chunk(2, dim=1)
        return self.activation(x) * gate.sigmoid()


class _Down(nn.Module):
    def __init__(self, inputs: int, inner: int, outputs: int, symmetric: bool) -> None:
        super().__init__()
        self.conv1_downsample = Gated(inputs, inner, stride=2, symmetric=symmetric)
        self.conv2 = Gated(inner, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1_downsample(x))


class Enlarging(nn.Module):
    """A gated convolution of the doubled picture."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = Gated(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class _Up(nn.Module):
    def __init__(self, inputs: int, inner: int, outputs: int) -> None:
        super().__init__()
        self.conv1_upsample = Enlarging(inputs, inner)
        self.conv2 = Gated(inner, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1_upsample(x))


class ToRGB(nn.Module):
    """A plain convolution to a picture in [-1, 1]."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 3, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).tanh()


class TorchContextualAttention(nn.Module):
    """The twin of `mangagan.models.attention.contextual_attention`: each picture has its own hole here as well."""

    fuse_weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("fuse_weight", torch.eye(3)[None, None])

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        return torch.cat([self._one(*one) for one in zip(x.split(1), hole.split(1), strict=True)])

    def _one(self, x: Tensor, hole: Tensor) -> Tensor:
        h, w = hole.shape[2:]
        queries = F.unfold(x[:, :, ::2, ::2], 3, padding=1)[0]
        keys = queries / queries.square().sum(0).sqrt().clamp_min(1e-4)
        scores = self._fused(self._fused(keys.T @ queries, (h, w)), (w, h))
        known = (F.unfold(hole, 3, padding=1)[0].mean(0) == 0).to(x)[:, None]
        chances = (10 * scores * known).softmax(0) * known
        patches = F.unfold(x, 4, padding=1, stride=2)[0]
        return F.fold((patches @ chances)[None], x.shape[2:], 4, padding=1, stride=2) / 4

    def _fused(self, scores: Tensor, size: tuple[int, int]) -> Tensor:
        """Scores with those of both neighbours along the lines added, and the lines turned on both axes."""
        fused = F.conv2d(scores[None, None], self.fuse_weight, padding=1)
        return fused.reshape(*size, *size).permute(1, 0, 3, 2).reshape(scores.shape)


def _encoder(prefix: str, inputs: int, f: int, inner: tuple[int, int], symmetric: bool) -> dict[str, nn.Module]:
    return {
        f"{prefix}conv1": Gated(inputs, f, 5),
        f"{prefix}down_block1": _Down(f, inner[0], 2 * f, symmetric),
        f"{prefix}down_block2": _Down(2 * f, inner[1], 4 * f, symmetric),
    }


def _dilated(prefix: str, f: int) -> dict[str, nn.Module]:
    dilations = enumerate((1, 2, 4, 8, 16), 1)
    return {f"{prefix}conv_bn{n}": Gated(4 * f, 4 * f, dilation=dilation) for n, dilation in dilations}


def _decoder(inputs: int, f: int) -> dict[str, nn.Module]:
    return {
        "conv_bn6": Gated(inputs, 4 * f),
        "conv_bn7": Gated(4 * f, 4 * f),
        "up_block1": _Up(4 * f, 2 * f, 2 * f),
        "up_block2": _Up(2 * f, f, f // 2),
        "conv_to_rgb": ToRGB(f // 2),
    }


class CoarseStage(nn.ModuleDict):
    """The first painting of a hole, from `inputs` channels."""

    def __init__(self, f: int, symmetric: bool, inputs: int = 5) -> None:
        super().__init__(_encoder("", inputs, f, (2 * f, 4 * f), symmetric) | _dilated("", f) | _decoder(4 * f, f))

    def forward(self, x: Tensor) -> Tensor:
        return through(self.values(), x)


class _Refined(nn.ModuleDict):
    def __init__(self, f: int, symmetric: bool) -> None:
        dilated = _encoder("conv_", 3, f, (f, 2 * f), symmetric) | _dilated("conv_", f)
        before = _encoder("ca_", 3, f, (f, 4 * f), symmetric)
        before["ca_conv_bn1"] = Gated(4 * f, 4 * f, activation=F.relu)
        after = {f"ca_conv_bn{n}": Gated(4 * f, 4 * f) for n in (4, 5)}
        decoder = _decoder(8 * f, f)
        super().__init__(dilated | before | {"contextual_attention": TorchContextualAttention()} | after | decoder)
        self.branches = [list(part) for part in (dilated, before, after, decoder)]

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        dilated, before, after, decoder = ([self[name] for name in names] for names in self.branches)
        attended = self["contextual_attention"](through(before, x), hole[:, :, ::8, ::8])
        return through(decoder, torch.cat([through(dilated, x), through(after, attended)], 1))


def through(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    """x after all layers."""
    for layer in layers:
        x = layer(x)
    return x


class TorchDeepFill(nn.Module):
    """The twin of `mangagan.models.deepfill.DeepFill`."""

    def __init__(self, *, features: int = 24, symmetric: bool = False) -> None:
        super().__init__()
        self.stage1 = CoarseStage(features, symmetric)
        self.stage2 = _Refined(features, symmetric)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        picture, hole = x[:, :3], x[:, 3:]
        known = picture * (1 - hole)
        coarse = self.stage1(torch.cat([known, torch.ones_like(hole), hole], 1))
        return coarse, self.stage2(coarse * hole + known, hole)


class _SpectralConv(nn.Conv2d):
    """A convolution divided by its largest singular value, which one step of power iteration finds."""

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


class _Judging(nn.Module):
    def __init__(self, inputs: int, outputs: int, symmetric: bool) -> None:
        super().__init__()
        self.conv_sn = _SpectralConv(inputs, outputs)
        self.symmetric = symmetric

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv_sn(_padded(x, 5, 2, 1, self.symmetric)), 0.2)


class TorchSNPatchGAN(nn.Sequential):
    """The twin of `mangagan.models.sn_patchgan.SNPatchGAN`, for sides that it halves without a rest."""

    def __init__(self, inputs: int, *, layers: int = 6, features: int = 64, symmetric: bool = False) -> None:
        super().__init__()
        widths = [inputs, *(features * min(2**layer, 4) for layer in range(layers))]
        for layer in range(layers):
            self.add_module(f"conv{layer + 1}", _Judging(widths[layer], widths[layer + 1], symmetric))
