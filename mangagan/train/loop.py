"""The training loop: batches in; a trained state, checkpoints, figures and pictures out."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import jax
import numpy as np
from jax.experimental import multihost_utils
from tqdm import tqdm

from mangagan.config import Experiment
from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.stream.batches import Batch, batches, steps_per_epoch
from mangagan.evaluate.validation import held_out_pages
from mangagan.overrides import describe
from mangagan.train import devices
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.init_from import begin, first_weights
from mangagan.train.meter import Meter
from mangagan.train.perceptual_networks import load_frozen
from mangagan.train.program import Program, build_program
from mangagan.train.reporter import HINTS, Reporter
from mangagan.train.run_log import Reports
from mangagan.train.state import TrainState
from mangagan.train.workdir import Resume, check, check_data, claim, record_start

# A whole run's time is estimated from the steps after the first and up to the second of these; earlier ones compile.
TIMED_STEPS = (2, 5)
EVERY_AGREEMENT_STEPS = 10


def train(experiment: Experiment, workdir: Path, *, resume: Resume = "auto", estimate: bool = False) -> None:
    """Trains in `workdir`, from its newest sound checkpoint where there is one.

    SIGTERM and Ctrl-C end the run after the step under way, saved. With `estimate` the time that the whole run will
    take is measured and said. Raises ValueError for what a user can mend, Diverged if a loss is not finite.
    """
    check(workdir, describe(experiment), resume)
    archive = open_archive(experiment.data.source, held_out=experiment.data.held_out)
    frozen = load_frozen(experiment.task.frozen_weights)
    program = build_program(experiment, devices.make_mesh(), steps_per_epoch(experiment.data, archive), frozen)
    # A mistake in the networks, or in what they begin with, is found before the folder is taken.
    like = program.abstract_state
    if experiment.train.start and not workdir.exists():
        first_weights(experiment, like)
    _take_folder(experiment, workdir)
    settings, first_host = experiment.train, jax.process_index() == 0
    with ExitStack() as stack:
        stopped = stack.enter_context(_stop_signals())
        checkpoints = stack.enter_context(
            closing(Checkpoints(workdir / "checkpoints", settings.keep_last, settings.keep_best))
        )
        state = checkpoints.restore_newest(like) or begin(experiment, program.init())
        start = int(state.step)
        if start:
            check_data(workdir, archive.fingerprint)
        bar = stack.enter_context(_bar(experiment, program.total_steps, start))
        if start >= program.total_steps:
            bar.write(f"{workdir} is trained to its last step, {start}")
            return
        if first_host:
            record_start(workdir, archive.fingerprint, start)
        files = stack.enter_context(closing(Reports(workdir, start))) if first_host else None
        pages = held_out_pages(experiment.data, archive, settings.evaluation_pages)
        if not pages:
            bar.write("no page held out has both an input and a truth: no evaluation, no pictures, no best checkpoint")
        hinted = [experiment.task.with_hints(jax.random.key(n), page, HINTS) for n, page in enumerate(pages)]
        reporter = Reporter(
            settings, program.total_steps, program.predict, pages, list(filter(None, hinted)), checkpoints, files, bar
        )
        stream = stack.enter_context(closing(_stream(experiment, archive, start)))
        _loop(program, reporter, state, stream, stopped, estimate)


def _take_folder(experiment: Experiment, workdir: Path) -> None:
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices("every host has checked the folder before one writes to it")
    if jax.process_index() == 0:
        claim(workdir, describe(experiment))


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
        if _asked(step) and stopped() and step < program.total_steps:
            reporter.save(step, state, meter)
            reporter.bar.write(f"stopped after step {step} and saved; the same command goes on from here")
            return


def _asked(step: int) -> bool:
    # Hosts have to agree, and each question makes all of them wait for the step under way.
    return jax.process_count() == 1 or step % EVERY_AGREEMENT_STEPS == 0


def _estimate(times: dict[int, float], steps: int) -> str:
    first, last = TIMED_STEPS
    seconds = (times[last] - times[first]) / (last - first)
    return (
        f"{seconds:.2f} s a step: {steps} steps take about {timedelta(seconds=round(seconds * steps))} on this machine"
    )


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """A function that tells whether SIGTERM or Ctrl-C has come, to any host; a second Ctrl-C stops at once."""
    received: list[int] = []

    def note(number: int, _: object) -> None:
        received.append(number)
        signal.signal(number, previous[signal.Signals(number)])

    previous = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: _any_host(bool(received))
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _any_host(flag: bool) -> bool:
    if jax.process_count() == 1:
        return flag
    return bool(np.any(multihost_utils.process_allgather(np.array(flag))))
