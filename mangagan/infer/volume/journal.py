"""The journal of a volume: a work folder with notes of its finished pages, until the volume is complete."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from mangagan.images.atomic import write_atomically

_LOCK = "lock"


class OutOfSpace(Exception):
    """No space is left for the output."""


@dataclass(frozen=True)
class Note:
    """The note of a finished page, processed or kept, with its size in bytes."""

    name: str
    outcome: Literal["done", "kept"]
    reason: str
    seconds: float
    bytes: int
    digest: str  # SHA-256


@contextmanager
def work_folder(work: Path) -> Iterator[None]:
    """Hold a work folder for this process alone; an empty one is removed at the end.

    Raises:
        BlockingIOError: Another process works in it.
        OutOfSpace: There is no space for it.
    """
    lock = FileLock(work / _LOCK)
    with space(work):
        work.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BlockingIOError(f"another process is at work in {work}") from None
    try:
        # Its former holder may have removed it between the opening of the file and its locking.
        if not (work / _LOCK).exists():
            raise BlockingIOError(f"another process was at work in {work} just now: run it again")
        yield
    finally:
        _remove(work, lock)


def has_work(work: Path) -> bool:
    """Return whether a work folder has notes of finished pages."""
    return any(work.glob("*.json"))


def clear_work(work: Path) -> None:
    """Empty the work folder, held by this process, of a complete volume."""
    # Notes go last: if this is killed, the pages that they name are still known as finished.
    for file in sorted(work.iterdir(), key=lambda file: file.suffix == ".json"):
        if file.name != _LOCK:
            file.unlink()


def _remove(work: Path, lock: FileLock) -> None:
    with suppress(OSError):
        if [file.name for file in work.iterdir()] == [_LOCK]:
            # Removed before it is released: a file that another process locks afterwards must stay.
            (work / _LOCK).unlink()
    lock.release()
    with suppress(OSError):
        work.rmdir()


def put(work: Path, file: Path, data: bytes) -> None:
    """Write a file atomically: it is complete or absent, and parts are in the work folder only. Raises OutOfSpace."""
    with space(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, data, work)


def put_note(work: Path, key: str, note: Note) -> None:
    """Write the note of a finished page under its key. Raises OutOfSpace."""
    put(work, work / f"{key}.json", json.dumps(asdict(note)).encode())


def note_of(work: Path, key: str) -> Note | None:
    """Return the note under a key; None if there is none, or it cannot be read."""
    try:
        return Note(**json.loads((work / f"{key}.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def space(file: Path) -> Iterator[None]:
    """Turn the system's error that a disk or a quota is full into OutOfSpace.

    Raises:
        OutOfSpace: There is no room for the file.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace(f"no space is left for {file}") from error
        raise
