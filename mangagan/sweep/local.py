"""Execute runs of a sweep on this machine, one after the other, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from mangagan.module_process import module_command, module_environment
from mangagan.sweep.job import STOPPED
from mangagan.sweep.job_log import last_lines, log_file
from mangagan.sweep.sweep_plan import Run
from mangagan.sweep.sweep_progress import Progress

EVERY_SECONDS = 0.5
_HOW = {STOPPED: "stopped by a signal from elsewhere, after a checkpoint: the same command resumes it"}


class Stopped(Exception):
    """The sweep was stopped by the user; the current run has saved a checkpoint."""


def run_locally(folder: Path, runs: Sequence[Run], progress: Progress) -> None:
    """Execute each run in a child process.

    A run that fails, or is killed by something else, does not stop the rest. Ctrl-C and SIGTERM are passed to the
    current run, which saves a checkpoint and ends; a second signal kills it.

    Args:
        folder: The sweep's folder.
        runs: The runs to execute.
        progress: Receives how each run ends.

    Raises:
        Stopped: A signal stopped the sweep.
    """
    with _signals() as received:
        for run in runs:
            progress.run_started(run)
            code = _wait(_start(folder, run), received, partial(progress.run_continues, run))
            if received:
                progress.run_stopped(run)
                raise Stopped
            progress.run_ended(run, _reason(code, log_file(folder, run.name)))


def _start(folder: Path, run: Run) -> subprocess.Popen[bytes]:
    file = log_file(folder, run.name)
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as log:
        return subprocess.Popen(
            _command(folder, run),
            # The child stops when this pipe closes, which it does however this process ends.
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C would reach all processes of the terminal's group; this process passes it on once.
            start_new_session=True,
            env=module_environment(),
        )


def _command(folder: Path, run: Run) -> list[str]:
    return module_command("mangagan.sweep.job", [str(folder), str(run.number)])


def _wait(child: subprocess.Popen[bytes], received: list[int], between: Callable[[], None]) -> int:
    """Pass incoming signals to a child, and return its exit code."""
    handed = 0
    with child:
        while child.poll() is None:
            if len(received) > handed:
                handed = len(received)
                child.send_signal(signal.SIGTERM if handed == 1 else signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                child.wait(EVERY_SECONDS)
            between()
    return child.returncode


def _reason(code: int, log: Path) -> str | None:
    """Why a run failed; None if it did not."""
    if not code:
        return None
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else _HOW.get(code, f"exit code {code}")
    memory = " (the system kills what takes all memory)" if code == -signal.SIGKILL else ""
    return f"{how}{memory}; the end of {log}:\n{last_lines(log)}"


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the numbers of SIGTERM and Ctrl-C as they arrive."""
    received: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    previous = {number: signal.signal(number, lambda number, _: received.append(number)) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
