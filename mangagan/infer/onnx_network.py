"""A network that colors pages from an ONNX file, on ONNX Runtime; JAX is not needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from mangagan.infer.network import Facts, Maps, Network

FORMAT = 2
# Under this name the file says of itself what `Facts` holds.
KEY = "mangagan"
# It builds an engine for each size of its input, for minutes.
_LEFT_OUT = "TensorrtExecutionProvider"


def onnx_network(file: Path) -> Network:
    """The network of a file that `launch/export.py onnx` wrote.

    Raises ValueError for a file that cannot be run or was not written by it, ImportError without ONNX Runtime.
    """
    if not file.is_file():
        raise ValueError(f"there is no file {file}; launch/export.py onnx makes one of a run")
    return network_of(file.read_bytes(), str(file))


def network_of(model: bytes, name: str, providers: Sequence[str] | None = None) -> Network:
    """The network of a file's bytes, which complaints call by that name, on the devices of some providers of ONNX
    Runtime or on whatever there is. Raises what `onnx_network` does.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError("running ONNX files needs ONNX Runtime: pip install 'mangagan[onnx]'") from error
    providers = providers or [each for each in onnxruntime.get_available_providers() if each != _LEFT_OUT]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model, options, providers)
        noted = session.get_modelmeta().custom_metadata_map.get(KEY, "")
    except Exception as error:  # ONNX Runtime's own classes have no common one
        raise ValueError(f"{name} cannot be run: {error}") from error
    known = {given.name for given in session.get_inputs()}

    def paint(maps: Maps) -> Any:
        return session.run(None, {given: array for given, array in maps.items() if given in known})[0]

    # Weights converted once more by another version are other weights.
    return Network(replace(_read(noted, name), digest=sha256(model).hexdigest()), paint)


def note(facts: Facts) -> str:
    """What a file says of itself."""
    return json.dumps({"format": FORMAT} | asdict(facts), sort_keys=True)


def _read(text: str, name: str) -> Facts:
    try:
        content: Any = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or "format" not in content:
        raise ValueError(f"{name} is no colouriser of mangagan; launch/export.py onnx makes one of a run")
    number = content.pop("format")
    if number != FORMAT:
        raise ValueError(f"{name} is of format {number}, and this version reads {FORMAT}: export it again")
    try:
        return Facts(**content)
    except TypeError as error:
        raise ValueError(f"what {name} says of itself is not what this version reads: export it again") from error
