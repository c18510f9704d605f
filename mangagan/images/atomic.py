"""Files that are either whole or not there, places that can be written, and JSON line by line."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_aside(file: Path, content: bytes, folder: Path | None = None) -> None:
    """Writes a file under another name first, so that no reader and no kill ever meets half of it.

    That name lies in `folder`, of the same file system, or in the file's own. Any thread may write.
    """
    aside = (folder or file.parent) / f".{os.getpid()}-{threading.get_ident()}.part"
    try:
        aside.write_bytes(content)
        os.replace(aside, file)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def check_writable(file: Path) -> None:
    """Raises ValueError where a file could not be written, folders on the way to it included; writes nothing."""
    if file.is_dir():
        raise ValueError(f"{file} is a folder; name a file")
    there = next(folder for folder in file.absolute().parents if folder.exists())
    if not there.is_dir():
        raise ValueError(f"{file} cannot be written: {there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{file} cannot be written: nothing may be written in {there}")


def json_lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines, none where it is not there; one that a kill cut short is left out."""
    found = []
    for line in file.read_text().splitlines() if file.is_file() else ():
        with suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]
