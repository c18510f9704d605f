"""The residual generator of CycleGAN (Zhu et al. 2017, arXiv 1703.10593; Johnson et al. 2016, arXiv 1603.08155)."""

from __future__ import annotations

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import Conv, ConvTranspose, Dropout, InstanceNorm, Norm, check_input, reflect_pad


class ResNet(nn.Module):
    """Two stride-2 convolutions, `blocks` residual blocks, two transposed convolutions; 9 is "resnet_9blocks".

    Follows junyanz/pytorch-CycleGAN-and-pix2pix: reflection padding except in the strided convolutions.
    """

    blocks: int = 9
    features: int = 64
    outputs: int = 3
    norm: Norm = InstanceNorm()
    dropout: float = 0.0

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 4

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Return the predicted picture, in [-1, 1].

        Args:
            x: the input, in [-1, 1].
            train: whether batch statistics and dropout are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`.
        """
        check_input(self, x)
        f, bias = self.features, self.norm.conv_bias
        # Reflection instead of zeros avoids artefacts at the borders of the picture.
        x = Conv(f, 7, bias=bias, name="stem")(reflect_pad(x, 3))
        x = nn.relu(self.norm(x, train=train, name="stem_norm"))
        for step, features in enumerate((2 * f, 4 * f), 1):
            x = Conv(features, 3, 2, 1, bias=bias, name=f"down_{step}")(x)
            x = nn.relu(self.norm(x, train=train, name=f"down_{step}_norm"))
        for block in range(1, self.blocks + 1):
            x = residual_block(x, f"block_{block}", norm=self.norm, bias=bias, dropout=self.dropout, train=train)
        for step, features in enumerate((2 * f, f), 1):
            # Output padding of 1 doubles the size exactly.
            x = ConvTranspose(features, 3, 2, 1, 1, bias=bias, name=f"up_{step}")(x)
            x = nn.relu(self.norm(x, train=train, name=f"up_{step}_norm"))
        x = Conv(self.outputs, 7, name="head")(reflect_pad(x, 3))
        # Float32 whatever the dtype of the kernels, so that losses are computed in float32.
        return jnp.tanh(x.astype(jnp.float32))


def residual_block(
    x: Float[Array, "b h w c"], name: str, *, norm: Norm, bias: bool, dropout: float = 0.0, train: bool
) -> Float[Array, "b h w c"]:
    """Apply a residual block of two reflection-padded 3 x 3 convolutions, without an activation after the sum.

    As in the code of CycleGAN and Pix2PixHD. The layers `<name>_conv_1`, `<name>_conv_2` and their norms belong to the
    module that calls this function, so that the parameters of its blocks stand side by side.

    Args:
        x: features, unbounded.
        name: prefix of the names of the layers.
        norm: the norm behind each convolution.
        bias: whether the convolutions have a bias.
        dropout: rate of the dropout between the convolutions.
        train: whether batch statistics and dropout are used.
    """
    y = Conv(x.shape[-1], 3, bias=bias, name=f"{name}_conv_1")(reflect_pad(x, 1))
    y = nn.relu(norm(y, train=train, name=f"{name}_norm_1"))
    # Without a name: dropout has no parameters.
    y = Dropout(dropout)(y, train=train)
    y = Conv(x.shape[-1], 3, bias=bias, name=f"{name}_conv_2")(reflect_pad(y, 1))
    return x + norm(y, train=train, name=f"{name}_norm_2")
