"""`experiment.json` in the folder of a run: its experiment as a flat list of overrides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.images.atomic import write_atomically
from mangagan.pretrained.config_limits import MAX_CONFIG_BYTES

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.overrides import Plain

EXPERIMENT = "experiment.json"


def write_description(workdir: Path, description: Mapping[str, Plain]) -> None:
    """Write the description of an experiment.

    Args:
        workdir: The run's folder, which exists.
        description: The experiment, see `mangagan.overrides.describe`.
    """
    write_atomically(workdir / EXPERIMENT, json.dumps(dict(description), indent=1).encode())


def read_description(workdir: Path) -> dict[str, Plain]:
    """Return the description of a run's experiment; names and values may be those of an earlier version.

    Args:
        workdir: The run's folder.

    Raises:
        ValueError: The file is no such description.
        OSError: There is no such file, or it cannot be read.
    """
    file = workdir / EXPERIMENT
    if file.stat().st_size > MAX_CONFIG_BYTES:
        raise ValueError(f"{file} has {file.stat().st_size} bytes, more than the limit of {MAX_CONFIG_BYTES}")
    try:
        description = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        fault = "it is not readable as JSON"
    else:
        fault = _fault(description)
    if fault:
        raise ValueError(f"{file} is damaged: {fault}; bring back a copy of it, or train in another --workdir")
    return description


def read_experiment(workdir: Path) -> Experiment:
    """Return a run's experiment.

    Args:
        workdir: The run's folder.

    Raises:
        ValueError: The file is damaged, or has keys or values that this version does not know.
        OSError: There is no such file, or it cannot be read.
    """
    # Comparisons of runs read descriptions, and need none of this.
    from mangagan.pretrained.described_experiment import experiment_of

    description = read_description(workdir)
    try:
        return experiment_of(description)
    except ValueError as error:
        raise ValueError(f"{workdir / EXPERIMENT}: {error}") from error


def _fault(description: object) -> str:
    """Return what is wrong with the content of the file, "" for nothing."""
    if not isinstance(description, dict):
        return "it has no keys and values"
    nested = [key for key, value in description.items() if isinstance(value, (dict, list))]
    return f"{nested[0][:80]} should be text, a number, true, false or null" if nested else ""
