"""Perceptual and style losses on the activations of a frozen network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.efficientnet import EfficientNetLite0
from mangagan.models.multiscale import half_size
from mangagan.models.vgg import VGG16, VGG19, imagenet
from mangagan.tasks.base import Tree

# Weights of the five stages, from fine to coarse, as in NVIDIA/pix2pixHD.
_STAGE_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


@dataclass(frozen=True)
class Perceptual:
    """Weights of the losses, and the network whose activations they compare; if all are 0, no network is loaded.

    `weight` is that of the L1 between activations, `style` that of the L1 between their Gram matrices. `pooled` is the
    weight of the squared distance between the last stage's averages over a picture: deep activations are mostly zero,
    so an L1, whose optimum is the median, leaves predictions with too little of them.

    The weights of `vgg16` (ImageNet) and of `efficientnet_lite0`, which needs a fortieth of VGG16's multiplications,
    are installed by pip; `vgg19` needs `file`, a checkpoint of torchvision. `normalised` gives a VGG pictures with the
    mean and variance that it was trained on; NVIDIA/pix2pixHD leaves them in [-1, 1]. The networks see pictures whose
    sides were halved `halvings` times.

    Raises:
        ValueError: `halvings` is negative.
    """

    weight: float = 0.0
    style: float = 0.0
    pooled: float = 0.0
    network: Literal["vgg16", "vgg19", "efficientnet_lite0"] = "vgg16"
    file: str = ""
    normalised: bool = True
    halvings: int = 0

    def __post_init__(self) -> None:
        if self.halvings < 0:
            raise ValueError(f"task.perceptual.halvings={self.halvings}: must be at least 0")

    @property
    def needs_network(self) -> bool:
        """Whether the network's weights have to be loaded."""
        return self.weight > 0 or self.style > 0 or self.pooled > 0

    def loss(self, frozen: Tree, fake: Float[Array, "b h w 3"], real: Float[Array, "b h w 3"]) -> Array:
        """Return the weighted sum of the losses, without a gradient for `real`.

        Args:
            frozen: Variables of the network.
            fake: Predictions in [-1, 1].
            real: The true pictures in [-1, 1].
        """
        pairs = list(zip(_STAGE_WEIGHTS, self._stages(frozen, fake), self._stages(frozen, real), strict=True))
        content = sum(share * losses.l1(a, jax.lax.stop_gradient(b)) for share, a, b in pairs) if self.weight else 0.0
        style = sum(losses.l1(gram(a), jax.lax.stop_gradient(gram(b))) for _, a, b in pairs) if self.style else 0.0
        pooled = _pooled_distance(pairs[-1][1], pairs[-1][2]) if self.pooled else 0.0
        return jnp.asarray(self.weight * content + self.style * style + self.pooled * pooled)

    def _stages(self, frozen: Tree, pictures: Array) -> Any:
        for _ in range(self.halvings):
            pictures = half_size(pictures)
        if self.network == "efficientnet_lite0":
            return EfficientNetLite0().apply(frozen, pictures)
        network = VGG16() if self.network == "vgg16" else VGG19()
        return network.apply(frozen, imagenet(pictures) if self.normalised else pictures)


def _pooled_distance(fake: Float[Array, "b h w c"], real: Float[Array, "b h w c"]) -> Array:
    """Return the squared distance of activations averaged over each picture, mean over pictures.

    For relu5_3 of VGG16 it is close to a Fréchet distance of few pictures, see `mangagan.evaluate.metrics.features`.
    """
    return jnp.square(fake.mean((1, 2)) - jax.lax.stop_gradient(real.mean((1, 2)))).sum(-1).mean()


def gram(features: Float[Array, "b h w c"]) -> Float[Array, "b c c"]:
    """Return the Gram matrices: products of all pairs of channels, averaged over height, width and channels.

    Source: Gatys et al. 2016.

    Args:
        features: Activations of any range.
    """
    b, h, w, c = features.shape
    flat = features.reshape(b, h * w, c)
    return jnp.einsum("bnc,bnd->bcd", flat, flat) / (h * w * c)
