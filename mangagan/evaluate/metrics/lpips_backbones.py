"""AlexNet and VGG16 as LPIPS uses them: the activations of five stages.

Computed with plain convolutions whatever the platform: the matrix products that training uses on CPUs hold each
pixel nine times, gigabytes for a page.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.convolution import plain_forward
from mangagan.models.products import Window


class Stage(NamedTuple):
    """Max pooling over `pool` x `pool` pixels with stride 2, then convolutions with ReLUs; the last one is returned."""

    convolutions: int
    window: Window = Window(1, 1)
    pool: int = 0


# Krizhevsky 2014 as torchvision has it, and Simonyan and Zisserman 2015.
STACKS: dict[str, tuple[Stage, ...]] = {
    "alexnet": (Stage(1, Window(4, 2)), Stage(1, Window(1, 2), 3), Stage(1, pool=3), Stage(1), Stage(1)),
    "vgg16": (Stage(2), Stage(2, pool=2), Stage(3, pool=2), Stage(3, pool=2), Stage(3, pool=2)),
}
SMALLEST = {"alexnet": 31, "vgg16": 16}


def stages(name: str, layers: list[dict[str, Any]], x: Float[Array, "b h w 3"]) -> list[Float[Array, "b h2 w2 c"]]:
    """Return the last activation of each stage of STACKS[name].

    Args:
        name: "alexnet" or "vgg16".
        layers: {kernel, bias} of each convolution, in order.
        x: Pictures, normalised as the weights require.

    Raises:
        ValueError: The pictures are too small for the last stage.
    """
    if min(x.shape[1:3]) < SMALLEST[name]:
        raise ValueError(
            f"pictures of {x.shape[1]} x {x.shape[2]} (h x w) are too small for {name}; it needs {SMALLEST[name]} "
            "pixels at least on either side"
        )
    left, found = iter(layers), []
    for stage in STACKS[name]:
        x = nn.max_pool(x, (stage.pool, stage.pool), (2, 2)) if stage.pool else x
        for _ in range(stage.convolutions):
            layer = next(left)
            x = nn.relu(plain_forward(stage.window, x, jnp.asarray(layer["kernel"])) + layer["bias"])
        found.append(x)
    return found
