"""Limits of processes that do what may hang or grow, and how they are started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence


def start_worker(module: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a module of this package as a process with pipes to its standard input and output.

    Args:
        module: Its name, such as "mangagan.images.pdf_worker".
        arguments: Of its command line.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the parent, which ends it.
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def limit_memory(memory: int) -> None:
    """Let this process have no more than so many bytes. Windows has no such limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def limit_seconds(seconds: int) -> None:
    """Give this process so many more seconds of processor time; the system kills it after them."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, most))
