"""PyTorch's .pth files without PyTorch: the zip form, and the one before it (until 2020).

Both hold a pickle that says what the tensors look like, and their numbers beside it. The pickle is read with
`unpickle`, so no code of a file runs.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import ml_dtypes
import numpy as np

from mangagan.interop.weights.restricted_pickle import Known, unpickle

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


class _Storage(NamedTuple):
    dtype: np.dtype
    key: str
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Mapping(dict):
    """A dict that drops the attributes PyTorch gives a state dict (versions of its modules)."""

    def __setstate__(self, state: object) -> None:
        pass


def _storage(pid: Any) -> _Storage:
    kind, dtype, key, _, count, *view = pid
    if kind != "storage" or any(view):
        raise ValueError("it refers to something else than a whole tensor storage")
    return _Storage(dtype(), str(key), int(count))


_KNOWN: Known = {
    ("collections", "OrderedDict"): _Mapping,
    ("torch._utils", "_rebuild_tensor"): _Tensor,
    ("torch._utils", "_rebuild_tensor_v2"): lambda *arguments: _Tensor(*arguments[:4]),
    ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
    **{("torch", name): lambda dtype=dtype: dtype for name, dtype in _DTYPES.items()},
}

Fetch = Callable[[_Storage], bytes]


def read_torch(path: Path, part: str | None = None) -> dict[str, np.ndarray]:
    """The tensors of a state dict that torch.save wrote, by name, as read-only arrays; entries of other kinds are left.

    Where the file holds several state dicts ("G", "state_dict", ...), `part` says which. bfloat16 comes as
    ml_dtypes.bfloat16. Raises ValueError with the file's name for one that is broken, that is no state dict, or
    whose pickle asks for anything but tensors and dicts; FileNotFoundError where there is no file.
    """
    with open(path, "rb") as file:
        try:
            content, fetch = _open_zip(file) if zipfile.is_zipfile(file) else _open_legacy(file)
            tensors = _choose(content, part)
            return {name: _array(tensor, fetch) for name, tensor in tensors.items()}
        # A broken pickle makes its reader raise nearly anything.
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise ValueError(f"{path}: not readable as a PyTorch state dict: {reason}") from error


def _open_zip(file: BinaryIO) -> tuple[Any, Fetch]:
    archive = zipfile.ZipFile(file)
    # PyTorch never compresses; what is compressed may unpack to any size.
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
        raise ValueError("its zip entries are compressed")
    pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise ValueError("it is a zip file without a data.pkl of PyTorch")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("its numbers are big-endian")
    with archive.open(pickles[0]) as pickled:
        content = unpickle(pickled, _KNOWN, _storage)
    return content, cache(lambda storage: archive.read(f"{folder}data/{storage.key}"))


def _open_legacy(file: BinaryIO) -> tuple[Any, Fetch]:
    size = file.seek(0, 2)
    file.seek(0)
    if unpickle(file, {}) != _MAGIC:
        raise ValueError("it does not begin as a file of torch.save does")
    unpickle(file, {})  # the format's version
    unpickle(file, {})  # the sizes of C's types on the machine that wrote the file
    storages: dict[str, _Storage] = {}

    def note(pid: Any) -> _Storage:
        storage = _storage(pid)
        return storages.setdefault(storage.key, storage)

    content, keys = unpickle(file, _KNOWN, note), unpickle(file, {})
    data = {}
    for key in keys:
        count, wanted = int.from_bytes(file.read(8), "little"), storages[key]
        if count != wanted.length or count * wanted.dtype.itemsize > size - file.tell():
            raise ValueError(f"storage {key} is cut short")
        data[key] = file.read(count * wanted.dtype.itemsize)
    return content, lambda storage: data[storage.key]


def _choose(content: Any, part: str | None) -> dict[str, _Tensor]:
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}")
    groups = [str(name) for name, value in content.items() if isinstance(value, dict)]
    chosen = content if part is None else content.get(part)
    if not isinstance(chosen, dict):
        raise ValueError(f"it has no part {part!r}; its parts are {', '.join(groups[:12]) or 'none'}")
    tensors = {name: value for name, value in chosen.items() if isinstance(value, _Tensor) and isinstance(name, str)}
    if not tensors:
        hint = f", but parts: choose one with part= ({', '.join(groups[:12])})" if groups else ""
        raise ValueError(f"it holds no tensors at its top{hint}")
    return tensors


def _array(tensor: _Tensor, fetch: Fetch) -> np.ndarray:
    storage, offset, shape, strides = tensor
    data = np.frombuffer(fetch(storage), storage.dtype, storage.length)
    if len(shape) != len(strides) or min((offset, *shape, *strides)) < 0:
        raise ValueError(f"a tensor of shape {shape} has strides {strides} and offset {offset}")
    reach = sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True)) + 1 if math.prod(shape) else 0
    if offset + reach > storage.length:
        raise ValueError(f"a tensor of shape {shape} reaches beyond its storage of {storage.length} numbers")
    steps = [stride * storage.dtype.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(data[offset:], shape, steps, writeable=False)
