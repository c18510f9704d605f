"""Everything that changes in training, as arrays in one tree: saved whole, restored whole."""

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
    """One side's networks: parameters, statistics (batch norm) and optimiser state."""

    params: Tree
    stats: Tree
    opt: Any

    @property
    def variables(self) -> Variables:
        """What a forward pass needs."""
        return Variables(self.params, self.stats)


class TrainState(NamedTuple):
    """The whole state after `step` steps; step n draws its randomness from (key, n) alone."""

    step: Int[Array, ""]
    key: Array
    generator: NetState
    discriminator: NetState
    ema: Variables
    memory: Tree


def init_state(task: Task, optimizers: Optimizers, seed: int, batch: Batch) -> TrainState:
    """The state before the first step, for batches like `batch`."""
    init_key, key = jax.random.split(jax.random.key(seed))
    nets = task.init(init_key, batch)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        key=key,
        generator=NetState(*nets.generator, optimizers.generator.init(nets.generator.params)),
        discriminator=NetState(*nets.discriminator, optimizers.discriminator.init(nets.discriminator.params)),
        # A copy: the step is given both to overwrite, and one buffer cannot be given twice.
        ema=jax.tree.map(jnp.copy, nets.generator),
        memory=task.init_memory(batch),
    )
