"""Execute runs of a sweep as jobs of a Slurm cluster, all at once, through submitit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from mangagan.images.atomic import write_atomically
from mangagan.sweep.job import execute_run
from mangagan.sweep.job_log import last_lines
from mangagan.sweep.sweep_plan import Run, read_plan
from mangagan.sweep.sweep_progress import Progress
from mangagan.train.run_history import newest_step

JOBS = "jobs"
# The default of submitit is five minutes.
DEFAULTS: Mapping[str, Any] = {"timeout_min": 24 * 60}
EVERY_SECONDS = 2.0
_ALIVE = frozenset({"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED"})


@dataclass(frozen=True)
class Job:
    """A run as a cluster's job; one that was preempted or ran out of time is queued again and resumes."""

    folder: str
    number: int

    def __call__(self) -> None:
        """Execute the run. A preempted job gets a signal before it ends, and saves a checkpoint to resume from.

        Raises:
            RuntimeError: The run stopped twice at the same step.
        """
        folder, step = Path(self.folder), -1
        while not execute_run(folder, self.number):
            before, step = step, newest_step(folder / read_plan(folder).run(self.number).name)
            if step <= before:
                raise RuntimeError(f"the run makes no progress: it stopped again at step {step}")

    def checkpoint(self) -> Any:
        """Return the job that replaces this one after preemption."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def on_slurm(
    options: Mapping[str, Any], cluster: Literal["slurm", "local"] = "slurm"
) -> Callable[[Path, Sequence[Run], Progress], None]:
    """Return a function that submits each run as a job and waits for all of them.

    Jobs outlive this process. Jobs that an earlier call submitted, and that the cluster still has, are waited for and
    not submitted again.

    Args:
        options: Parameters of `submitit.AutoExecutor.update_parameters`.
        cluster: "local" executes the jobs on this machine.

    Raises:
        ValueError: submitit or Slurm is missing, or there is no such option; nothing was written.
    """
    asked = dict(DEFAULTS) | dict(options)
    # submitit makes a folder as soon as its parameters are checked.
    with TemporaryDirectory() as scratch:
        _executor(Path(scratch), asked, cluster)
    return partial(_run, asked, cluster)


def _run(options: dict[str, Any], cluster: str, folder: Path, runs: Sequence[Run], progress: Progress) -> None:
    executor = _executor(folder, options, cluster)
    earlier = {run.name: _earlier(folder, run, cluster) for run in runs}
    jobs: dict[str, Any] = {name: job for name, job in earlier.items() if job is not None}
    new = [run for run in runs if run.name not in jobs]
    if new:
        with executor.batch():
            sent = [executor.submit(Job(str(folder.resolve()), run.number)) for run in new]
        jobs |= {run.name: job for run, job in zip(new, sent, strict=True)}
        _remember(folder, {name: str(job.job_id) for name, job in jobs.items()})
    for run in runs:
        progress.run_started(run)
    waiting = {run.name: run for run in runs}
    while waiting:
        for name, run in list(waiting.items()):
            if jobs[name].done():
                progress.run_ended(waiting.pop(name), _reason(jobs[name]))
            else:
                progress.run_continues(run)
        time.sleep(EVERY_SECONDS if waiting else 0)


def _executor(folder: Path, options: dict[str, Any], cluster: str) -> Any:
    try:
        import submitit
    except ModuleNotFoundError as error:
        raise ValueError(f"{error}: pip install -e '.[slurm]' installs what submits jobs to Slurm") from error
    try:
        executor = submitit.AutoExecutor(folder / JOBS, cluster=cluster)
        executor.update_parameters(name=folder.name[:40], **options)
    except (NameError, RuntimeError, TypeError, AssertionError) as error:
        raise ValueError(f"Slurm: {error}") from error
    return executor


def _remember(folder: Path, ids: Mapping[str, str]) -> None:
    write_atomically(folder / JOBS / "ids.json", (json.dumps(dict(ids), indent=1) + "\n").encode())


def _earlier(folder: Path, run: Run, cluster: str) -> Any | None:
    """The job that was submitted for a run before, if the cluster still has it."""
    file = folder / JOBS / "ids.json"
    if cluster != "slurm" or not file.is_file():
        return None
    number = json.loads(file.read_text()).get(run.name)
    if number is None:
        return None
    import submitit

    job: Any = submitit.SlurmJob(folder / JOBS, number)
    return job if job.state.split()[0] in _ALIVE else None


def _reason(job: Any) -> str | None:
    """Why a job failed; None if it did not."""
    error = job.exception()
    if error is None:
        return None
    log = Path(job.paths.stderr)
    return f"{type(error).__name__}; the end of {log}:\n{last_lines(log)}"
