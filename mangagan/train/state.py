"""The training state: everything that changes in training, as one tree of arrays that is saved and restored whole."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int

from mangagan.tasks.base import Batch, Task, Tree, Variables


class Optimizers(NamedTuple):
    """The two optimisers of a run."""

    generator: optax.GradientTransformation
    discriminator: optax.GradientTransformation


class NetState(NamedTuple):
    """The generator or the discriminator: parameters, statistics (batch norm) and optimiser state."""

    params: Tree
    stats: Tree
    opt: Any

    @property
    def variables(self) -> Variables:
        """Parameters and statistics, as a forward pass takes them."""
        return Variables(self.params, self.stats)


class TrainState(NamedTuple):
    """The state after `step` steps. All random numbers of step n depend on (`key`, n) alone."""

    step: Int[Array, ""]
    key: Array
    generator: NetState
    discriminator: NetState
    ema: Variables
    memory: Tree


def init_state(task: Task, optimizers: Optimizers, seed: int, batch: Batch) -> TrainState:
    """Return the state before the first step.

    Args:
        task: The task.
        optimizers: The optimisers of the run.
        seed: The seed of initial variables and of all steps.
        batch: Arrays of the right shapes; their values do not matter.
    """
    init_key, key = jax.random.split(jax.random.key(seed))
    nets = task.init(init_key, batch)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        key=key,
        generator=NetState(*nets.generator, optimizers.generator.init(nets.generator.params)),
        discriminator=NetState(*nets.discriminator, optimizers.discriminator.init(nets.discriminator.params)),
        # A copy: the step donates both, and one buffer cannot be donated twice.
        ema=jax.tree.map(jnp.copy, nets.generator),
        memory=task.init_memory(batch),
    )
