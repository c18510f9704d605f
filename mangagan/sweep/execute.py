"""Run a sweep from its plan to its tables; a second call resumes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from mangagan.sweep.findings import find, read_results
from mangagan.sweep.job import run_result_file
from mangagan.sweep.local import Stopped
from mangagan.sweep.sweep_plan import Plan, Run, check_claimable, claim
from mangagan.sweep.sweep_progress import Progress
from mangagan.sweep.sweep_table import write_tables

# Executes runs of the sweep in a folder, and reports to `progress` how each one ends.
Executor = Callable[[Path, Sequence[Run], Progress], None]


def execute(folder: Path, plan: Plan, run_all: Executor) -> dict[str, str]:
    """Execute the runs of a plan that have no result yet, and write the tables, even if the sweep is stopped.

    Args:
        folder: The sweep's folder, new or of the same plan.
        plan: The runs and how they are evaluated.
        run_all: Executes the runs; what it raises is raised here.

    Returns:
        Why runs failed, by their names.

    Raises:
        ValueError: The folder holds anything else, another sweep runs in it, or a result cannot be read.
    """
    # Checked before locking as well: the lock file must not be left among somebody else's files.
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
    done = {run.name for run in plan.runs if run_result_file(folder, plan, run).is_file()}
    progress = Progress(folder, plan, done)
    try:
        run_all(folder, [run for run in plan.runs if run.name not in done], progress)
    except (Stopped, KeyboardInterrupt):
        _print_tables(folder, plan)
        raise
    _print_tables(folder, plan)
    return progress.failed


def _print_tables(folder: Path, plan: Plan) -> None:
    file = write_tables(folder, find(plan, read_results(folder, plan)))
    print(f"\n{file.read_text()}\ntable in {file}", flush=True)
