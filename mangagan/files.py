"""Files that are either whole or not there."""

from __future__ import annotations

import os
from pathlib import Path


def write_aside(file: Path, content: bytes) -> None:
    """Writes a file under another name first, so that no reader and no kill ever meets half of it."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_bytes(content)
    os.replace(aside, file)
