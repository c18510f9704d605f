"""Runs of a sweep as jobs of a Slurm cluster, all at once, through submitit."""

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
from mangagan.sweep.job import do
from mangagan.sweep.job_log import last_lines
from mangagan.sweep.sweep_plan import Run, read_plan
from mangagan.sweep.sweep_progress import Progress
from mangagan.train.run_history import newest_step

JOBS = "jobs"
# submitit's own is five minutes.
DEFAULTS: Mapping[str, Any] = {"timeout_min": 24 * 60}
EVERY_SECONDS = 2.0
_ALIVE = frozenset({"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED"})


@dataclass(frozen=True)
class Job:
    """A run as the cluster calls it; one that was preempted or ran out of time is queued again and goes on."""

    folder: str
    number: int

    def __call__(self) -> None:
        """Does the run. A preempted job is told before it ends: what it saves then is where it goes on.

        Raises RuntimeError where it does not get on.
        """
        folder, step = Path(self.folder), -1
        while not do(folder, self.number):
            before, step = step, newest_step(folder / read_plan(folder).run(self.number).name)
            if step <= before:
                raise RuntimeError(f"the run does not get on: it stopped again at step {step}")

    def checkpoint(self) -> Any:
        """The job that takes this one's place."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def on_slurm(
    options: Mapping[str, Any], cluster: Literal["slurm", "local"] = "slurm"
) -> Callable[[Path, Sequence[Run], Progress], None]:
    """What does each run of a sweep's folder as a job and waits for all, telling `progress` how each ends.

    Jobs outlive this process. Those that an earlier call has sent, and that the cluster still has, are waited for and
    not sent again. options: what `submitit.AutoExecutor.update_parameters` takes. Raises ValueError where submitit or
    Slurm is missing, and for options that there are not; nothing is written before.
    """
    asked = dict(DEFAULTS) | dict(options)
    # submitit makes a folder as soon as it is asked whether it can do this.
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
        progress.begins(run)
    waiting = {run.name: run for run in runs}
    while waiting:
        for name, run in list(waiting.items()):
            if jobs[name].done():
                progress.ends(waiting.pop(name), _reason(jobs[name]))
            else:
                progress.goes_on(run)
        time.sleep(EVERY_SECONDS if waiting else 0)


def _executor(folder: Path, options: dict[str, Any], cluster: str) -> Any:
    try:
        import submitit
    except ModuleNotFoundError as error:
        raise ValueError(f"{error}: pip install -e '.[slurm]' brings what sends jobs to Slurm") from error
    try:
        executor = submitit.AutoExecutor(folder / JOBS, cluster=cluster)
        executor.update_parameters(name=folder.name[:40], **options)
    except (NameError, RuntimeError, TypeError, AssertionError) as error:
        raise ValueError(f"Slurm: {error}") from error
    return executor


def _remember(folder: Path, ids: Mapping[str, str]) -> None:
    write_atomically(folder / JOBS / "ids.json", (json.dumps(dict(ids), indent=1) + "\n").encode())


def _earlier(folder: Path, run: Run, cluster: str) -> Any | None:
    """The job that was sent for a run before, where the cluster still has it."""
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
    """Why a job failed, None where it did not."""
    error = job.exception()
    if error is None:
        return None
    log = Path(job.paths.stderr)
    return f"{type(error).__name__}; the end of {log}:\n{last_lines(log)}"
