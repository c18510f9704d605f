"""EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946), a pretrained encoder for generators and perceptual losses.

Lite is TensorFlow's variant for phones: ReLU6, no squeeze and excitation. The padding is TensorFlow's "SAME", which the
published weights need.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import BatchNorm, Conv, check_input, weights

# Number of blocks, kernel size, stride of the first block, expansion factor, output channels.
_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
           (1, 3, 1, 6, 320))  # fmt: skip
# The last stage at each resolution.
_TAPPED = (0, 1, 2, 4, 6)
# The epsilon of TensorFlow's implementation, from which the weights come.
_NORM = BatchNorm(epsilon=1e-3)


class EfficientNetLite0(nn.Module):
    """The seven stages of inverted bottlenecks, without the head; norms always use their running statistics."""

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 32

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 3"], *, train: bool = False) -> tuple[Float[Array, "b h2 w2 c"], ...]:
        """Return five activations: 16, 24, 40, 112 and 320 channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size.

        Args:
            x: RGB in [-1, 1].
            train: has no effect; it is here so that all networks are called alike.

        Raises:
            ValueError: where height or width is not a multiple of 32.
        """
        check_input(self, x)
        x = _relu6(_norm(Conv(32, 3, 2, bias=False, name="stem")(_same_pad(x, 3, 2)), "stem_norm"))
        activations, block = [], 0
        for stage, (count, kernel, stride, factor, outputs) in enumerate(_STAGES):
            for n in range(count):
                x = _block(x, f"block_{block}", kernel, stride if n == 0 else 1, factor, outputs)
                block += 1
            activations += [x] if stage in _TAPPED else []
        return tuple(activations)


def _block(x: Array, name: str, kernel: int, stride: int, factor: int, outputs: int) -> Array:
    """Apply an inverted bottleneck: 1 x 1 expansion, depthwise convolution, 1 x 1 projection."""
    inputs, y = x.shape[-1], x
    if factor > 1:
        y = Conv(factor * inputs, 1, bias=False, name=f"{name}_expand")(y)
        y = _relu6(_norm(y, f"{name}_expand_norm"))
    y = _Depthwise(kernel, stride, name=f"{name}_depthwise")(y)
    y = _relu6(_norm(y, f"{name}_depthwise_norm"))
    y = _norm(Conv(outputs, 1, bias=False, name=f"{name}_project")(y), f"{name}_project_norm")
    # Only blocks that change neither size nor width have a residual connection.
    return x + y if stride == 1 and inputs == outputs else y


class _Depthwise(nn.Module):
    """A depthwise convolution; kernel (h, w, 1, channels).

    Computed as a sum of shifted pictures, which XLA's CPU backend fuses into one loop; its grouped convolutions are
    slow.
    """

    size: int
    stride: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2 c"]:
        kernel = self.param("kernel", weights, (self.size, self.size, 1, x.shape[-1]))
        height, width, step = x.shape[1], x.shape[2], self.stride
        x = _same_pad(x.astype(kernel.dtype), self.size, step)
        shifted = (
            x[:, row : row + height : step, column : column + width : step] * kernel[row, column, 0]
            for row in range(self.size)
            for column in range(self.size)
        )
        return reduce(add, shifted)


def _same_pad(x: Array, size: int, stride: int) -> Array:
    """Pad as TensorFlow's "SAME" does for sides that are multiples of the stride."""
    total = size - stride
    pads = (total // 2, total - total // 2)
    return jnp.pad(x, ((0, 0), pads, pads, (0, 0)))


def _norm(x: Array, name: str) -> Array:
    return _NORM(x, train=False, name=name)


def _relu6(x: Array) -> Array:
    return jnp.clip(x, 0, 6)
