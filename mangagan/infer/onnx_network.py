"""A colouriser of an ONNX file as a `Network`, on ONNX Runtime; JAX is not needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from mangagan.infer.network import Maps, Network, NetworkInfo

FORMAT = 2
# The key of the file's metadata that holds its `NetworkInfo`.
KEY = "mangagan"
# TensorRT builds an engine for each size of its input, which takes minutes.
_UNUSED_PROVIDER = "TensorrtExecutionProvider"


def onnx_network(file: Path) -> Network:
    """Return the network of a file that `mangagan export onnx` wrote.

    Raises:
        ValueError: There is no such file, it cannot be run, or another program wrote it.
        ImportError: ONNX Runtime is not installed.
    """
    if not file.is_file():
        raise ValueError(f"there is no file {file}; mangagan export onnx makes one of a run")
    return network_of(file.read_bytes(), str(file))


def network_of(model: bytes, name: str, providers: Sequence[str] | None = None) -> Network:
    """Return the network of a file's bytes.

    Args:
        model: The bytes.
        name: What error messages call the file.
        providers: Execution providers of ONNX Runtime; None for all that are available, but TensorRT.

    Raises:
        ValueError: The file cannot be run, or another program wrote it.
        ImportError: ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError("running ONNX files needs ONNX Runtime: pip install 'mangagan[onnx]'") from error
    providers = providers or [each for each in onnxruntime.get_available_providers() if each != _UNUSED_PROVIDER]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model, options, providers)
        note = session.get_modelmeta().custom_metadata_map.get(KEY, "")
    except Exception as error:  # ONNX Runtime's errors have no common class
        raise ValueError(f"{name} cannot be run: {error}") from error
    inputs = {each.name for each in session.get_inputs()}

    def predict(maps: Maps) -> Any:
        return session.run(None, {each: array for each, array in maps.items() if each in inputs})[0]

    # Weights that another version of the exporter converted are other weights: the digest is that of the file.
    return Network(replace(_read_info(note, name), digest=sha256(model).hexdigest()), predict)


def info_text(info: NetworkInfo) -> str:
    """Return the text that a file's metadata holds under `KEY`."""
    return json.dumps({"format": FORMAT} | asdict(info), sort_keys=True)


def _read_info(text: str, name: str) -> NetworkInfo:
    try:
        content: Any = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or "format" not in content:
        raise ValueError(f"{name} is no colouriser of mangagan; mangagan export onnx makes one of a run")
    number = content.pop("format")
    if number != FORMAT:
        raise ValueError(f"{name} is of format {number}, and this version reads {FORMAT}: export it again")
    try:
        return NetworkInfo(**content)
    except TypeError as error:
        raise ValueError(f"what {name} says of itself is not what this version reads: export it again") from error
