"""Files that are either whole or absent, checks of output paths, and JSON read line by line."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_atomically(file: Path, content: bytes, folder: Path | None = None) -> None:
    """Write a file under a temporary name and rename it, so that neither a reader nor a kill ever finds half of it.

    Any thread may write.

    Args:
        file: Is replaced where it exists.
        content: All bytes of the file.
        folder: For the temporary file, on the same file system; None for the folder of the file.
    """
    # The process and the thread are in the name, so that two writers never share it.
    temporary = (folder or file.parent) / f".{os.getpid()}-{threading.get_ident()}.part"
    try:
        temporary.write_bytes(content)
        os.replace(temporary, file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


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
    """Return the objects of a file of JSON lines: none where there is no file, and none for a line that a kill cut."""
    found = []
    for line in file.read_text().splitlines() if file.is_file() else ():
        with suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]
