"""Read PyTorch's .pth files without PyTorch: the zip format, and the legacy format used until 2020.

Both hold a pickle that describes the tensors, and the numbers beside it. The pickle is read with `unpickle`, so no
code of a file runs.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import ml_dtypes
import numpy as np

from mangagan.images.limits import Limits
from mangagan.images.zip_directory import check_directory
from mangagan.interop.weights.restricted_pickle import AllowedCalls, unpickle

_MOST_MEMBERS = 200_000
# Several tensors may be views of one storage, and small ones may be repeated.
_MOST_VIEWS, _SMALL_BYTES = 4, 64 * 2**20
# PyTorch's and NumPy's own limits are 64 axes and 2**63 bytes.
_MOST_AXES, _LARGEST_SIZE = 64, 2**63
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
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


class _TorchTensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _StateDict(dict):
    """A dict that ignores the attributes PyTorch gives a state dict (versions of its modules)."""

    def __setstate__(self, state: object) -> None:
        pass


# What a pickle calls checks the types of its arguments: texts, hashes and comparisons of nested ones may never end.


def _state_dict(pairs: Any = ()) -> _StateDict:
    # PyTorch under Python 2 gave all pairs at once.
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        raise ValueError("it has a dict whose keys are no names")
    return _StateDict(pairs)


def _storage(pid: Any) -> _Storage:
    kind, dtype, key, _, length, *view = pid
    if kind != "storage" or any(part is not None for part in view):
        raise ValueError("it refers to something else than a whole tensor storage")
    name = dtype()
    if not (isinstance(name, str) and isinstance(key, (str, int)) and _is_size(length)):
        raise ValueError("it refers to a storage by something else than type, name and length")
    return _Storage(_DTYPES[name], str(key), length)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _TorchTensor:
    lengths_fit = isinstance(shape, tuple) and isinstance(strides, tuple) and len(shape) == len(strides) <= _MOST_AXES
    if not (isinstance(storage, _Storage) and lengths_fit and all(map(_is_size, (offset, *shape, *strides)))):
        raise ValueError("it has a tensor whose offset, shape or strides are no sizes")
    return _TorchTensor(storage, offset, shape, strides)


def _parameter(tensor: Any, *_: Any) -> _TorchTensor:
    if not isinstance(tensor, _TorchTensor):
        raise ValueError("it has a parameter that is no tensor")
    return tensor


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < _LARGEST_SIZE


def _named(name: str) -> Callable[[], str]:
    return lambda: name


_ALLOWED: AllowedCalls = {
    ("collections", "OrderedDict"): _state_dict,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    **{("torch", name): _named(name) for name in _DTYPES},
}

ReadStorage = Callable[[_Storage], bytes]


def read_torch(path: Path, part: str | None = None) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict that torch.save wrote, by name; entries that are not tensors are left out.

    Args:
        path: The file.
        part: Name of the state dict, where the file holds several ("G", "state_dict", ...).

    Returns:
        Read-only arrays; bfloat16 becomes ml_dtypes.bfloat16.

    Raises:
        ValueError: The file is broken, is no state dict, or its pickle names anything but tensors and dicts. The
            message starts with the file's name.
        FileNotFoundError: There is no such file.
    """
    with open(path, "rb") as file:
        try:
            content, read_storage = _open_zip(file) if zipfile.is_zipfile(file) else _open_legacy(file)
            tensors = _choose(content, part)
            _check_total(tensors.values(), path.stat().st_size)
            return {name: _array(tensor, read_storage) for name, tensor in tensors.items()}
        # A broken pickle can raise nearly any exception.
        except Exception as error:
            reason = _short(str(error) or type(error).__name__, 400)
            raise ValueError(f"{path}: not readable as a PyTorch state dict: {reason}") from error


def _open_zip(file: BinaryIO) -> tuple[Any, ReadStorage]:
    check_directory(file, Limits(members=_MOST_MEMBERS))
    archive = zipfile.ZipFile(file)
    # PyTorch never compresses, and compressed entries could unpack to any size.
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
        raise ValueError("its zip entries are compressed")
    # Entries may also share their bytes, each of which would be read by itself.
    if sum(entry.file_size for entry in archive.infolist()) > file.seek(0, 2):
        raise ValueError("its zip entries have more bytes than the file")
    pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise ValueError("it is a zip file without a data.pkl of PyTorch")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("its numbers are big-endian")
    content = unpickle(io.BytesIO(archive.read(pickles[0])), _ALLOWED, _storage)
    return content, cache(lambda storage: archive.read(f"{folder}data/{storage.key}"))


def _open_legacy(file: BinaryIO) -> tuple[Any, ReadStorage]:
    size = file.seek(0, 2)
    file.seek(0)
    if unpickle(file, {}) != _LEGACY_MAGIC:
        raise ValueError("it does not begin as a file of torch.save does")
    unpickle(file, {})  # version of the format
    unpickle(file, {})  # sizes of C's types on the machine that wrote the file
    storages: dict[str, _Storage] = {}

    def register(pid: Any) -> _Storage:
        storage = _storage(pid)
        return storages.setdefault(storage.key, storage)

    content, keys = unpickle(file, _ALLOWED, register), unpickle(file, {})
    data = {}
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError("it does not list its storages")
    for key in keys:
        length, storage = int.from_bytes(file.read(8), "little"), storages[key]
        # Checked before reading: a length of a hostile file must not allocate memory.
        if length != storage.length or length * storage.dtype.itemsize > size - file.tell():
            raise ValueError(f"storage {key} is cut short")
        data[key] = file.read(length * storage.dtype.itemsize)
    return content, lambda storage: data[storage.key]


def _choose(content: Any, part: str | None) -> dict[str, _TorchTensor]:
    """Return the tensors of the state dict that is meant."""
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}")
    parts = [_short(name, 60) for name, value in content.items() if isinstance(value, dict) and isinstance(name, str)]
    state = content if part is None else content.get(part)
    if not isinstance(state, dict):
        raise ValueError(f"it has no part {part!r}; its parts are {', '.join(parts[:12]) or 'none'}")
    tensors = {
        name: value for name, value in state.items() if isinstance(value, _TorchTensor) and isinstance(name, str)
    }
    if not tensors:
        hint = f", but parts: choose one with part= ({', '.join(parts[:12])})" if parts else ""
        raise ValueError(f"it holds no tensors at its top{hint}")
    return tensors


def _check_total(tensors: Iterable[_TorchTensor], file_bytes: int) -> None:
    """Check the bytes of all tensors together: one number of a storage can be a tensor of any shape."""
    total = sum(math.prod(tensor.shape) * tensor.storage.dtype.itemsize for tensor in tensors)
    if total > _MOST_VIEWS * file_bytes + _SMALL_BYTES:
        raise ValueError(f"its tensors have {total} bytes, and the file has {file_bytes}")


def _short(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[:letters]}..."


def _array(tensor: _TorchTensor, read_storage: ReadStorage) -> np.ndarray:
    """Return a view of a storage, once it is certain that the view stays inside."""
    storage, offset, shape, strides = tensor
    data = np.frombuffer(read_storage(storage), storage.dtype, storage.length)
    reach = sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True)) + 1 if math.prod(shape) else 0
    if offset + reach > storage.length:
        raise ValueError(f"a tensor of shape {shape} reaches beyond its storage of {storage.length} numbers")
    byte_strides = [stride * storage.dtype.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(data[offset:], shape, byte_strides, writeable=False)
