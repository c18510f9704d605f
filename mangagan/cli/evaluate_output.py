"""Where `mangagan evaluate` writes results, and what it says about skipped pictures."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from mangagan.images.names import printable


def print_skipped(reasons: Mapping[str, str]) -> int:
    """Print why pictures were skipped, and return the exit code: 1 if any was."""
    for name, reason in reasons.items():
        print(printable(f"skipped {name}: {reason}"), file=sys.stderr)
    return 1 if reasons else 0


def output_file(output: Path | None, name: str) -> Path | None:
    """Return the file that --output names, or a file `name` in the folder that it names."""
    return output if output is None or output.suffix == ".json" else output / name


def holds_result(file: Path) -> bool:
    """Return whether the file is a result; raise ValueError if it is something else or cannot be written."""
    from mangagan.evaluate.result import read_result
    from mangagan.images.atomic import check_writable

    check_writable(file)
    if file.exists():
        read_result(file)
    return file.exists()
