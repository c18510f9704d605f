"""Read and write named tensors in .safetensors files and PyTorch's .pth files."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy

from mangagan.images.atomic import write_atomically
from mangagan.interop.weights.safetensors_header import safetensors_shapes
from mangagan.interop.weights.torch_files import read_torch

_TORCH_SUFFIXES = (".pth", ".pt")
# The largest reference, the global generator of Pix2PixHD, has 0.7 GB; a training checkpoint holds optimisers, too.
_MOST_BYTES = 4 * 2**30
TENSOR_SUFFIXES = (".safetensors", *_TORCH_SUFFIXES)


def read_tensors(path: Path, part: str | None = None) -> dict[str, np.ndarray]:
    """Return the tensors of a .safetensors, .pth or .pt file by name.

    Args:
        path: The file.
        part: Name of one state dict of several in a .pth file, such as "G".

    Raises:
        ValueError: The file is broken or has another suffix; the message names it.
        FileNotFoundError: There is no such file.
    """
    _check_suffix(path)
    check_file(path)
    if path.suffix in _TORCH_SUFFIXES:
        return read_torch(path, part)
    if part is not None:
        raise ValueError(f"{path}: a .safetensors file has no parts; leave out part={part!r}")
    safetensors_shapes(path)
    try:
        return safetensors.numpy.load_file(path)
    except Exception as error:  # its errors have no common class
        raise ValueError(f"{path}: not a readable .safetensors file: {str(error)[:400]}") from error


def check_file(path: Path) -> None:
    """Check what a file of tensors is and how large, before any of it is read.

    Raises:
        ValueError: It is no regular file (reading a pipe would wait for ever), or is too large.
        FileNotFoundError: There is no such file.
    """
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError(f"{path} is no file; name a file of tensors")
    if size > _MOST_BYTES:
        raise ValueError(f"{path} has {size} bytes, more than the limit of {_MOST_BYTES} for the weights of a network")


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write a .safetensors, .pth or .pt file atomically.

    Args:
        path: A file that does not exist yet.
        tensors: Arrays of any dtype and memory layout, by name.

    Raises:
        FileExistsError: The file exists.
        ValueError: Another suffix.
        ImportError: A .pth file is to be written and PyTorch is not installed.
    """
    _check_suffix(path)
    if path.exists():
        raise FileExistsError(f"{path} exists already and is kept; choose another name or move it away")
    encode: Callable[[Mapping[str, np.ndarray]], bytes] = (
        _torch_bytes if path.suffix in _TORCH_SUFFIXES else lambda tensors: safetensors.numpy.save(dict(tensors))
    )
    # Both writers take the memory as it lies; the copy puts it in the order of the axes.
    write_atomically(path, encode({name: tensor.copy(order="C") for name, tensor in tensors.items()}))


def _check_suffix(path: Path) -> None:
    if path.suffix not in TENSOR_SUFFIXES:
        raise ValueError(f"{path}: tensors are kept in .safetensors, .pth or .pt files, not in {path.suffix or 'this'}")


def _torch_bytes(tensors: Mapping[str, np.ndarray]) -> bytes:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "writing a .pth file needs PyTorch: pip install -e '.[bench]', or name the file *.safetensors"
        ) from error
    buffer = io.BytesIO()
    torch.save(OrderedDict((name, torch.from_numpy(tensor)) for name, tensor in tensors.items()), buffer)
    return buffer.getvalue()
