"""Limits of processes that do what may hang or grow, and how they are started."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from mangagan.module_process import module_command, module_environment


def start_worker(module: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a module of this package as a process with pipes to its standard input and output.

    Args:
        module: Its name, such as "mangagan.images.pdf_worker".
        arguments: Of its command line.
    """
    return subprocess.Popen(
        module_command(module, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the parent, which ends it.
        start_new_session=True,
        env=module_environment(),
    )


def limit_memory(memory: int) -> None:
    """Let this process have no more than so many bytes, and leave no core file. Windows has no such limits."""
    try:
        import resource
    except ImportError:
        return
    # A process that is ended for its memory or its time would else be written to the current folder, as a whole.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    memory = _at_most(memory, most)
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
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(used + seconds, most), most))


def _at_most(limit: int, most: int) -> int:
    """Return a limit that is no higher than the one that the user or the cluster has set; -1 is none."""
    return limit if most < 0 else min(limit, most)
