"""The JAX train step of an experiment as a function to time, and its FLOPs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from mangagan.bench.timing import TimedFunction
from mangagan.config import Experiment, example_batch
from mangagan.train import devices
from mangagan.train.perceptual_networks import frozen_shapes
from mangagan.train.program import Program, build_program


def build_jax_step(experiment: Experiment, steps: int) -> TimedFunction:
    """Return a function that runs `steps` train steps on one random batch and waits for the new state."""
    program = random_program(experiment)
    batch, state = devices.put(random_batch(experiment), program.mesh), program.init()

    def run_steps() -> None:
        nonlocal state
        for _ in range(steps):
            state, _ = program.step(state, batch)
        jax.block_until_ready(state)

    return run_steps


def step_flops(experiment: Experiment) -> float:
    """Return the floating-point operations of one compiled train step, as XLA counts them."""
    program = random_program(experiment)
    lowered = jax.jit(program.step).lower(program.abstract_state, example_batch(experiment))
    analysis: Any = lowered.compile().cost_analysis()
    return analysis["flops"]


def random_batch(experiment: Experiment) -> dict[str, np.ndarray]:
    """Return a batch with the shapes of the experiment.

    Pictures are noise in [-1, 1], masks have holes (1) in a quarter of their pixels, and instance numbers are 0 to 255.
    """
    rng = np.random.default_rng(0)

    def sample(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name == "instances":
            return rng.integers(0, 256, shape, np.int32)
        values = rng.uniform(-1, 1, shape)
        return (values > 0.5 if name == "mask" else values).astype(np.float32)

    return {name: sample(name, array.shape) for name, array in example_batch(experiment).items()}


def random_program(experiment: Experiment) -> Program:
    """Return the train program of the experiment, with random weights for frozen networks.

    Speed does not depend on the weights, so the published ones of perceptual networks need not be there.
    """
    shapes, rng = frozen_shapes(experiment.task.frozen_weights), np.random.default_rng(0)
    frozen = jax.tree.map(lambda leaf: jnp.asarray(0.02 * rng.standard_normal(leaf.shape, np.float32)), shapes)
    return build_program(experiment, devices.make_mesh(), steps_per_epoch=1000, frozen=frozen)
