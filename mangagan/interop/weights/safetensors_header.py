"""The header of a .safetensors file, checked before the tensors are read.

Eight bytes give the length of a JSON object, which gives the dtype, the shape and the place of each tensor. The library
checks the places; it accepts headers of 100 MB, and dtypes that NumPy lacks.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

# The header of a network of ours has about 100 bytes for each of some hundred tensors.
_MOST_BYTES = 4 * 2**20
_MOST_AXES = 32
# The dtypes that weights and counters have, which all become float32.
_DTYPES = "F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL".split()


def safetensors_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors of a .safetensors file, by name.

    Args:
        path: The file.

    Raises:
        ValueError: The header is broken, is too large or describes tensors that cannot be read; the message names the
            file.
        OSError: The file cannot be read.
    """
    try:
        header = _header(path)
        return {name: _shape(name, tensor) for name, tensor in header.items() if name != "__metadata__"}
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not a readable .safetensors file: {error}") from error


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        # Before reading: a length of a hostile file must not allocate memory.
        if not 2 <= length <= path.stat().st_size - 8:
            raise ValueError("it does not begin with the length of a header")
        if length > _MOST_BYTES:
            raise ValueError(f"its header has {length} bytes, more than the limit of {_MOST_BYTES}")
        header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    return header


def _shape(name: str, tensor: Any) -> tuple[int, ...]:
    tensor = tensor if isinstance(tensor, dict) else {}
    dtype, shape = tensor.get("dtype"), tensor.get("shape")
    if not isinstance(dtype, str) or not isinstance(shape, list) or len(shape) > _MOST_AXES:
        raise ValueError(f"its tensor {name[:100]!r} has no dtype and shape")
    if dtype not in _DTYPES:
        remedy = "save it again as float32, float16 or bfloat16"
        raise ValueError(f"its tensor {name[:100]!r} is of dtype {dtype[:20]!r}, which is not supported; {remedy}")
    # bool is a subclass of int.
    if not all(type(side) is int and 0 <= side for side in shape) or math.prod(shape) >= 2**60:
        raise ValueError(f"its tensor {name[:100]!r} has sides that are no sizes")
    return tuple(shape)
