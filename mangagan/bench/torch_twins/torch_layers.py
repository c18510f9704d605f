"""Norms and weight initialisation that several PyTorch twins share."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

TorchNorm = Callable[[int], nn.Module]


def torch_norm(name: str) -> tuple[TorchNorm, bool]:
    """Return the norm layer of this name, and whether the convolution before it has a bias.

    Args:
        name: "batch", "instance" or "none".

    Raises:
        ValueError: The name is none of these.
    """
    norms: dict[str, TorchNorm] = {
        "batch": nn.BatchNorm2d,
        "instance": nn.InstanceNorm2d,
        "none": lambda channels: nn.Identity(),
    }
    if name not in norms:
        raise ValueError(f"norm {name!r} is unknown; choose one of {', '.join(norms)}")
    # A bias is left out before batch norm, which has its own; InstanceNorm2d has none by default.
    return norms[name], name == "instance"


def initialize_like_pix2pix(network: nn.Module) -> nn.Module:
    """Initialise a network in place as the reference code does, and return it.

    Weights are drawn from N(0, 0.02), scales of batch norms from N(1, 0.02), and biases are 0
    (junyanz/pytorch-CycleGAN-and-pix2pix).
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d)):
            mean = 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0
            nn.init.normal_(module.weight, mean, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
