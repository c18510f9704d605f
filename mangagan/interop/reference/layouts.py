"""Layouts: where each tensor of a reference checkpoint lives among our variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Array

from mangagan.interop.reference.layer_names import layer_names
from mangagan.models.deepfill import DeepFill
from mangagan.models.layers import InstanceNorm
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.sn_patchgan import SNPatchGAN
from mangagan.models.unet import UNet
from mangagan.models.vgg import VGG

Variables = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """A network of ours, of any size, that takes pictures of `channels` channels."""

    network: nn.Module
    channels: int

    def __str__(self) -> str:
        return f"{type(self.network).__name__} for {self.channels} channels"


LAYOUTS: Mapping[str, Layout] = {
    "pix2pix_unet256_bn": Layout(UNet(), 3),
    "pix2pix_unet256_bn_colorization": Layout(UNet(outputs=2), 1),
    "cyclegan_resnet9_in": Layout(ResNet(), 3),
    "patchgan_basic_bn_6ch": Layout(PatchGAN(), 6),
    "patchgan_basic_in_3ch": Layout(PatchGAN(norm=InstanceNorm()), 3),
    "patchgan_pixel_bn_6ch": Layout(PixelGAN(), 6),
    "pix2pixhd_global": Layout(GlobalGenerator(), 3),
    "pix2pixhd_local": Layout(LocalEnhancer(), 3),
    "pix2pixhd_encoder": Layout(FeatureEncoder(), 3),
    "pix2pixhd_multiscale_d2_6ch": Layout(MultiscaleDiscriminator(), 6),
    "siggraph17": Layout(Siggraph17(), 4),
    "deepfillv2_generator": Layout(DeepFill(symmetric=True), 4),
    "deepfillv2_discriminator": Layout(SNPatchGAN(symmetric=True), 4),
}


class Place(NamedTuple):
    """A tensor's shape in the reference's file, and its path in our variables; None for a constant of the reference."""

    shape: tuple[int, ...]
    path: tuple[str, ...] | None
    constant: np.ndarray | None = None


# Our collection and leaf, and what PyTorch calls it.
_LEAVES = (
    ("params", "kernel", "weight"),
    ("params", "scale", "weight"),
    ("params", "bias", "bias"),
    ("batch_stats", "mean", "running_mean"),
    ("batch_stats", "var", "running_var"),
    ("batch_stats", "conv/kernel/u", "weight_u"),
)
# What Flax's spectral norm notes and never reads; the reference has no such tensor.
_NOTED = "conv/kernel/sigma"


@cache
def places(layout: Layout) -> Mapping[str, Place]:
    """Where each tensor of a checkpoint of this layout belongs, by its reference name, in the order of the file.

    Batch norms have their counters `num_batches_tracked` too, DeepFill its `fuse_weight`. Raises ValueError for a
    network without reference.
    """
    shapes = {path: shape for path, shape in _shapes(layout).items() if path[-1] != _NOTED}
    found = {}
    for theirs, ours in layer_names(layout.network):
        for collection, leaf, name in _LEAVES:
            path = (collection, *ours.split("/"), leaf)
            if path in shapes:
                shape = shapes.pop(path)
                found[f"{theirs}.{name}"] = Place(tuple(shape[axis] for axis in _their_axes(len(shape))), path)
        if f"{theirs}.running_var" in found:
            found[f"{theirs}.num_batches_tracked"] = Place((), None, np.zeros((), np.int64))
        if theirs.endswith("contextual_attention"):
            found[f"{theirs}.fuse_weight"] = Place((1, 1, 3, 3), None, np.eye(3, dtype=np.float32)[None, None])
    if shapes:
        raise ValueError(f"{layout}: no reference name is known for {', '.join(map('/'.join, shapes))}")
    return found


def to_ours(tensors: Mapping[str, np.ndarray], layout: Layout) -> Variables:
    """Our variables, in float32, with a checkpoint's values; its names and shapes are those of `places`."""
    kept = {place.path: tensors[name] for name, place in places(layout).items() if place.path}
    noted = {(*path[:-1], _NOTED): jnp.ones(()) for path in kept if path[-1].endswith("/u")}
    return unflatten_dict({path: _our_array(tensor) for path, tensor in kept.items()} | noted)


def to_theirs(variables: Variables, layout: Layout) -> dict[str, np.ndarray]:
    """A checkpoint's tensors, in float32 and in the order of its file, with the values of our variables.

    The counters `num_batches_tracked` are 0. Raises ValueError where the variables are not the layout's network's.
    """
    flat = {path: leaf for path, leaf in flatten_dict(variables).items() if path[-1] != _NOTED}
    kept = {place.path: place.shape for place in places(layout).values() if place.path}
    wanted = {"/".join(path): tuple(shape[axis] for axis in _our_axes(len(shape))) for path, shape in kept.items()}
    wrong = differences({"/".join(path): np.shape(leaf) for path, leaf in flat.items()}, wanted)
    if wrong:
        raise ValueError(f"these are not the variables of {layout}: {wrong}")
    return {
        name: np.array(place.constant) if place.path is None else _their_array(flat[place.path])
        for name, place in places(layout).items()
    }


def differences(given: Mapping[str, tuple[int, ...]], wanted: Mapping[str, tuple[int, ...]]) -> str:
    """What keeps given names and shapes from being the wanted ones, in words: the first dozen of each sort; or ""."""
    shapes = [
        f"{name} is {_shape(given[name])}, not {_shape(shape)}"
        for name, shape in wanted.items()
        if name in given and given[name] != shape
    ]
    sorts = {
        "missing": [name for name in wanted if name not in given],
        "surplus": [name for name in given if name not in wanted],
        "of another shape": shapes,
    }
    return "; ".join(f"{len(names)} {sort}: {_dozen(names)}" for sort, names in sorts.items() if names)


def _dozen(names: list[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _shapes(layout: Layout) -> dict[tuple[str, ...], tuple[int, ...]]:
    # Any size that every network takes: nothing is computed.
    x = jax.ShapeDtypeStruct((1, 1024, 1024, layout.channels), jnp.float32)
    how: dict[str, Any] = {} if isinstance(layout.network, VGG) else {"train": False}
    variables = jax.eval_shape(lambda x: layout.network.init(jax.random.key(0), x, **how), x)
    return {path: leaf.shape for path, leaf in flatten_dict(variables).items()}


def _their_axes(count: int) -> tuple[int, ...]:
    """(h, w, in, out) to (out, in, h, w), and (h, w, out, in) of transposed convolutions to (in, out, h, w)."""
    return (count - 1, count - 2, *range(count - 2)) if count > 1 else tuple(range(count))


def _our_axes(count: int) -> tuple[int, ...]:
    return (*range(2, count), 1, 0) if count > 1 else tuple(range(count))


def _our_array(tensor: np.ndarray) -> Array:
    return jnp.array(tensor.transpose(_our_axes(tensor.ndim)), jnp.float32)


def _their_array(leaf: Any) -> np.ndarray:
    array = np.asarray(leaf, np.float32)
    return array.transpose(_their_axes(array.ndim))
