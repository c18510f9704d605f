"""The speed of the stream of batches, alone and under the train step."""

from __future__ import annotations

import time
from contextlib import closing
from itertools import islice

import jax

from mangagan.bench.jax_train_step import random_program
from mangagan.config import Experiment
from mangagan.data.archive.archive import open_archive
from mangagan.data.stream.batches import batches
from mangagan.train import devices
from mangagan.train.meter import Meter


def measure_data_stream(experiment: Experiment, steps: int) -> dict[str, float]:
    """Measure how fast batches arrive and how long training waits for them.

    Args:
        experiment: The experiment whose data and train step are measured.
        steps: The number of timed batches and of timed train steps.

    Returns:
        `stream_images_per_s` of the stream alone, `train_images_per_s` of training on it, and `data_share`, the share
        of its time that training waits for data, in [0, 1].
    """
    archive = open_archive(experiment.data.source, held_out=experiment.data.held_out)
    program = random_program(experiment)
    pictures = steps * experiment.data.batch_size
    with closing(batches(experiment.data, archive, split="train", seed=0)) as stream:
        next(stream)  # the worker processes have started once the first batch is there
        start = time.perf_counter()
        for _ in islice(stream, steps):
            pass
        alone = pictures / (time.perf_counter() - start)
    with closing(batches(experiment.data, archive, split="train", seed=0)) as stream:
        # The first step compiles and is not timed.
        state, metrics = program.step(program.init(), devices.put(next(stream), program.mesh))
        jax.block_until_ready(metrics)
        meter = Meter()
        for step, batch in enumerate(islice(meter.timed(stream), steps)):
            state, metrics = program.step(state, devices.put(batch, program.mesh))
            meter.add(step, metrics)
        times = meter.report()
    return {
        "stream_images_per_s": alone,
        "train_images_per_s": experiment.data.batch_size / times["time/step_seconds"],
        "data_share": times["time/data_share"],
    }
