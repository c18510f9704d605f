"""The generators of Pix2PixHD, coarse to fine, and its encoder (Wang et al. 2018, arXiv 1711.11585).

They follow NVIDIA/pix2pixHD: reflected borders except at the strided convolutions, and a bias in every convolution.
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
from mangagan.models.resnet import residual

Tree = Any


class GlobalGenerator(nn.Module):
    """`downs` stride-2 steps down, `blocks` residual blocks, as many steps up; channels double from `features`.

    With `remat` the backward pass computes the residual blocks again instead of keeping what is inside them.
    """

    downs: int = 4
    blocks: int = 9
    features: int = 64
    outputs: int = 3
    norm: Norm = InstanceNorm()
    remat: bool = False

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return 2**self.downs

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool, paint: bool = True) -> Float[Array, "b h w o"]:
        """The picture [b h w outputs] in [-1, 1] painted from x [b h w i] in [-1, 1].

        Without `paint` the features [b h w features] that the picture is painted from, and no parameters `head`.
        Raises ValueError where height or width is no multiple of `multiple`.
        """
        check_input(self, x)
        x = _encode(x, self.downs, self.features, self.norm, train)
        x = _transform(self, x, self.norm, train)
        x = _decode(x, self.downs, self.features, self.norm, train)
        return _paint(x, self.outputs, "head") if paint else x


class LocalEnhancer(nn.Module):
    """A generator (`base`) that sees the picture at a fraction of its size, and enhancers that double it, one by one.

    Enhancer 1 stands next to the base and the last one, of `features` channels, at full size: `base.features` must
    be `features` doubled `enhancers` times. Each adds the features from below to its own before its residual
    blocks. Parameters: `base` (see `with_base`), `enhancer_<n>`, and `enhancer_<n>_head` of the last; the head of
    the base is left out. `remat` speaks of the enhancers' residual blocks, `base.remat` of the base's.
    """

    base: GlobalGenerator = GlobalGenerator()
    enhancers: int = 1
    blocks: int = 3
    features: int = 32
    outputs: int = 3
    remat: bool = False

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return self.base.multiple * 2**self.enhancers

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """The picture [b h w outputs] in [-1, 1] painted from x [b h w i] in [-1, 1].

        Raises ValueError where height or width is no multiple of `multiple`, or the widths do not meet.
        """
        check_input(self, x)
        widths = [self.features * 2**level for level in reversed(range(self.enhancers + 1))]
        if self.base.features != widths[0]:
            raise ValueError(
                f"LocalEnhancer: base.features is {self.base.features}; {self.enhancers} enhancers that end with "
                f"features={self.features} need base.features={widths[0]}"
            )
        scales = [x]
        for _ in range(self.enhancers):
            scales.append(half_size(scales[-1]))
        y = self.base(scales.pop(), train=train, paint=False)
        for n, width in enumerate(widths[1:], 1):
            enhance = _Enhancer(self.blocks, width, self.base.norm, self.remat, name=f"enhancer_{n}")
            y = enhance(scales.pop(), y, train=train)
        return _paint(y, self.outputs, f"enhancer_{self.enhancers}_head")


class FeatureEncoder(nn.Module):
    """A generator without residual blocks, for features that `instances.instance_means` then makes one per object."""

    features: int = 16
    downs: int = 4
    outputs: int = 3

    @property
    def multiple(self) -> int:
        """What height and width must be multiples of."""
        return 2**self.downs

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"], *, train: bool) -> Float[Array, "b h w o"]:
        """Features [b h w outputs] in [-1, 1] of the picture x [b h w i] in [-1, 1].

        Raises ValueError where height or width is no multiple of `multiple`.
        """
        check_input(self, x)
        x = _encode(x, self.downs, self.features, InstanceNorm(), train)
        x = _decode(x, self.downs, self.features, InstanceNorm(), train)
        return _paint(x, self.outputs, "head")


def with_base(enhancer: Tree, trained: Tree) -> Tree:
    """Parameters `enhancer` of a LocalEnhancer, with its base as `trained`, the parameters of a GlobalGenerator.

    The second step of the paper's training starts from them. Raises ValueError where the two bases are not alike.
    """
    missing = sorted(enhancer["base"].keys() - trained.keys())
    base = {name: trained[name] for name in enhancer["base"] if name in trained}
    wanted, given = (jax.tree.map(jnp.shape, tree) for tree in (enhancer["base"], base))
    wrong = sorted(name for name in base if given[name] != wanted[name])
    extra = sorted(trained.keys() - base.keys() - {"head"})
    if missing or wrong or extra:
        raise ValueError(
            f"the trained generator is not the enhancer's base: missing {missing}, of other shapes {wrong}, "
            f"not in the base {extra}; give both the same downs, blocks, features, norm and inputs"
        )
    return {**enhancer, "base": base}


class _Enhancer(nn.Module):
    blocks: int
    features: int
    norm: Norm
    remat: bool

    @nn.compact
    def __call__(self, x: Array, below: Array, *, train: bool) -> Array:
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
        # The layers belong to the module that Flax finds around the call; `nn.remat` asks for it by name.
        layer = partial(_block, name=f"block_{block}", norm=norm, train=train)
        x = (nn.remat(layer) if network.remat else layer)(network, x)
    return x


def _block(network: nn.Module, x: Array, *, name: str, norm: Norm, train: bool) -> Array:
    return residual(x, name, norm=norm, bias=True, train=train)


def _decode(x: Array, ups: int, features: int, norm: Norm, train: bool) -> Array:
    for step in range(1, ups + 1):
        layer = ConvTranspose(features * 2 ** (ups - step), 3, 2, 1, 1, name=f"up_{step}")
        x = _normed(layer, x, norm, train)
    return x


def _normed(layer: Conv | ConvTranspose, x: Array, norm: Norm, train: bool) -> Array:
    return nn.relu(norm(layer(x), train=train, name=f"{layer.name}_norm"))


def _paint(x: Array, outputs: int, name: str) -> Array:
    x = Conv(outputs, 7, name=name)(reflect_pad(x, 3))
    return jnp.tanh(x.astype(jnp.float32))
