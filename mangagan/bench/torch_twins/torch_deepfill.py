"""DeepFillv2 in plain PyTorch; tensors are named as in checkpoints of nipponjo/deepfillv2-pytorch."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangagan.bench.torch_twins.torch_gated import GatedConv, ToRGB, UpsampledGatedConv


class TorchContextualAttention(nn.Module):
    """The twin of `mangagan.models.attention.contextual_attention`.

    Unlike the reference code, which takes one hole for the whole batch, each picture has its own hole.
    """

    fuse_weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("fuse_weight", torch.eye(3)[None, None])

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        return torch.cat([self._attend(*pair) for pair in zip(x.split(1), hole.split(1), strict=True)])

    def _attend(self, x: Tensor, hole: Tensor) -> Tensor:
        h, w = hole.shape[2:]
        queries = F.unfold(x[:, :, ::2, ::2], 3, padding=1)[0]
        keys = queries / queries.square().sum(0).sqrt().clamp_min(1e-4)
        scores = self._fused(self._fused(keys.T @ queries, (h, w)), (w, h))
        known = (F.unfold(hole, 3, padding=1)[0].mean(0) == 0).to(x)[:, None]
        # 10 sharpens the softmax (the reference's softmax_scale); the second product removes patches inside the hole.
        weights = (10 * scores * known).softmax(0) * known
        # Patches of 4 x 4 at stride 2 overlap fourfold, hence the division by 4.
        patches = F.unfold(x, 4, padding=1, stride=2)[0]
        return F.fold((patches @ weights)[None], x.shape[2:], 4, padding=1, stride=2) / 4

    def _fused(self, scores: Tensor, size: tuple[int, int]) -> Tensor:
        """Add to each score those of the neighbours on the diagonal, and transpose both spatial orders of the result.

        Called twice, it fuses along rows and then along columns.
        """
        fused = F.conv2d(scores[None, None], self.fuse_weight, padding=1)
        return fused.reshape(*size, *size).permute(1, 0, 3, 2).reshape(scores.shape)


class _DownBlock(nn.Module):
    def __init__(self, inputs: int, inner: int, outputs: int, symmetric: bool) -> None:
        super().__init__()
        self.conv1_downsample = GatedConv(inputs, inner, stride=2, symmetric=symmetric)
        self.conv2 = GatedConv(inner, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1_downsample(x))


class _UpBlock(nn.Module):
    def __init__(self, inputs: int, inner: int, outputs: int) -> None:
        super().__init__()
        self.conv1_upsample = UpsampledGatedConv(inputs, inner)
        self.conv2 = GatedConv(inner, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1_upsample(x))


def _encoder(prefix: str, inputs: int, f: int, inner: tuple[int, int], symmetric: bool) -> dict[str, nn.Module]:
    return {
        f"{prefix}conv1": GatedConv(inputs, f, 5),
        f"{prefix}down_block1": _DownBlock(f, inner[0], 2 * f, symmetric),
        f"{prefix}down_block2": _DownBlock(2 * f, inner[1], 4 * f, symmetric),
    }


def _dilated(prefix: str, f: int) -> dict[str, nn.Module]:
    dilations = enumerate((1, 2, 4, 8, 16), 1)
    return {f"{prefix}conv_bn{n}": GatedConv(4 * f, 4 * f, dilation=dilation) for n, dilation in dilations}


def _decoder(inputs: int, f: int) -> dict[str, nn.Module]:
    return {
        "conv_bn6": GatedConv(inputs, 4 * f),
        "conv_bn7": GatedConv(4 * f, 4 * f),
        "up_block1": _UpBlock(4 * f, 2 * f, 2 * f),
        "up_block2": _UpBlock(2 * f, f, f // 2),
        "conv_to_rgb": ToRGB(f // 2),
    }


class CoarseStage(nn.ModuleDict):
    """The coarse stage, which predicts a picture from `inputs` channels."""

    def __init__(self, f: int, symmetric: bool, inputs: int = 5) -> None:
        super().__init__(_encoder("", inputs, f, (2 * f, 4 * f), symmetric) | _dilated("", f) | _decoder(4 * f, f))

    def forward(self, x: Tensor) -> Tensor:
        return _apply_all(self.values(), x)


class _RefinementStage(nn.ModuleDict):
    def __init__(self, f: int, symmetric: bool) -> None:
        dilated = _encoder("conv_", 3, f, (f, 2 * f), symmetric) | _dilated("conv_", f)
        before = _encoder("ca_", 3, f, (f, 4 * f), symmetric)
        before["ca_conv_bn1"] = GatedConv(4 * f, 4 * f, activation=F.relu)
        after = {f"ca_conv_bn{n}": GatedConv(4 * f, 4 * f) for n in (4, 5)}
        decoder = _decoder(8 * f, f)
        super().__init__(dilated | before | {"contextual_attention": TorchContextualAttention()} | after | decoder)
        self.branches = [list(part) for part in (dilated, before, after, decoder)]

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        dilated, before, after, decoder = ([self[name] for name in names] for names in self.branches)
        attended = self["contextual_attention"](_apply_all(before, x), hole[:, :, ::8, ::8])
        return _apply_all(decoder, torch.cat([_apply_all(dilated, x), _apply_all(after, attended)], 1))


def _apply_all(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    """x after all layers."""
    for layer in layers:
        x = layer(x)
    return x


class TorchDeepFill(nn.Module):
    """The twin of `mangagan.models.deepfill.DeepFill`."""

    def __init__(self, *, features: int = 24, symmetric: bool = False) -> None:
        super().__init__()
        self.stage1 = CoarseStage(features, symmetric)
        self.stage2 = _RefinementStage(features, symmetric)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        picture, hole = x[:, :3], x[:, 3:]
        known = picture * (1 - hole)
        coarse = self.stage1(torch.cat([known, torch.ones_like(hole), hole], 1))
        return coarse, self.stage2(coarse * hole + known, hole)
