"""The folder of a run: its experiment, and the environment of each start."""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import jax

from mangagan.config import Experiment
from mangagan.images.atomic import write_atomically
from mangagan.overrides import Plain, describe, differences, override
from mangagan.tasks.paired import Paired

Resume = Literal["auto", "never", "require"]

# Keys that may change when a run is continued: its arrays do not depend on them.
FREE_KEYS = ("data.workers", "train.every_", "train.keep_")


def check(workdir: Path, description: Mapping[str, Plain], resume: Resume) -> None:
    """Check that an experiment may be trained in a folder.

    Args:
        workdir: The folder.
        description: The experiment, see `mangagan.overrides.describe`.
        resume: Whether a run may ("auto"), must not ("never") or must ("require") be continued.

    Raises:
        ValueError: The folder holds other files or another experiment, or `resume` does not allow it.
    """
    checkpoints = workdir / "checkpoints"
    has_checkpoints = checkpoints.is_dir() and any(entry.name.isdigit() for entry in checkpoints.iterdir())
    if has_checkpoints and resume == "never":
        raise ValueError(f"{workdir} holds a run already; choose another --workdir, or continue it with --resume=auto")
    if not has_checkpoints and resume == "require":
        raise ValueError(f"{workdir} has no checkpoint to continue from; start with --resume=auto")
    file = workdir / "experiment.json"
    if file.exists():
        _check_same(workdir, json.loads(file.read_text()), description)
    elif workdir.exists() and any(not entry.name.startswith(".") for entry in workdir.iterdir()):
        raise ValueError(f"{workdir} holds files and is no run; choose another --workdir")


def claim(workdir: Path, description: Mapping[str, Plain]) -> None:
    """Write the experiment to its folder, which `check` has accepted.

    Args:
        workdir: The folder; it is created if needed.
        description: The experiment, see `mangagan.overrides.describe`.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    write_atomically(workdir / "experiment.json", json.dumps(dict(description), indent=1).encode())


def check_data(workdir: Path, fingerprint: str) -> None:
    """Check that a run is continued with the pages that it was started with.

    Args:
        workdir: The run's folder.
        fingerprint: The fingerprint of the archive.

    Raises:
        ValueError: The last start of the run used other pages.
    """
    known = [line["data"] for line in _starts(workdir)]
    if known and known[-1] != fingerprint:
        raise ValueError(
            f"{workdir} was trained on other pages: the fingerprint of the data was {known[-1]} and is now "
            f"{fingerprint}. Restore the pages as they were, or choose another --workdir"
        )


def record_start(workdir: Path, fingerprint: str, step: int) -> None:
    """Append the environment of this start of the run to `environment.jsonl`.

    Args:
        workdir: The run's folder.
        fingerprint: The fingerprint of the archive.
        step: The step from which the run starts or continues.
    """
    with (workdir / "environment.jsonl").open("a") as lines:
        lines.write(json.dumps(_environment(fingerprint, step)) + "\n")


def _starts(workdir: Path) -> list[dict[str, Any]]:
    file, starts = workdir / "environment.jsonl", []
    for line in file.read_text().splitlines() if file.exists() else []:
        with suppress(json.JSONDecodeError):  # an incomplete line of a killed process
            starts.append(json.loads(line))
    return starts


def _check_same(workdir: Path, old: Mapping[str, Plain], new: Mapping[str, Plain]) -> None:
    changed = [line for line in differences(_present(old), new) if not line.startswith(FREE_KEYS)]
    if changed:
        listing = "\n  ".join(changed)
        raise ValueError(f"{workdir} holds another experiment; choose another --workdir. It differs in\n  {listing}")


def _present(old: Mapping[str, Plain]) -> Mapping[str, Plain]:
    """Return a description with the present names, and with the defaults of fields that were added later."""
    try:
        return describe(override(Experiment(task=Paired()), old))
    except ValueError:
        return old


def _environment(fingerprint: str, step: int) -> dict[str, Any]:
    packages = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy", "pillow", "mangagan")
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "step": step,
        "command": sys.argv,
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
        "git": _git_commit(),
        "data": fingerprint,
        "devices": [device.device_kind for device in jax.devices()],
        "processes": jax.process_count(),
    }


def _git_commit() -> str | None:
    """Return the commit of the running code, with "-dirty" if files were changed, or None outside a checkout."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
