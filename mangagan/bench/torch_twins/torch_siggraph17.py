"""SIGGRAPH17 in plain PyTorch; tensors are named as in checkpoints of richzhang/colorization-pytorch."""

from __future__ import annotations

from torch import Tensor, nn


def _convolutions(inputs: int, outputs: int, count: int, dilation: int = 1) -> list[nn.Module]:
    """Return `count` 3 x 3 convolutions, each with its ReLU."""
    layers: list[nn.Module] = []
    for width in (inputs, *(outputs,) * (count - 1)):
        layers += [nn.Conv2d(width, outputs, 3, 1, dilation, dilation), nn.ReLU()]
    return layers


def _stage(inputs: int, outputs: int, count: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(*_convolutions(inputs, outputs, count, dilation), nn.BatchNorm2d(outputs))


def _joined_stage(features: int, count: int) -> nn.Sequential:
    """Return a stage for the sum of two convolutions, which begins with the ReLU of that sum."""
    return nn.Sequential(nn.ReLU(), *_convolutions(features, features, count), nn.BatchNorm2d(features))


def _up(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1))


def _shortcut(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 1, 1))


class TorchSiggraph17(nn.Module):
    """The twin of `mangagan.models.siggraph17.Siggraph17`; with `classes` 0 it has no class head."""

    def __init__(self, *, features: int = 64, classes: int = 529, classify: bool = False) -> None:
        super().__init__()
        f = features
        self.classify = classify
        self.model1 = _stage(4, f, 2)
        self.model2 = _stage(f, 2 * f, 2)
        self.model3 = _stage(2 * f, 4 * f, 3)
        self.model4 = _stage(4 * f, 8 * f, 3)
        self.model5 = _stage(8 * f, 8 * f, 3, dilation=2)
        self.model6 = _stage(8 * f, 8 * f, 3, dilation=2)
        self.model7 = _stage(8 * f, 8 * f, 3)
        self.model8up = _up(8 * f, 4 * f)
        self.model8 = _joined_stage(4 * f, 2)
        self.model9up = _up(4 * f, 2 * f)
        self.model9 = _joined_stage(2 * f, 1)
        self.model10up = _up(2 * f, 2 * f)
        self.model10 = nn.Sequential(nn.ReLU(), nn.Conv2d(2 * f, 2 * f, 3, 1, 1), nn.LeakyReLU(0.2))
        self.model3short8 = _shortcut(4 * f, 4 * f)
        self.model2short9 = _shortcut(2 * f, 2 * f)
        self.model1short10 = _shortcut(f, 2 * f)
        self.model_class = nn.Sequential(nn.Conv2d(4 * f, classes, 1)) if classes else None
        self.model_out = nn.Sequential(nn.Conv2d(2 * f, 2, 1), nn.Tanh())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        s1 = self.model1(x)
        s2 = self.model2(s1[:, :, ::2, ::2])
        s3 = self.model3(s2[:, :, ::2, ::2])
        s7 = self.model7(self.model6(self.model5(self.model4(s3[:, :, ::2, ::2]))))
        s8 = self.model8(self.model8up(s7) + self.model3short8(s3))
        # Only one of the two heads trains the trunk: the class head while `classify` is set, otherwise the color head.
        logits = None if self.model_class is None else self.model_class(s8 if self.classify else s8.detach())
        if self.classify:
            s1, s2, s8 = s1.detach(), s2.detach(), s8.detach()
        s9 = self.model9(self.model9up(s8) + self.model2short9(s2))
        s10 = self.model10(self.model10up(s9) + self.model1short10(s1))
        return self.model_out(s10), logits
