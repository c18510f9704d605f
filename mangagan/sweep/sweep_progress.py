"""The progress of a sweep: which run of how many, its steps, and the time that is left."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import mean
from typing import TextIO

from mangagan.images.atomic import write_atomically
from mangagan.sweep.sweep_plan import Plan, Run

TIMES = "times.json"
_END = 4096


class Progress:
    """Reports the progress of a sweep, and keeps the times of its runs in `times.json` and why they failed.

    The times of a run that was stopped and resumed add up. On a terminal one line is overwritten; elsewhere a line
    appears when a run starts or ends.
    """

    def __init__(self, folder: Path, plan: Plan, done: set[str], stream: TextIO = sys.stderr) -> None:
        self._folder, self._plan, self._stream = folder, plan, stream
        self._times: dict[str, float] = _read(folder / TIMES)
        self._done = set(done)
        self._since: dict[str, float] = {}
        self.failed: dict[str, str] = {}

    def run_started(self, run: Run) -> None:
        """Report that a run starts or resumes."""
        self._since[run.name] = time.monotonic()
        step = newest_logged_step(self._folder / run.name)
        self._line(f"{self._title(run)} {f'resumes after step {step}' if step else 'begins'}{self._left()}")

    def run_continues(self, run: Run) -> None:
        """Update the line of the current run, on a terminal only."""
        if self._stream.isatty():
            steps = f" of {run.steps}" if run.steps else ""
            step = newest_logged_step(self._folder / run.name)
            self._stream.write(f"\r\033[K{self._title(run)}: step {step}{steps}{self._left()}")
            self._stream.flush()

    def run_stopped(self, run: Run) -> None:
        """Report that a run was stopped before its end."""
        self._note(run)
        self._line(f"{self._title(run)} stopped after step {newest_logged_step(self._folder / run.name)}")

    def run_ended(self, run: Run, failure: str | None) -> None:
        """Report that a run is done, or why it failed."""
        self._note(run)
        self._done.add(run.name)
        took = _clock(self._times[run.name])
        if failure is None:
            self._line(f"{self._title(run)} done after {took}{self._left()}")
        else:
            self.failed[run.name] = failure
            self._line(f"{self._title(run)} FAILED after {took}: {failure}\nThe other runs continue.{self._left()}")

    def _note(self, run: Run) -> None:
        spent = time.monotonic() - self._since.pop(run.name)
        self._times[run.name] = round(self._times.get(run.name, 0.0) + spent, 1)
        write_atomically(self._folder / TIMES, (json.dumps(self._times, indent=1, sort_keys=True) + "\n").encode())

    def _title(self, run: Run) -> str:
        return f"run {run.number} of {len(self._plan.runs)}, {run.name}"

    def _line(self, text: str) -> None:
        self._stream.write(("\r\033[K" if self._stream.isatty() else "") + text + "\n")
        self._stream.flush()

    def _left(self) -> str:
        """The time left, estimated from runs of the same label, or of any label."""
        known: dict[str, list[float]] = {}
        for run in self._plan.runs:
            spent, share = self._spent(run), self._share(run)
            if spent and share and run.name not in self.failed:
                known.setdefault(run.label, []).append(spent / share)
        if not known:
            return ""
        anyone = mean(mean(times) for times in known.values())
        left = 0.0
        for run in self._plan.runs:
            expected = mean(known.get(run.label, [anyone]))
            left += expected * (1 - self._share(run))
        return f"; {_clock(left)} left" if left >= 1 else ""

    def _spent(self, run: Run) -> float:
        since = self._since.get(run.name)
        return self._times.get(run.name, 0.0) + (time.monotonic() - since if since is not None else 0.0)

    def _share(self, run: Run) -> float:
        """The completed share of a run; 0 if it is unknown."""
        if run.name in self._done:
            return 1.0
        step = newest_logged_step(self._folder / run.name) if run.name in self._times or run.name in self._since else 0
        return min(step / run.steps, 1.0) if run.steps else 0.0


def newest_logged_step(workdir: Path) -> int:
    """Return the newest step in a run's log; 0 without one."""
    file = workdir / "metrics.jsonl"
    if not file.is_file():
        return 0
    with file.open("rb") as lines:
        lines.seek(max(0, file.stat().st_size - _END))
        whole = lines.read().split(b"\n")[:-1]
    try:
        return int(json.loads(whole[-1])["step"])
    except (IndexError, ValueError, KeyError, TypeError):
        return 0


def _read(file: Path) -> dict[str, float]:
    return json.loads(file.read_text()) if file.is_file() else {}


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
