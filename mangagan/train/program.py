"""The compiled functions of a run: initial state, step and prediction, placed on the mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
from jax.sharding import Mesh
from jaxtyping import Array, Float

from mangagan.config import Experiment, example_batch
from mangagan.tasks.base import Batch, Metrics, Tree, Variables
from mangagan.train import devices
from mangagan.train.optim import build_optimizer
from mangagan.train.run_length import total_steps
from mangagan.train.state import Optimizers, TrainState, init_state
from mangagan.train.step import make_step


@dataclass(frozen=True)
class Program:
    """The functions of a run over its mesh. `step` donates its state: the old one cannot be used any more."""

    mesh: Mesh
    init: Callable[[], TrainState]
    step: Callable[[TrainState, Batch], tuple[TrainState, Metrics]]
    predict: Callable[[Variables, Batch], Float[Array, "b h w 3"]]
    total_steps: int

    @property
    def abstract_state(self) -> TrainState:
        """Shapes, dtypes and shardings of the state."""
        everywhere = devices.replicated(self.mesh)
        return jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=everywhere), jax.eval_shape(self.init)
        )


def build_program(experiment: Experiment, mesh: Mesh, steps_per_epoch: int, frozen: Tree) -> Program:
    """Return the functions of a run; nothing is compiled yet.

    Args:
        experiment: The experiment.
        mesh: The devices.
        steps_per_epoch: The number of steps of an epoch.
        frozen: Variables of the frozen networks (see `load_frozen`), which only `step` uses.

    Raises:
        ValueError: The batch cannot be divided over the devices.
    """
    train, task = experiment.train, experiment.task
    devices.check_batch_size(experiment.data.batch_size, mesh)
    total = total_steps(train, steps_per_epoch)
    optimizers = Optimizers(
        build_optimizer(train.generator, total, steps_per_epoch),
        build_optimizer(train.discriminator, total, steps_per_epoch),
    )
    example = example_batch(experiment)
    everywhere, cut = devices.replicated(mesh), devices.split(mesh)
    step = jax.jit(
        make_step(task, optimizers, ema_decay=train.ema_decay, precision=experiment.precision),
        donate_argnums=0,
        in_shardings=(everywhere, cut, everywhere),
        out_shardings=everywhere,
    )
    return Program(
        mesh=mesh,
        init=jax.jit(lambda: init_state(task, optimizers, train.seed, _zeros(example)), out_shardings=everywhere),
        # Placed here once, not copied to all devices by each step.
        step=partial(_with_frozen, step, jax.device_put(frozen, everywhere)),
        predict=jax.jit(task.predict),
        total_steps=total,
    )


def _with_frozen(step: Callable, frozen: Tree, state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
    return step(state, batch, frozen)


def _zeros(shapes: Any) -> Any:
    return jax.tree.map(lambda leaf: jax.numpy.zeros(leaf.shape, leaf.dtype), shapes)
