"""`environment.jsonl` in the folder of a run: command, versions, data and devices of each start."""

from __future__ import annotations

import datetime
import json
import logging
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

from mangagan.images.atomic import read_json_lines

log = logging.getLogger(__name__)

ENVIRONMENT = "environment.jsonl"


def record_start(workdir: Path, fingerprint: str, step: int, pages: Mapping[str, Any] = {}) -> None:
    """Append the environment of this start of the run.

    Args:
        workdir: The run's folder.
        fingerprint: The fingerprint of the archive.
        step: The step from which the run starts or continues.
        pages: What the run uses of its pages, see `mangagan.data.stream.page_use`.
    """
    environment = _environment(fingerprint, step) | ({"pages": dict(pages)} if pages else {})
    with (workdir / ENVIRONMENT).open("ab") as lines:
        # After a line that a kill cut, on a line of its own.
        cut = lines.tell() and not (workdir / ENVIRONMENT).read_bytes().endswith(b"\n")
        lines.write(b"\n" * bool(cut) + json.dumps(environment).encode() + b"\n")


def recorded_crop(workdir: Path) -> int | None:
    """Return the median side of a run's crops in page pixels, None where the run does not say.

    Args:
        workdir: The run's folder.
    """
    pages = [line.get("pages") for line in read_json_lines(workdir / ENVIRONMENT)]
    crops = [known.get("crop") for known in pages if isinstance(known, dict)]
    return crops[-1] if crops and type(crops[-1]) is int and crops[-1] > 0 else None


def check_data(workdir: Path, fingerprint: str, moved: str = "") -> None:
    """Check that a run is continued with the pages that it was started with.

    Args:
        workdir: The run's folder.
        fingerprint: The fingerprint of the archive.
        moved: The source of the pages as the run knows it, if it is now another one; "" for the same one.

    Raises:
        ValueError: The last start of the run used other pages, or another source and its pages are not known.
    """
    file = workdir / ENVIRONMENT
    recorded = [line.get("data") for line in read_json_lines(file)]
    known = [data for data in recorded if isinstance(data, str)]
    if known and known[-1] != fingerprint:
        raise ValueError(
            f"{workdir} was trained on other pages: the fingerprint of the data was {known[-1]} and is now "
            f"{fingerprint}. Restore the pages as they were, or choose another --workdir"
        )
    if not known and moved:
        raise ValueError(
            f"{file} does not say which pages {workdir} was trained on; bring back a copy of it, give the former "
            f"data.source={moved}, or choose another --workdir"
        )
    if not known and file.exists():
        log.warning("%s is damaged: it is not known whether the pages are those that the run was trained on", file)


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
