"""One run of a sweep, from wherever it was left to its kept result: what a child process or a cluster's job does."""

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
    """Does run NUMBER of the sweep in FOLDER; 0 done, 1 diverged, 2 a mistake in what was asked, STOPPED."""
    from mangagan.train.meter import Diverged

    folder, number = arguments
    stop_with_parent()
    try:
        return 0 if do(Path(folder), int(number)) else STOPPED
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Diverged as error:
        print(f"diverged: {error}", file=sys.stderr)
        return 1


def do(folder: Path, number: int) -> bool:
    """Trains a run to its last step and writes its result; False where a signal stopped it, saved, before that.

    A run that is under way in another process is waited for; one that has its result is left alone. Raises what
    training and evaluation raise; what is wrong with the pages to be judged by, before anything is trained.
    """
    plan = read_plan(folder)
    run = plan.run(number)
    with _alone(folder / f".{run.name}.lock"):
        if kept(folder, plan, run).is_file():
            return True
        _check_judgeable(plan, run)
        return _train(folder / run.name, run) and _judge(folder, plan, run)


def kept(folder: Path, plan: Plan, run: Run) -> Path:
    """The file of a run's result; where it is, the run is done."""
    return result_file(folder / run.name, plan.protocol.name, plan.protocol.data)


def restores(experiment: Experiment) -> bool:
    """Whether an experiment mends damaged pictures rather than coloring pages."""
    return experiment.data.input == "color"


def _check_judgeable(plan: Plan, run: Run) -> None:
    """Raises ValueError where there are no pages that the run may be judged by."""
    from mangagan.data.archive.archive import open_archive
    from mangagan.evaluate.colorization.evaluation_pages import open_evaluation_pages
    from mangagan.sweep.restorers import damaged_entries

    experiment = build(run)
    data = experiment.data
    # Only where it is known what will be learned from can it be told whether that is judged by.
    archive = open_archive(data.source, held_out=data.held_out)
    if restores(experiment):
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


def _judge(folder: Path, plan: Plan, run: Run) -> bool:
    from mangagan.evaluate.colorization.colorization import evaluate_colorizer
    from mangagan.evaluate.colorization.session import EvaluationOptions
    from mangagan.evaluate.result import write_result
    from mangagan.sweep.restorers import evaluate_restorer
    from mangagan.train.load import load_trained

    print(f"judging {run.name} by protocol {plan.protocol.name}", flush=True)
    experiment, variables = load_trained(folder / run.name)
    file = kept(folder, plan, run)
    if restores(experiment):
        result = evaluate_restorer(run.name, experiment, variables, plan.protocol)
    else:
        result = evaluate_colorizer(
            run.name, experiment, variables, plan.protocol, EvaluationOptions(pages_folder(file))
        )
    write_result(file, result)
    return True


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Holds the lock on a run; the system frees it when its holder dies."""
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
