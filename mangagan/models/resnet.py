"""The residual generator of CycleGAN (Zhu et al. 2017, arXiv 1703.10593; Johnson et al. 2016, arXiv 1603.08155)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import Conv, ConvTranspose, Dropout, InstanceNorm, Norm, check_input, reflect_pad


class ResNet(nn.Module):
    """Two stride-2 steps down, `blocks` residual blocks, two steps up; 9 blocks is "resnet_9blocks".

    Follows junyanz/pytorch-CycleGAN-and-pix2pix: reflected borders except at the strided convolutions.
    """

    blocks: int = 9
    features: int = 64
    outputs: int = 3
    norm: Norm = InstanceNorm()
    dropout: float = 0.0

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return 4

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """The picture [b h w outputs] in [-1, 1] painted from x [b h w i] in [-1, 1].

        Raises ValueError where height or width is no multiple of `multiple`.
        """
        check_input(self, x)
        f, bias = self.features, self.norm.conv_bias
        x = Conv(f, 7, bias=bias, name="stem")(reflect_pad(x, 3))
        x = nn.relu(self.norm(x, train=train, name="stem_norm"))
        for step, features in enumerate((2 * f, 4 * f), 1):
            x = Conv(features, 3, 2, 1, bias=bias, name=f"down_{step}")(x)
            x = nn.relu(self.norm(x, train=train, name=f"down_{step}_norm"))
        for block in range(1, self.blocks + 1):
            x = residual(x, f"block_{block}", norm=self.norm, bias=bias, dropout=self.dropout, train=train)
        for step, features in enumerate((2 * f, f), 1):
            x = ConvTranspose(features, 3, 2, 1, 1, bias=bias, name=f"up_{step}")(x)
            x = nn.relu(self.norm(x, train=train, name=f"up_{step}_norm"))
        x = Conv(self.outputs, 7, name="head")(reflect_pad(x, 3))
        return jnp.tanh(x.astype(jnp.float32))


def residual(
    x: Float[Array, "b h w c"], name: str, *, norm: Norm, bias: bool, dropout: float = 0.0, train: bool
) -> Float[Array, "b h w c"]:
    """x plus two convolutions of it with reflected borders, `<name>_conv_1` and `<name>_conv_2` of the module around.

    There is no activation after the sum, as in the code of CycleGAN and Pix2PixHD.
    """
    y = Conv(x.shape[-1], 3, bias=bias, name=f"{name}_conv_1")(reflect_pad(x, 1))
    y = nn.relu(norm(y, train=train, name=f"{name}_norm_1"))
    y = Dropout(dropout)(y, train=train)
    y = Conv(x.shape[-1], 3, bias=bias, name=f"{name}_conv_2")(reflect_pad(y, 1))
    return x + norm(y, train=train, name=f"{name}_norm_2")
