"""Layouts of reference checkpoints: which tensor of a file holds which variable of our network."""

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
from mangagan.interop.weights.shape_mismatch import describe_mismatch
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

# Variables as Flax returns them: {"params": ..., "batch_stats": ...}.
VariableDict = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """A network of any size together with the number of channels of its input."""

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


class TensorSpec(NamedTuple):
    """One tensor of a reference checkpoint.

    Attributes:
        shape: Its shape in the file.
        path: The path of our variable, starting with its collection; None for a constant of the reference.
        constant: The value of such a constant.
    """

    shape: tuple[int, ...]
    path: tuple[str, ...] | None
    constant: np.ndarray | None = None


# Our collection and leaf, and PyTorch's name of it.
_LEAVES = (
    ("params", "kernel", "weight"),
    ("params", "scale", "weight"),
    ("params", "bias", "bias"),
    ("batch_stats", "mean", "running_mean"),
    ("batch_stats", "var", "running_var"),
    ("batch_stats", "conv/kernel/u", "weight_u"),
)
# Flax's spectral norm stores this and never reads it; the reference has no such tensor.
_UNUSED_LEAF = "conv/kernel/sigma"


@cache
def tensor_specs(layout: Layout) -> Mapping[str, TensorSpec]:
    """Return the tensors of a checkpoint of this layout by their reference names, in the order of the file.

    Batch norms have their counters `num_batches_tracked` too, DeepFill its `fuse_weight`.

    Raises:
        ValueError: The network has no reference implementation.
    """
    # Matched layer by layer and removed, so that a layer without a reference name is noticed at the end.
    shapes = {path: shape for path, shape in _variable_shapes(layout).items() if path[-1] != _UNUSED_LEAF}
    specs = {}
    for prefix, layer in layer_names(layout.network):
        for collection, leaf, name in _LEAVES:
            path = (collection, *layer.split("/"), leaf)
            if path in shapes:
                shape = shapes.pop(path)
                specs[f"{prefix}.{name}"] = TensorSpec(tuple(shape[axis] for axis in _torch_axes(len(shape))), path)
        if f"{prefix}.running_var" in specs:
            specs[f"{prefix}.num_batches_tracked"] = TensorSpec((), None, np.zeros((), np.int64))
        if prefix.endswith("contextual_attention"):
            specs[f"{prefix}.fuse_weight"] = TensorSpec((1, 1, 3, 3), None, np.eye(3, dtype=np.float32)[None, None])
    if shapes:
        raise ValueError(f"{layout}: no reference name is known for {', '.join(map('/'.join, shapes))}")
    return specs


def to_variables(tensors: Mapping[str, np.ndarray], layout: Layout) -> VariableDict:
    """Return our variables, in float32, with the values of a checkpoint.

    Args:
        tensors: Arrays with the names and shapes of `tensor_specs`, of any float dtype.
        layout: The layout of the checkpoint.
    """
    given = {spec.path: tensors[name] for name, spec in tensor_specs(layout).items() if spec.path}
    unused = {(*path[:-1], _UNUSED_LEAF): jnp.ones(()) for path in given if path[-1].endswith("/u")}
    return unflatten_dict({path: _from_torch(tensor) for path, tensor in given.items()} | unused)


def to_tensors(variables: VariableDict, layout: Layout) -> dict[str, np.ndarray]:
    """Return a checkpoint's tensors, in float32 and in the order of its file, with the values of our variables.

    The counters `num_batches_tracked` are 0.

    Raises:
        ValueError: The variables are not those of the layout's network.
    """
    flat = {path: leaf for path, leaf in flatten_dict(variables).items() if path[-1] != _UNUSED_LEAF}
    shapes = {spec.path: spec.shape for spec in tensor_specs(layout).values() if spec.path}
    expected = {"/".join(path): tuple(shape[axis] for axis in _flax_axes(len(shape))) for path, shape in shapes.items()}
    mismatch = describe_mismatch({"/".join(path): np.shape(leaf) for path, leaf in flat.items()}, expected)
    if mismatch:
        raise ValueError(f"these are not the variables of {layout}: {mismatch}")
    return {
        name: np.array(spec.constant) if spec.path is None else _to_torch(flat[spec.path])
        for name, spec in tensor_specs(layout).items()
    }


def _variable_shapes(layout: Layout) -> dict[tuple[str, ...], tuple[int, ...]]:
    # Any size that every network accepts: eval_shape computes nothing.
    x = jax.ShapeDtypeStruct((1, 1024, 1024, layout.channels), jnp.float32)
    options: dict[str, Any] = {} if isinstance(layout.network, VGG) else {"train": False}
    variables = jax.eval_shape(lambda x: layout.network.init(jax.random.key(0), x, **options), x)
    return {path: leaf.shape for path, leaf in flatten_dict(variables).items()}


def _torch_axes(count: int) -> tuple[int, ...]:
    """Return the order that turns (h, w, in, out) into PyTorch's (out, in, h, w).

    It also turns the (h, w, out, in) of our transposed convolutions into PyTorch's (in, out, h, w).
    """
    return (count - 1, count - 2, *range(count - 2)) if count > 1 else tuple(range(count))


def _flax_axes(count: int) -> tuple[int, ...]:
    return (*range(2, count), 1, 0) if count > 1 else tuple(range(count))


def _from_torch(tensor: np.ndarray) -> Array:
    return jnp.array(tensor.transpose(_flax_axes(tensor.ndim)), jnp.float32)


def _to_torch(leaf: Any) -> np.ndarray:
    array = np.asarray(leaf, np.float32)
    return array.transpose(_torch_axes(array.ndim))
