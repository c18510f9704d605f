"""Named tensors in files: .safetensors, and PyTorch's .pth."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from mangagan.images.atomic import write_aside
from mangagan.interop.weights.torch_files import read_torch

_TORCH = (".pth", ".pt")


def read_tensors(path: Path, part: str | None = None) -> dict[str, np.ndarray]:
    """The tensors of a .safetensors, .pth or .pt file by name; `part` names one state dict of several in a .pth.

    Raises ValueError with the file's name for one that is broken or has another suffix; FileNotFoundError.
    """
    if path.suffix in _TORCH:
        return read_torch(path, part)
    _refuse_other_suffixes(path)
    if part is not None:
        raise ValueError(f"{path}: a .safetensors file has no parts; leave out part={part!r}")
    try:
        return safetensors.numpy.load_file(path)
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path}: not a readable .safetensors file: {error}") from error


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes a .safetensors, .pth or .pt file, whole or not at all.

    Raises FileExistsError where there is one already, ValueError for another suffix, ImportError where a .pth is
    asked for and PyTorch is not installed.
    """
    _refuse_other_suffixes(path)
    if path.exists():
        raise FileExistsError(f"{path} exists already and is kept; choose another name or move it away")
    encode: Callable[[Mapping[str, np.ndarray]], bytes] = (
        _torch_bytes if path.suffix in _TORCH else lambda tensors: safetensors.numpy.save(dict(tensors))
    )
    # Both writers take memory as it lies; `copy` brings it into the order of the axes.
    write_aside(path, encode({name: tensor.copy(order="C") for name, tensor in tensors.items()}))


def _refuse_other_suffixes(path: Path) -> None:
    if path.suffix not in (".safetensors", *_TORCH):
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
