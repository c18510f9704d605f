"""A sweep from its plan to its table; called again, it goes on where it was left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from mangagan.sweep.findings import find, read_results
from mangagan.sweep.job import kept
from mangagan.sweep.local import Stopped
from mangagan.sweep.sweep_plan import Plan, Run, check_claimable, claim
from mangagan.sweep.sweep_progress import Progress
from mangagan.sweep.sweep_table import write_tables

# Does runs of the sweep in a folder, and tells `progress` how each ends.
Executor = Callable[[Path, Sequence[Run], Progress], None]


def execute(folder: Path, plan: Plan, run_all: Executor) -> dict[str, str]:
    """Does the runs of a plan that have no result yet and writes the tables; the failures by the names of the runs.

    The tables are also written where the runs are stopped. Raises ValueError where the folder holds anything else,
    another process is at work in it, or a result cannot be read, and what the executor raises.
    """
    # Before the lock too, which is not to be left among files of somebody else's.
    check_claimable(folder, plan)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".sweep.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ValueError(f"another sweep is at work in {folder}; wait for it, or stop it") from error
    try:
        # Another sweep may have claimed the folder before this one had the lock.
        claim(folder, plan)
        return _execute(folder, plan, run_all)
    finally:
        lock.release()


def _execute(folder: Path, plan: Plan, run_all: Executor) -> dict[str, str]:
    done = {run.name for run in plan.runs if kept(folder, plan, run).is_file()}
    progress = Progress(folder, plan, done)
    try:
        run_all(folder, [run for run in plan.runs if run.name not in done], progress)
    except (Stopped, KeyboardInterrupt):
        _tell(folder, plan)
        raise
    _tell(folder, plan)
    return progress.failed


def _tell(folder: Path, plan: Plan) -> None:
    file = write_tables(folder, find(plan, read_results(folder, plan)))
    print(f"\n{file.read_text()}\ntable in {file}", flush=True)
