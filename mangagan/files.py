"""Files that are either whole or not there."""

from __future__ import annotations

import os
import threading
from pathlib import Path


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
