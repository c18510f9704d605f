"""EfficientNet-Lite0, whose activations tell a generator what things are (Tan and Le 2019, arXiv 1905.11946).

Lite is TensorFlow's variant for phones: ReLU6, no squeeze and excitation.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, check_input, weights

# Blocks, kernel, stride of the first one, channels within over channels in, channels out.
_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
           (1, 3, 1, 6, 320))  # fmt: skip
# The stages behind which the picture is halved, and the last one.
_TAPPED = (0, 1, 2, 4, 6)
_NORM = BatchNorm(epsilon=1e-3)


class EfficientNetLite0(nn.Module):
    """Its seven stages of inverted bottlenecks, without the head; norms are those of its training, always."""

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return 32

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 3"], *, train: bool = False) -> tuple[Float[Array, "b h2 w2 c"], ...]:
        """Five activations of RGB x in [-1, 1]: 16, 24, 40, 112 and 320 channels at 1/2, 1/4, 1/8, 1/16 and 1/32.

        Raises ValueError where height or width is no multiple of 32.
        """
        check_input(self, x)
        x = _relu6(_norm(Conv(32, 3, 2, bias=False, name="stem")(_same(x, 3, 2)), "stem_norm"))
        found, block = [], 0
        for stage, (count, kernel, stride, factor, outputs) in enumerate(_STAGES):
            for n in range(count):
                x = _block(x, f"block_{block}", kernel, stride if n == 0 else 1, factor, outputs)
                block += 1
            found += [x] if stage in _TAPPED else []
        return tuple(found)


def _block(x: Array, name: str, kernel: int, stride: int, factor: int, outputs: int) -> Array:
    """An inverted bottleneck: channels multiplied, each filtered by itself, mixed to fewer again."""
    inputs, within = x.shape[-1], x
    if factor > 1:
        within = Conv(factor * inputs, 1, bias=False, name=f"{name}_expand")(within)
        within = _relu6(_norm(within, f"{name}_expand_norm"))
    within = _Depthwise(kernel, stride, name=f"{name}_depthwise")(within)
    within = _relu6(_norm(within, f"{name}_depthwise_norm"))
    within = _norm(Conv(outputs, 1, bias=False, name=f"{name}_project")(within), f"{name}_project_norm")
    return x + within if stride == 1 and inputs == outputs else within


class _Depthwise(nn.Module):
    """Each channel filtered by itself; kernel (h, w, 1, channels).

    A sum of shifted pictures: XLA's CPU backend fuses it into one loop, and computes grouped convolutions slowly.
    """

    size: int
    stride: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2 c"]:
        kernel = self.param("kernel", weights, (self.size, self.size, 1, x.shape[-1]))
        height, width, step = x.shape[1], x.shape[2], self.stride
        x = _same(x.astype(kernel.dtype), self.size, step)
        shifted = (
            x[:, row : row + height : step, column : column + width : step] * kernel[row, column, 0]
            for row in range(self.size)
            for column in range(self.size)
        )
        return reduce(add, shifted)


def _same(x: Array, size: int, stride: int) -> Array:
    """Padded as TensorFlow's SAME pads a picture whose sides are multiples of the stride."""
    around = size - stride
    pads = (around // 2, around - around // 2)
    return jnp.pad(x, ((0, 0), pads, pads, (0, 0)))


def _norm(x: Array, name: str) -> Array:
    return _NORM(x, train=False, name=name)


def _relu6(x: Array) -> Array:
    return jnp.clip(x, 0, 6)
