"""Runs of a sweep on this machine, one after the other, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from mangagan.sweep.job import STOPPED
from mangagan.sweep.job_log import last_lines, log_file
from mangagan.sweep.sweep_plan import Run
from mangagan.sweep.sweep_progress import Progress

EVERY_SECONDS = 0.5
_HOW = {STOPPED: "stopped by another's signal, saved: the same command goes on from there"}


class Stopped(Exception):
    """The sweep was asked to stop; what was under way is saved."""


def run_locally(folder: Path, runs: Sequence[Run], progress: Progress) -> None:
    """Does each run in a child process; `progress` is told how each ends.

    A run that fails, or that something else stops or kills, does not stop the rest. Ctrl-C and SIGTERM are handed to
    the run under way, which saves and ends; asked a second time, it is killed. Raises Stopped then.
    """
    with _signals() as received:
        for run in runs:
            progress.begins(run)
            code = _wait(_start(folder, run), received, partial(progress.goes_on, run))
            if received:
                progress.pauses(run)
                raise Stopped
            progress.ends(run, _reason(code, log_file(folder, run.name)))


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
            # Ctrl-C reaches all processes of a terminal's group; this one hands it on once.
            start_new_session=True,
        )


def _command(folder: Path, run: Run) -> list[str]:
    return [sys.executable, "-m", "mangagan.sweep.job", str(folder), str(run.number)]


def _wait(child: subprocess.Popen[bytes], received: list[int], between: Callable[[], None]) -> int:
    """The exit code of a child, which is handed the signals that come."""
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
    """Why a run failed, None where it did not."""
    if not code:
        return None
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else _HOW.get(code, f"exit code {code}")
    memory = " (the system kills what takes all memory)" if code == -signal.SIGKILL else ""
    return f"{how}{memory}; the end of {log}:\n{last_lines(log)}"


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The numbers of SIGTERM and Ctrl-C as they come."""
    received: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    previous = {number: signal.signal(number, lambda number, _: received.append(number)) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
