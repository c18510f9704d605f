"""The Inception network of the Fréchet Inception distance, with the weights of its PyTorch port.

Szegedy et al. 2016 (arXiv 1512.00567) as mseitzer/pytorch-fid runs the TensorFlow graph of 2015-12-05: averages
leave the padding out, and the last block takes a maximum. Modules have the names of the tensors in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.inception_blocks import STEMS, Branch, Unit, blocks
from mangagan.interop.weights.shape_mismatch import describe_mismatch
from mangagan.interop.weights.tensor_files import read_tensors

SMALLEST = 75
_LEAVES = {
    ("params", "kernel"): "weight",
    ("params", "scale"): "weight",
    ("params", "bias"): "bias",
    ("batch_stats", "mean"): "running_mean",
    ("batch_stats", "var"): "running_var",
}


class Convolution(nn.Module):
    """A convolution, batch norm with its running statistics, ReLU."""

    unit: Unit

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        _, features, kernel, stride, padding = self.unit
        # The layer of our own networks has square kernels only.
        x = nn.Conv(features, kernel, stride, padding, use_bias=False, name="conv")(x)
        return nn.relu(nn.BatchNorm(use_running_average=True, epsilon=1e-3, name="bn")(x))


class Mixed(nn.Module):
    """Branches of convolutions, concatenated; the last one pools first."""

    branches: tuple[Branch, ...]
    pool: str

    @nn.compact
    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        joined = []
        for branch in self.branches:
            y = _pooled(self.pool, x) if branch == self.branches[-1] else x
            for step in branch:
                pair = (step,) if isinstance(step, Unit) else step
                y = jnp.concatenate([Convolution(unit, name=unit.name)(y) for unit in pair], -1)
            joined.append(y)
        return jnp.concatenate(joined, -1)


class InceptionV3(nn.Module):
    """From pictures to the 2048 averages of the last block, which the Fréchet Inception distance compares."""

    @nn.compact
    def __call__(self, x: Float[Array, "b h w 3"]) -> Float[Array, "b 2048"]:
        """Return the averages of RGB pictures in [-1, 1]; the distance uses 299 x 299. Raises ValueError under 75."""
        if x.shape[-1] != 3 or min(x.shape[1:3]) < SMALLEST:
            raise ValueError(
                f"InceptionV3: a picture of {x.shape[1]} x {x.shape[2]} x {x.shape[3]} (h x w x c) does not fit; "
                f"it needs 3 channels and {SMALLEST} pixels at least on either side"
            )
        for stem in STEMS:
            for unit in stem:
                x = Convolution(unit, name=unit.name)(x)
            x = nn.max_pool(x, (3, 3), (2, 2))
        for name, branches, pool in blocks():
            x = Mixed(branches, pool, name=name)(x)
        return x.mean((1, 2))


def load_inception(file: Path | str) -> dict[str, Any]:
    """Load the variables of InceptionV3.

    Args:
        file: pt_inception-2015-12-05-*.pth of pytorch-fid, or the same tensors as .safetensors.

    Raises:
        ValueError: The file holds other tensors; the message lists those that are missing, surplus or of another shape.
        FileNotFoundError: There is no such file.
    """
    tensors = {
        name: tensor
        for name, tensor in read_tensors(Path(file)).items()
        # Without the classifier after the averages, and the counters of batch norms.
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked")
    }
    places = _places()
    wrong = describe_mismatch({n: t.shape for n, t in tensors.items()}, {n: shape for n, (_, shape) in places.items()})
    if wrong:
        raise ValueError(f"{file} is not pt_inception-2015-12-05 of pytorch-fid: {wrong}")
    return unflatten_dict({path: _ours(tensors[name]) for name, (path, _) in places.items()})


def _places() -> Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]:
    """The path among our variables, and the shape in the file, of each tensor."""
    x = jax.ShapeDtypeStruct((1, SMALLEST, SMALLEST, 3), jnp.float32)
    found = {}
    for path, leaf in flatten_dict(jax.eval_shape(InceptionV3().init, jax.random.key(0), x)).items():
        name = ".".join((*path[1:-1], _LEAVES[path[0], path[-1]]))
        shape = leaf.shape
        found[name] = path, (shape[3], shape[2], *shape[:2]) if len(shape) == 4 else shape
    return found


def _ours(tensor: np.ndarray) -> Array:
    return jnp.array(tensor.transpose(2, 3, 1, 0) if tensor.ndim == 4 else tensor, jnp.float32)


def _pooled(pool: str, x: Array) -> Array:
    if pool == "average":
        return nn.avg_pool(x, (3, 3), (1, 1), "SAME", count_include_pad=False)
    return nn.max_pool(x, (3, 3), (1, 1), "SAME") if pool == "maximum" else nn.max_pool(x, (3, 3), (2, 2))
