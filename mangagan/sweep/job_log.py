"""The log of a sweep's run, and the lines that tell why the run ended."""

from __future__ import annotations

import re
from pathlib import Path

_BLOCK = 2**16
# Lines of tqdm: it draws a bar by overwriting it.
_BAR = re.compile(r"\d+%\||\[[\d:?]+<[\d:?]+")


def log_file(folder: Path, name: str) -> Path:
    """Return the log file of a run that is trained on this machine."""
    return folder / "logs" / f"{name}.log"


def last_lines(file: Path, count: int = 12) -> str:
    """Return the last lines of a log without its progress bars; "" if there is no log."""
    if not file.is_file():
        return ""
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - _BLOCK))
        text = log.read().decode(errors="replace")
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", text)]
    return "\n".join([line for line in lines if line and not _BAR.search(line)][-count:])
