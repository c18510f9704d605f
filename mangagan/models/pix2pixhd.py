"""The generators and the feature encoder of Pix2PixHD (Wang et al. 2018, arXiv 1711.11585).

They follow NVIDIA/pix2pixHD: reflection padding except in the strided convolutions, and a bias in every convolution.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.models.layers import Conv, ConvTranspose, InstanceNorm, Norm, check_input, reflect_pad
from mangagan.models.multiscale import half_size
from mangagan.models.resnet import residual_block

Tree = Any


class GlobalGenerator(nn.Module):
    """`downs` stride-2 convolutions, `blocks` residual blocks, as many transposed convolutions.

    The channels double from `features`. With `remat` the backward pass recomputes the residual blocks instead of
    storing their activations.
    """

    downs: int = 4
    blocks: int = 9
    features: int = 64
    outputs: int = 3
    norm: Norm = InstanceNorm()
    remat: bool = False

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 2**self.downs

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool, with_head: bool = True) -> Float[Array, "b h w o"]:
        """Return the predicted picture, in [-1, 1].

        Args:
            x: the input, in [-1, 1].
            train: whether batch statistics are used.
            with_head: False returns the features [b h w features] before the output layer `head`, which then has no
                parameters.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`.
        """
        check_input(self, x)
        x = _encode(x, self.downs, self.features, self.norm, train)
        x = _transform(self, x, self.norm, train)
        x = _decode(x, self.downs, self.features, self.norm, train)
        return _output(x, self.outputs, "head") if with_head else x


class LocalEnhancer(nn.Module):
    """A global generator (`base`) on the downscaled picture, and enhancers that double its resolution one by one.

    Enhancer 1 follows the base; the last one, of `features` channels, works at full size, so `base.features` must be
    `features` * 2**`enhancers`. Each enhancer adds the features of the lower resolution to its own before its residual
    blocks. Parameters: `base` (see `with_base`) without its head, `enhancer_<n>`, and `enhancer_<n>_head` of the last
    one. `remat` applies to the residual blocks of the enhancers, `base.remat` to those of the base.
    """

    base: GlobalGenerator = GlobalGenerator()
    enhancers: int = 1
    blocks: int = 3
    features: int = 32
    outputs: int = 3
    remat: bool = False

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return self.base.multiple * 2**self.enhancers

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Return the predicted picture, in [-1, 1].

        Args:
            x: the input, in [-1, 1].
            train: whether batch statistics are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`, or `base.features` does not fit.
        """
        check_input(self, x)
        widths = [self.features * 2**level for level in reversed(range(self.enhancers + 1))]
        if self.base.features != widths[0]:
            raise ValueError(
                f"LocalEnhancer: base.features is {self.base.features}; {self.enhancers} enhancers that end with "
                f"features={self.features} need base.features={widths[0]}"
            )
        # A pyramid of the input: the base reads the smallest picture, the last enhancer the full one.
        scales = [x]
        for _ in range(self.enhancers):
            scales.append(half_size(scales[-1]))
        y = self.base(scales.pop(), train=train, with_head=False)
        for n, width in enumerate(widths[1:], 1):
            enhance = _Enhancer(self.blocks, width, self.base.norm, self.remat, name=f"enhancer_{n}")
            y = enhance(scales.pop(), y, train=train)
        return _output(y, self.outputs, f"enhancer_{self.enhancers}_head")


class FeatureEncoder(nn.Module):
    """A generator without residual blocks, for features that `instance_maps.instance_means` averages per object."""

    features: int = 16
    downs: int = 4
    outputs: int = 3

    @property
    def multiple(self) -> int:
        """The number that height and width must be multiples of."""
        return 2**self.downs

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Return features in [-1, 1], one vector per pixel.

        Args:
            x: the true picture, in [-1, 1].
            train: whether batch statistics are used.

        Raises:
            ValueError: where height or width is not a multiple of `multiple`.
        """
        check_input(self, x)
        x = _encode(x, self.downs, self.features, InstanceNorm(), train)
        x = _decode(x, self.downs, self.features, InstanceNorm(), train)
        return _output(x, self.outputs, "head")


def with_base(enhancer: Tree, trained: Tree) -> Tree:
    """Return the parameters of a LocalEnhancer with those of a trained GlobalGenerator as its base.

    The second stage of the coarse-to-fine training of the paper starts from them.

    Args:
        enhancer: initial parameters of the LocalEnhancer.
        trained: parameters of the GlobalGenerator; its head is left out.

    Raises:
        ValueError: where the architecture of the two bases differs.
    """
    # The names are compared before the shapes, so that the message can tell the two apart.
    missing = sorted(enhancer["base"].keys() - trained.keys())
    base = {name: trained[name] for name in enhancer["base"] if name in trained}
    expected, given = (jax.tree.map(jnp.shape, tree) for tree in (enhancer["base"], base))
    wrong = sorted(name for name in base if given[name] != expected[name])
    extra = sorted(trained.keys() - base.keys() - {"head"})
    if missing or wrong or extra:
        raise ValueError(
            f"the trained generator is not the enhancer's base: missing {missing}, of other shapes {wrong}, "
            f"not in the base {extra}; give both the same downs, blocks, features, norm and inputs"
        )
    return {**enhancer, "base": base}


class _Enhancer(nn.Module):
    """One step of refinement: a small generator that adds the features of the lower resolution at its bottleneck."""

    blocks: int
    features: int
    norm: Norm
    remat: bool

    @nn.compact
    def __call__(self, x: Array, below: Array, *, train: bool) -> Array:
        # The sum of both resolutions is the input of the residual blocks, as in the paper.
        x = _encode(x, 1, self.features, self.norm, train) + below
        x = _transform(self, x, self.norm, train)
        return _decode(x, 1, self.features, self.norm, train)


def _encode(x: Array, downs: int, features: int, norm: Norm, train: bool) -> Array:
    x = _normed(Conv(features, 7, name="stem"), reflect_pad(x, 3), norm, train)
    for step in range(1, downs + 1):
        x = _normed(Conv(features * 2**step, 3, 2, 1, name=f"down_{step}"), x, norm, train)
    return x


def _transform(network: GlobalGenerator | _Enhancer, x: Array, norm: Norm, train: bool) -> Array:
    for block in range(1, network.blocks + 1):
        # A function, not a module, so that the layers belong to `network` and keep their names with and without remat.
        layer = partial(_block, name=f"block_{block}", norm=norm, train=train)
        x = (nn.remat(layer) if network.remat else layer)(network, x)
    return x


def _block(network: nn.Module, x: Array, *, name: str, norm: Norm, train: bool) -> Array:
    return residual_block(x, name, norm=norm, bias=True, train=train)


def _decode(x: Array, ups: int, features: int, norm: Norm, train: bool) -> Array:
    for step in range(1, ups + 1):
        # Output padding of 1 doubles the size exactly.
        layer = ConvTranspose(features * 2 ** (ups - step), 3, 2, 1, 1, name=f"up_{step}")
        x = _normed(layer, x, norm, train)
    return x


def _normed(layer: Conv | ConvTranspose, x: Array, norm: Norm, train: bool) -> Array:
    return nn.relu(norm(layer(x), train=train, name=f"{layer.name}_norm"))


def _output(x: Array, outputs: int, name: str) -> Array:
    x = Conv(outputs, 7, name=name)(reflect_pad(x, 3))
    return jnp.tanh(x.astype(jnp.float32))
