"""The folder of a run: whose it is, and in which surroundings it was made."""

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

from mangagan.images.atomic import write_aside
from mangagan.overrides import Plain, differences

Resume = Literal["auto", "never", "require"]

# What a run reports and how it is fed may change when it goes on: the arrays do not depend on it.
FREE_KEYS = ("data.workers", "train.every_", "train.keep_")


def check(workdir: Path, description: Mapping[str, Plain], resume: Resume) -> None:
    """Raises ValueError where the folder holds anything but this experiment, or `resume` forbids what would happen."""
    checkpoints = workdir / "checkpoints"
    has_checkpoints = checkpoints.is_dir() and any(entry.name.isdigit() for entry in checkpoints.iterdir())
    if has_checkpoints and resume == "never":
        raise ValueError(f"{workdir} holds a run already; choose another --workdir, or go on with --resume=auto")
    if not has_checkpoints and resume == "require":
        raise ValueError(f"{workdir} has no checkpoint to go on from; start with --resume=auto")
    file = workdir / "experiment.json"
    if file.exists():
        _check_same(workdir, json.loads(file.read_text()), description)
    elif workdir.exists() and any(not entry.name.startswith(".") for entry in workdir.iterdir()):
        raise ValueError(f"{workdir} holds files that are no run; choose another --workdir")


def claim(workdir: Path, description: Mapping[str, Plain]) -> None:
    """Writes into a folder that was checked whose it is."""
    workdir.mkdir(parents=True, exist_ok=True)
    write_aside(workdir / "experiment.json", json.dumps(dict(description), indent=1).encode())


def check_data(workdir: Path, fingerprint: str) -> None:
    """Raises ValueError where the run's last start learned from other pages than these."""
    known = [line["data"] for line in _starts(workdir)]
    if known and known[-1] != fingerprint:
        raise ValueError(
            f"{workdir} has learned from other pages: the fingerprint of the data was {known[-1]} and is now "
            f"{fingerprint}. Bring the pages back as they were, or choose another --workdir"
        )


def record_start(workdir: Path, fingerprint: str, step: int) -> None:
    """Appends to `environment.jsonl` what this start of the run stands on."""
    with (workdir / "environment.jsonl").open("a") as lines:
        lines.write(json.dumps(_environment(fingerprint, step)) + "\n")


def _starts(workdir: Path) -> list[dict[str, Any]]:
    file, starts = workdir / "environment.jsonl", []
    for line in file.read_text().splitlines() if file.exists() else []:
        with suppress(json.JSONDecodeError):  # a line that a kill cut short
            starts.append(json.loads(line))
    return starts


def _check_same(workdir: Path, old: Mapping[str, Plain], new: Mapping[str, Plain]) -> None:
    changed = [line for line in differences(old, new) if not line.startswith(FREE_KEYS)]
    if changed:
        listing = "\n  ".join(changed)
        raise ValueError(f"{workdir} holds another experiment; choose another --workdir. It differs in\n  {listing}")


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
    """The commit of the code that runs, with "-dirty" where it was changed; None outside a checkout."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
