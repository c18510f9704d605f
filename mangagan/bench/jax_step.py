"""Our train step as work to be timed, and how it shares its time with the stream of batches."""

from __future__ import annotations

import time
from contextlib import closing
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from mangagan.bench.interleave import Work
from mangagan.config import Experiment, example_batch
from mangagan.data.archive.archive import open_archive
from mangagan.data.stream.batches import batches
from mangagan.train import devices
from mangagan.train.meter import Meter
from mangagan.train.perceptual_networks import frozen_shapes
from mangagan.train.program import Program, build_program


def build_our_step(experiment: Experiment, steps: int) -> Work:
    """`steps` train steps on one random batch, finished when the state is there."""
    program = _program(experiment)
    batch, state = devices.put(random_pictures(experiment), program.mesh), program.init()

    def work() -> None:
        nonlocal state
        for _ in range(steps):
            state, _ = program.step(state, batch)
        jax.block_until_ready(state)

    return work


def step_flops(experiment: Experiment) -> float:
    """Floating-point operations of one compiled step, as XLA counts them."""
    program = _program(experiment)
    lowered = jax.jit(program.step).lower(program.abstract_state, example_batch(experiment))
    analysis: Any = lowered.compile().cost_analysis()
    return analysis["flops"]


def data_figures(experiment: Experiment, steps: int) -> dict[str, float]:
    """Images a second of the stream alone and of training on it; the share of its time that training waits for data."""
    archive = open_archive(experiment.data.source, held_out=experiment.data.held_out)
    program = _program(experiment)
    pictures = steps * experiment.data.batch_size
    with closing(batches(experiment.data, archive, split="train", seed=0)) as stream:
        next(stream)  # workers are started
        start = time.perf_counter()
        for _ in islice(stream, steps):
            pass
        alone = pictures / (time.perf_counter() - start)
    with closing(batches(experiment.data, archive, split="train", seed=0)) as stream:
        state, metrics = program.step(program.init(), devices.put(next(stream), program.mesh))
        jax.block_until_ready(metrics)
        meter = Meter()
        for step, batch in enumerate(islice(meter.timed(stream), steps)):
            state, metrics = program.step(state, devices.put(batch, program.mesh))
            meter.add(step, metrics)
        figures = meter.report()
    return {
        "stream_images_per_s": alone,
        "train_images_per_s": experiment.data.batch_size / figures["time/step_seconds"],
        "data_share": figures["time/data_share"],
    }


def random_pictures(experiment: Experiment) -> dict[str, np.ndarray]:
    """A batch of the experiment's shapes: noise in [-1, 1], holes in a quarter of it, and instances from 0 to 255."""
    rng = np.random.default_rng(0)

    def drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name == "instances":
            return rng.integers(0, 256, shape, np.int32)
        values = rng.uniform(-1, 1, shape)
        return (values > 0.5 if name == "mask" else values).astype(np.float32)

    return {name: drawn(name, array.shape) for name, array in example_batch(experiment).items()}


def _program(experiment: Experiment) -> Program:
    """The experiment's functions, with random numbers for networks that never learn: they take the same time."""
    shapes, rng = frozen_shapes(experiment.task.frozen_weights), np.random.default_rng(0)
    frozen = jax.tree.map(lambda leaf: jnp.asarray(0.02 * rng.standard_normal(leaf.shape, np.float32)), shapes)
    return build_program(experiment, devices.make_mesh(), steps_per_epoch=1000, frozen=frozen)
