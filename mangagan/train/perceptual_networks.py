"""Networks that help in training and never learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax

from mangagan.models.efficientnet import EfficientNetLite0
from mangagan.models.vgg import VGG16, VGG19
from mangagan.tasks.base import Tree


def load_frozen(weights: dict[str, tuple[str, str]]) -> Tree:
    """Variables by name, of ("vgg16", file or ""), ("vgg19", file) or ("efficientnet_lite0", file or "") each.

    Raises ValueError with the remedy where weights are not on this machine.
    """
    return {name: _load(network, file) for name, (network, file) in weights.items()}


def frozen_shapes(weights: dict[str, tuple[str, str]]) -> Tree:
    """The shapes of what `load_frozen` answers, for which no file is read."""
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
            "task.perceptual.network=vgg19 needs task.perceptual.file, torchvision's vgg19-*.pth; the others need no "
            "file"
        )
    loaders: dict[str, Callable[..., Tree]] = {
        "vgg16": load_vgg16,
        "vgg19": load_vgg19,
        "efficientnet_lite0": load_efficientnet,
    }
    try:
        return loaders[network](file or None)
    except ImportError as error:
        raise ValueError(f"{error}; or train without: task.perceptual.weight=0") from error
