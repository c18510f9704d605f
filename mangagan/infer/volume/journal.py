"""The work folder of a volume: what of it is finished, kept until the volume is whole."""

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
    """A finished page: coloured or kept, and its size in bytes."""

    name: str
    outcome: Literal["done", "kept"]
    reason: str
    seconds: float
    bytes: int
    digest: str  # SHA-256


@contextmanager
def work_folder(work: Path) -> Iterator[None]:
    """Holds a work folder for this process alone; one in which nothing is left at the end is removed.

    Raises BlockingIOError while another process is at it, and OutOfSpace.
    """
    lock = FileLock(work / _LOCK)
    with space(work):
        work.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BlockingIOError(f"another process is at work in {work}") from None
    try:
        # Who held it before may have removed it between the opening of the file and its locking.
        if not (work / _LOCK).exists():
            raise BlockingIOError(f"another process was at work in {work} just now: run it again")
        yield
    finally:
        _remove(work, lock)


def has_work(work: Path) -> bool:
    """Whether finished pages are noted in a work folder."""
    return any(work.glob("*.json"))


def clear_work(work: Path) -> None:
    """Empties the work folder, held by this process, of a volume that is whole."""
    # Notes go last: what they name is finished, whatever else is gone when this is killed.
    for file in sorted(work.iterdir(), key=lambda file: file.suffix == ".json"):
        if file.name != _LOCK:
            file.unlink()


def _remove(work: Path, lock: FileLock) -> None:
    with suppress(OSError):
        if [file.name for file in work.iterdir()] == [_LOCK]:
            # Before it is released: what another process has locked from then on must stay.
            (work / _LOCK).unlink()
    lock.release()
    with suppress(OSError):
        work.rmdir()


def put(work: Path, file: Path, data: bytes) -> None:
    """Writes a file that is whole or not there; half of it only ever lies in the work folder. Raises OutOfSpace."""
    with space(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, data, work)


def put_note(work: Path, key: str, note: Note) -> None:
    """Keeps the note of a finished page under its key. Raises OutOfSpace."""
    put(work, work / f"{key}.json", json.dumps(asdict(note)).encode())


def note_of(work: Path, key: str) -> Note | None:
    """The note that was kept under a key; None where there is none that can be read."""
    try:
        return Note(**json.loads((work / f"{key}.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def space(file: Path) -> Iterator[None]:
    """Raises OutOfSpace where the system says that there is no room for a file."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace(f"no space is left for {file}") from error
        raise
