"""`config.json` of a model folder: the experiment as a flat list of overrides, and the digest of the weights."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mangagan.config import Experiment
from mangagan.overrides import describe
from mangagan.pretrained.config_limits import MAX_CONFIG_BYTES
from mangagan.pretrained.described_experiment import experiment_of

FORMAT = 1
_TYPES = {"experiment": dict, "sha256": str}


def write_config(file: Path, experiment: Experiment, sha256: str) -> None:
    """Write `config.json`.

    Args:
        file: The file to write.
        experiment: The model's experiment.
        sha256: Digest of `model.safetensors`, in hexadecimal.
    """
    header = {"format": FORMAT, "library_name": "mangagan", "library_version": version("mangagan")}
    file.write_text(json.dumps(header | {"sha256": sha256, "experiment": describe(experiment)}, indent=1))


def read_config(file: Path) -> tuple[Experiment, str]:
    """Return the experiment, and the SHA-256 of the weights that belong to it.

    Raises:
        ValueError: There is no such file, it is of another program or of a newer format, or the experiment has keys
            or values that this version does not know.
    """
    config = _read(file)
    description = config["experiment"]
    nested = [key[:80] for key, value in description.items() if isinstance(value, (dict, list))]
    if nested:
        raise ValueError(f"{file}: {', '.join(nested[:12])} should be text, a number, true, false or null")
    try:
        return experiment_of(description), config["sha256"]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ValueError(f"{file.parent} is no model: it has no {file.name}; mangagan export makes a model of a run")
    if file.stat().st_size > MAX_CONFIG_BYTES:
        raise ValueError(f"{file} has {file.stat().st_size} bytes, more than the limit of {MAX_CONFIG_BYTES}")
    try:
        config = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not readable: {error}") from error
    number = config.get("format") if isinstance(config, dict) else None
    # bool is a subclass of int.
    if type(number) is not int or number < 1:
        raise ValueError(f'{file} is not the config.json of a mangagan model: its "format" is no positive number')
    if number > FORMAT:
        raise ValueError(f"{file} is of format {number}, and this version reads up to {FORMAT}: install a newer one")
    wrong = [name for name, kind in _TYPES.items() if not isinstance(config.get(name), kind)]
    if wrong:
        raise ValueError(f"{file} lacks {' and '.join(wrong)}, or has a value of another type there")
    return config
