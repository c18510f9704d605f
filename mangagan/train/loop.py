"""The training loop: batches in; a trained state, checkpoints, metrics and pictures out."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import jax
from tqdm import tqdm

from mangagan.config import Experiment
from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.sources.open_source import same_source
from mangagan.data.stream.batches import Batch, batches, steps_per_epoch
from mangagan.data.stream.page_use import page_use
from mangagan.evaluate.validation import held_out_pages
from mangagan.overrides import describe
from mangagan.train import devices
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.experiment_file import read_experiment, write_description
from mangagan.train.init_from import begin, initial_variables
from mangagan.train.meter import Meter
from mangagan.train.perceptual_networks import load_frozen
from mangagan.train.program import Program, build_program
from mangagan.train.reporter import HINTS, Reporter
from mangagan.train.run_environment import check_data, record_start
from mangagan.train.run_length import check_length, describe_new_length
from mangagan.train.run_log import RunLog
from mangagan.train.state import TrainState
from mangagan.train.workdir import Resume, check, claimed

# The duration of a run is estimated from the steps after the first of these, up to the second; earlier ones compile.
TIMED_STEPS = (2, 5)
# The period at which several hosts ask each other whether one of them was told to stop.
EVERY_AGREEMENT_STEPS = 10


def train(experiment: Experiment, workdir: Path, *, resume: Resume = "auto", estimate: bool = False) -> None:
    """Train an experiment in a folder, from the newest readable checkpoint if there is one.

    After SIGTERM or Ctrl-C the run saves a checkpoint and returns at the end of the current step.

    Args:
        experiment: The experiment.
        workdir: The folder of the run.
        resume: Whether a run may ("auto"), must not ("never") or must ("require") be continued.
        estimate: Whether to print how long the whole run will take.

    Raises:
        ValueError: Experiment, data or folder are wrong; the message says what to change.
        Diverged: A loss or a gradient is not finite.
    """
    description = describe(experiment)
    check(workdir, description, resume)
    archive = open_archive(experiment.data.source, held_out=experiment.data.held_out)
    frozen = load_frozen(experiment.task.frozen_weights)
    epoch = steps_per_epoch(experiment.data, archive)
    program = build_program(experiment, devices.make_mesh(), epoch, frozen)
    # Mistakes in the networks or in `train.init_from` are found before the folder is created.
    like = program.abstract_state
    if experiment.train.init_from and not workdir.exists():
        initial_variables(experiment, like)
    settings, first_host = experiment.train, jax.process_index() == 0
    with ExitStack() as stack:
        stack.enter_context(claimed(workdir, description, resume))
        recorded = read_experiment(workdir)
        stopped = stack.enter_context(_stop_signals())
        checkpoints = stack.enter_context(
            closing(Checkpoints(workdir / "checkpoints", settings.keep_last, settings.keep_best))
        )
        state = checkpoints.restore_newest(like) or begin(experiment, program.init())
        start = int(state.step)
        moved = "" if same_source(recorded.data.source, experiment.data.source) else recorded.data.source
        if start or moved:
            check_data(workdir, archive.fingerprint, moved)
        check_length(workdir, settings, program.total_steps, start)
        if first_host:
            write_description(workdir, description)
        bar = stack.enter_context(_bar(experiment, program.total_steps, start))
        if start >= program.total_steps:
            bar.write(f"{workdir} is already trained to its last step, {start}")
            return
        if first_host:
            use = page_use(experiment.data, archive)
            if line := use.line(experiment.data.source):
                bar.write(line)
            if line := describe_new_length(recorded.train, settings, epoch, start):
                bar.write(line)
            record_start(workdir, archive.fingerprint, start, use.record())
        files = stack.enter_context(closing(RunLog(workdir, start))) if first_host else None
        pages = held_out_pages(experiment.data, archive, settings.evaluation_pages)
        if not pages:
            bar.write("no held-out page has both an input and a truth: no evaluation, no pictures, no best checkpoint")
        hinted = [experiment.task.with_hints(jax.random.key(n), page, HINTS) for n, page in enumerate(pages)]
        reporter = Reporter(
            settings=settings,
            total_steps=program.total_steps,
            predict=program.predict,
            main_metric=experiment.task.metrics[0],
            pages=pages,
            hinted=list(filter(None, hinted)),
            checkpoints=checkpoints,
            files=files,
            bar=bar,
        )
        stream = stack.enter_context(closing(_stream(experiment, archive, start)))
        _loop(program, reporter, state, stream, stopped, estimate)


def _stream(experiment: Experiment, archive: Archive, start: int) -> Generator[Batch, None, None]:
    process = (jax.process_index(), jax.process_count())
    return batches(experiment.data, archive, split="train", seed=experiment.train.seed, start=start, process=process)


def _bar(experiment: Experiment, total_steps: int, start: int) -> tqdm:
    pictures = experiment.data.batch_size
    return tqdm(
        total=total_steps * pictures,
        initial=start * pictures,
        unit="image",
        dynamic_ncols=True,
        smoothing=0.05,
        disable=jax.process_index() > 0,
    )


def _loop(
    program: Program,
    reporter: Reporter,
    state: TrainState,
    stream: Iterator[Batch],
    stopped: Callable[[], bool],
    estimate: bool,
) -> None:
    start, meter = int(state.step), Meter()
    times: dict[int, float] = {}
    for step, batch in zip(range(start + 1, program.total_steps + 1), meter.timed(stream), strict=False):
        state, metrics = program.step(state, devices.put(batch, program.mesh))
        meter.add(step, metrics)
        reporter.bar.update(len(batch["input"]) * jax.process_count())
        reporter.after(step, state, meter)
        if step - start in TIMED_STEPS:
            times[step - start] = time.perf_counter()
        if estimate and step - start == TIMED_STEPS[1]:
            reporter.bar.write(_estimate(times, program.total_steps - start))
        if _is_agreement_due(step) and stopped() and step < program.total_steps:
            reporter.save(step, state, meter)
            reporter.bar.write(f"stopped after step {step} and saved; the same command continues from here")
            return


def _is_agreement_due(step: int) -> bool:
    # All hosts have to stop after the same step, and each agreement makes them wait for the current step.
    return jax.process_count() == 1 or step % EVERY_AGREEMENT_STEPS == 0


def _estimate(times: dict[int, float], steps: int) -> str:
    first, last = TIMED_STEPS
    seconds = (times[last] - times[first]) / (last - first)
    return (
        f"{seconds:.2f} s a step: {steps} steps take about {timedelta(seconds=round(seconds * steps))} on this machine"
    )


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether any host has received SIGTERM or Ctrl-C; a second Ctrl-C stops at once."""
    received: list[int] = []

    def note(number: int, _: object) -> None:
        received.append(number)
        signal.signal(number, previous[signal.Signals(number)])

    previous = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: devices.any_host(bool(received))
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
