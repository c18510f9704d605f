"""The journal of a volume: a work folder with notes of its finished pages, until the volume is complete."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from mangagan.images.atomic import write_atomically
from mangagan.images.errors import UnusableFile
from mangagan.images.names import printable

_LOCK = "lock"
# All names that a work folder has: pages and marks, notes, the lock, parts of a file, and what is being packed.
_NAMES = re.compile(r"[0-9a-f]{64}(\.json)?|lock|\.\d+-\d+\.part|volume|inner")


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
    remark: str = ""


@contextmanager
def work_folder(work: Path) -> Iterator[None]:
    """Hold a work folder for this process alone; an empty one is removed at the end.

    Raises:
        UnusableFile: There is such a folder, but it is a link, or holds what no journal has: it may be anybody's.
        BlockingIOError: Another process works in it.
        OutOfSpace: There is no space for it.
    """
    _check_ours(work)
    lock = FileLock(work / _LOCK)
    with space(work):
        work.parent.mkdir(parents=True, exist_ok=True)
        work.mkdir(mode=0o700, exist_ok=True)
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


def _check_ours(work: Path) -> None:
    """Check that a folder, if it exists, is one that this program has made for this user."""
    if not os.path.lexists(work):
        return
    remedy = "move it elsewhere, and run the command again"
    if work.is_symlink() or not work.is_dir():
        raise UnusableFile(f"{work} is no folder of unfinished work: {remedy}")
    if hasattr(os, "geteuid") and work.stat().st_uid != os.geteuid():
        raise UnusableFile(f"{work} belongs to another user: {remedy}")
    # A downloaded folder may bring a folder of this name along, with links in it.
    foreign = [entry.name for entry in os.scandir(work) if not _is_ours(entry)]
    if foreign:
        raise UnusableFile(f"{work} holds {printable(foreign[0])}, which is no part of unfinished work: {remedy}")


def _is_ours(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and _NAMES.fullmatch(entry.name) is not None


def has_work(work: Path) -> bool:
    """Return whether a work folder has notes of finished pages."""
    return any(work.glob("*.json"))


def clear_work(work: Path) -> None:
    """Empty the work folder, held by this process, of a complete volume."""
    # Notes go last: if this is killed, the pages that they name are still known as finished.
    entries = sorted(os.scandir(work), key=lambda entry: entry.name.endswith(".json"))
    for entry in entries:
        if entry.name != _LOCK and _is_ours(entry):
            os.unlink(entry)


def _remove(work: Path, lock: FileLock) -> None:
    with suppress(OSError):
        if [file.name for file in work.iterdir()] == [_LOCK]:
            # Removed before it is released: a file that another process locks afterwards must stay.
            (work / _LOCK).unlink()
    lock.release()
    with suppress(OSError):
        work.rmdir()


def put(work: Path, file: Path, data: bytes) -> None:
    """Write a file atomically: it is complete or absent, and parts are in the work folder only. Raises OutOfSpace.

    It is on the disk when this returns, so that a note never tells of a page that a power cut has undone.
    """
    with space(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, data, work, durable=True)


def put_note(work: Path, key: str, note: Note) -> None:
    """Write the note of a finished page under its key. Raises OutOfSpace."""
    put(work, work / f"{key}.json", json.dumps(asdict(note)).encode())


def note_of(work: Path, key: str) -> Note | None:
    """Return the note under a key; None if there is none, or it cannot be read."""
    try:
        note = Note(**json.loads((work / f"{key}.json").read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    # A note may come from anywhere, and its name is joined to the folder of the output.
    texts = (note.name, note.reason, note.remark)
    return note if all(isinstance(text, str) for text in texts) and isinstance(note.bytes, int) else None


def is_intact(file: Path, note: Note) -> bool:
    """Return whether a file has the length and the SHA-256 of a note."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size != note.bytes:
            return False
        with file.open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest() == note.digest
    except OSError:
        return False


def notes(work: Path) -> list[Note]:
    """Return the notes of all finished pages."""
    found = (note_of(work, file.stem) for file in sorted(work.glob("*.json")))
    return [note for note in found if note]


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
