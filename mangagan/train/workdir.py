"""The folder of a run: whether an experiment may be trained in it, and the lock of the process that does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import jax
from filelock import FileLock, Timeout

from mangagan.overrides import Plain, describe, differences
from mangagan.train.devices import any_host
from mangagan.train.experiment_file import EXPERIMENT, read_description, read_experiment, write_description

Resume = Literal["auto", "never", "require"]

# Keys that may change when a run is continued. Its arrays do not depend on the first three; how long it trains is
# checked against what it has done, and where its pages lie against their fingerprint.
FREE_KEYS = ("data.workers:", "train.every_", "train.keep_", "train.steps:", "train.epochs:", "data.source:")
# The differences of two experiments that a message lists: those of other tasks have dozens.
SHOWN_DIFFERENCES = 8
# Hidden, so that a folder with nothing else is still an empty one.
LOCK = ".lock"


def check(workdir: Path, description: Mapping[str, Plain], resume: Resume) -> None:
    """Check that an experiment may be trained in a folder.

    Args:
        workdir: The folder.
        description: The experiment, see `mangagan.overrides.describe`.
        resume: Whether a run may ("auto"), must not ("never") or must ("require") be continued.

    Raises:
        ValueError: The folder holds other files or another experiment, or `resume` does not allow it.
    """
    has_checkpoints = bool(saved_steps(workdir))
    if has_checkpoints and resume == "never":
        raise ValueError(f"{workdir} holds a run already; choose another --workdir, or continue it with --resume=auto")
    if not has_checkpoints and resume == "require":
        raise ValueError(f"{workdir} has no checkpoint to continue from; start with --resume=auto")
    if (workdir / EXPERIMENT).exists():
        _check_same(workdir, description)
    elif workdir.exists() and any(not entry.name.startswith(".") for entry in workdir.iterdir()):
        raise ValueError(f"{workdir} holds files and is no run (it has no {EXPERIMENT}); choose another --workdir")


@contextmanager
def claimed(workdir: Path, description: Mapping[str, Plain], resume: Resume) -> Iterator[None]:
    """Hold the folder of a run until the context ends, and write the experiment to it if it has none.

    The first host holds the lock, for all hosts. The system frees it when the process dies, however that happens.

    Args:
        workdir: The folder; it is created if needed.
        description: The experiment, see `mangagan.overrides.describe`.
        resume: As for `check`, which is repeated: another process may have begun a run in the meantime.

    Raises:
        ValueError: Another process trains in the folder, or `check` refuses it.
    """
    any_host(False)  # every host has checked the folder before the first one writes to it
    lock, refusal = FileLock(workdir / LOCK), None
    try:
        if jax.process_index() == 0:
            refusal = _claim(lock, workdir, description, resume)
        if any_host(refusal is not None):
            raise refusal or ValueError(f"the first host cannot train in {workdir}; its message says why")
        yield
    finally:
        lock.release()


def saved_steps(workdir: Path) -> list[int]:
    """Return the steps of the checkpoints in the folder of a run, oldest first, whether they can be read or not."""
    saved = workdir / "checkpoints"
    names = [entry.name for entry in saved.iterdir() if entry.is_dir()] if saved.is_dir() else []
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def _claim(lock: FileLock, workdir: Path, description: Mapping[str, Plain], resume: Resume) -> Exception | None:
    """Return why the folder cannot be used, or None once it is held."""
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        check(workdir, description, resume)
        if not (workdir / EXPERIMENT).exists():
            write_description(workdir, description)
    except Timeout:
        return ValueError(
            f"another process trains in {workdir}: wait until it has ended, stop it, or choose another --workdir"
        )
    except (ValueError, OSError) as error:
        return error
    return None


def _check_same(workdir: Path, new: Mapping[str, Plain]) -> None:
    changed = [line for line in differences(_present(workdir), new) if not line.startswith(FREE_KEYS)]
    if changed:
        more = f" and {len(changed) - SHOWN_DIFFERENCES} more" if len(changed) > SHOWN_DIFFERENCES else ""
        raise ValueError(
            f"{workdir} holds another experiment; choose another --workdir (with train.init_from={workdir} it starts "
            f"from the generator of this run). It differs in {', '.join(changed[:SHOWN_DIFFERENCES])}{more}"
        )


def _present(workdir: Path) -> Mapping[str, Plain]:
    """Return the recorded description with the present names, and with the defaults of fields that were added later."""
    description = read_description(workdir)
    try:
        return describe(read_experiment(workdir))
    except ValueError:
        return description
