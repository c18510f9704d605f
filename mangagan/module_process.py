"""How a module of this package is started as a process: nothing that lies in the current folder is run by mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def module_command(module: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line of a module.

    Args:
        module: Its name, such as "mangagan.images.pdf_worker".
        arguments: Of its command line.
    """
    # Without -P the current folder comes first in the module path, and a `json.py` that lies beside a PDF would be run.
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> dict[str, str]:
    """Return the environment of such a process: it finds the modules that this process finds."""
    # An empty name is the current folder, where this process has it in its path.
    path = [place or os.getcwd() for place in sys.path]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path)}
