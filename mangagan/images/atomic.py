"""Files that are either whole or absent, checks of output paths, and JSON read line by line."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any


def write_atomically(file: Path, content: bytes, folder: Path | None = None, *, durable: bool = False) -> None:
    """Write a file under a temporary name and rename it, so that neither a reader nor a kill ever finds half of it.

    Any thread may write.

    Args:
        file: Is replaced where it exists.
        content: All bytes of the file.
        folder: For the temporary file, on the same file system; None for the folder of the file.
        durable: Whether the bytes are on the disk before the file has its name, whatever happens to the power.

    Raises:
        OSError: The file cannot be written, or it is a device, a pipe or a folder, which is never replaced.
    """
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "it is no regular file and is not replaced", str(file))
    # The process and the thread are in the name, so that two writers never share it.
    temporary = (folder or file.parent) / f".{os.getpid()}-{threading.get_ident()}.part"
    try:
        # A name that is left over may be a link by now.
        temporary.unlink(missing_ok=True)
        temporary.write_bytes(content)
        if durable:
            _flush(temporary)
        os.replace(temporary, file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _flush(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())


def check_writable(file: Path) -> None:
    """Check, without writing anything, that a file and the missing folders above it could be written.

    Raises:
        ValueError: They could not.
    """
    if file.is_dir():
        raise ValueError(f"{file} is a folder; name a file")
    existing = next(folder for folder in file.absolute().parents if folder.exists())
    if not existing.is_dir():
        raise ValueError(f"{file} cannot be written: {existing} is not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ValueError(f"{file} cannot be written: nothing may be written in {existing}")


def read_json_lines(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines: none where there is no file, and none for a damaged line."""
    lines = file.read_bytes().splitlines() if file.is_file() else ()
    return [found for line in lines if (found := read_json_line(line)) is not None]


def read_json_line(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line of JSON, or None for a line that a kill cut or that was damaged."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
