"""One run of a sweep, from its last checkpoint to its result: what a child process or a cluster's job does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mangagan.config import Experiment
from mangagan.evaluate.result import pages_folder, result_file
from mangagan.sweep.parent import stop_with_parent
from mangagan.sweep.sweep_plan import Plan, Run, build, read_plan
from mangagan.train.run_history import newest_step

STOPPED = 3


def main(arguments: Sequence[str]) -> int:
    """Execute run NUMBER of the sweep in FOLDER; return 0 (done), 1 (diverged), 2 (a user's mistake) or STOPPED."""
    from mangagan.train.meter import Diverged

    folder, number = arguments
    stop_with_parent()
    try:
        return 0 if execute_run(Path(folder), int(number)) else STOPPED
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Diverged as error:
        print(f"diverged: {error}", file=sys.stderr)
        return 1


def execute_run(folder: Path, number: int) -> bool:
    """Train a run to its last step and write its result; return False if a signal stopped it, after a checkpoint.

    A run that another process executes is waited for; a run with a result is left alone. What training and evaluation
    raise is raised here; problems with the evaluation pages are raised before anything is trained.

    Args:
        folder: The sweep's folder.
        number: The run's number, from 1.
    """
    plan = read_plan(folder)
    run = plan.run(number)
    with _alone(folder / f".{run.name}.lock"):
        if run_result_file(folder, plan, run).is_file():
            return True
        _check_evaluation(plan, run)
        return _train(folder / run.name, run) and _evaluate(folder, plan, run)


def run_result_file(folder: Path, plan: Plan, run: Run) -> Path:
    """Return the file of a run's result; if it exists, the run is done."""
    return result_file(folder / run.name, plan.protocol.name, plan.protocol.data)


def is_restorer(experiment: Experiment) -> bool:
    """Return whether an experiment restores damaged pictures, rather than colouring pages."""
    return experiment.task.kind in ("denoise", "inpaint")


def _check_evaluation(plan: Plan, run: Run) -> None:
    """Raise ValueError if there are no pages on which the run can be evaluated."""
    from mangagan.data.archive.archive import open_archive
    from mangagan.evaluate.colorization.evaluation_pages import open_evaluation_pages
    from mangagan.evaluate.restoration.held_out import damaged_entries

    experiment = build(run)
    data = experiment.data
    # The training set must be known first: pages of it are refused for evaluation.
    archive = open_archive(data.source, held_out=data.held_out)
    if is_restorer(experiment):
        damaged_entries(plan.protocol, data, archive)
    else:
        open_evaluation_pages(plan.protocol, data)


def _train(workdir: Path, run: Run) -> bool:
    from mangagan.compilation_cache import keep_compiled
    from mangagan.data.archive.archive import open_archive
    from mangagan.data.stream.batches import steps_per_epoch
    from mangagan.train.loop import train

    keep_compiled()
    experiment = build(run)
    train(experiment, workdir)
    steps = run.steps
    if steps is None:
        data = experiment.data
        steps = experiment.train.epochs * steps_per_epoch(data, open_archive(data.source, held_out=data.held_out))
    return newest_step(workdir) >= steps


def _evaluate(folder: Path, plan: Plan, run: Run) -> bool:
    from mangagan.evaluate.colorization.colorization import evaluate_colorizer
    from mangagan.evaluate.colorization.session import EvaluationOptions
    from mangagan.evaluate.restoration.held_out import evaluate_restorer
    from mangagan.evaluate.result import write_result
    from mangagan.train.load import load_trained

    print(f"evaluating {run.name} by protocol {plan.protocol.name}", flush=True)
    experiment, variables = load_trained(folder / run.name)
    file = run_result_file(folder, plan, run)
    if is_restorer(experiment):
        result = evaluate_restorer(run.name, experiment, variables, plan.protocol)
    else:
        result = evaluate_colorizer(
            run.name, experiment, variables, plan.protocol, EvaluationOptions(pages_folder(file))
        )
    write_result(file, result)
    return True


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the lock of a run; the system frees it when its holder dies."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"another process is at work on {file.stem.removeprefix('.')}: waiting for it", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
