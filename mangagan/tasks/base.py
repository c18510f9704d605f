"""What every learning problem offers to the one train step: networks, losses and the predictor, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Batch = dict[str, Array]
Fakes = dict[str, Array]
Metrics = dict[str, Array]
Tree = Any


class Variables(NamedTuple):
    """Arrays of one or several networks: parameters, and statistics that a forward pass updates (batch norm)."""

    params: Tree
    stats: Tree


class Nets(NamedTuple):
    """All networks of a task."""

    generator: Variables
    discriminator: Variables


class Judgement(NamedTuple):
    """What a discriminator's loss function answers beside the loss."""

    metrics: Metrics
    stats: Tree


class Context(NamedTuple):
    """What a loss needs beside networks and pictures: the step's number, its randomness, networks that never learn."""

    step: Array
    key: Array
    frozen: Tree


@dataclass(frozen=True)
class Task:
    """One learning problem; the train step in `mangagan.train.step` says when each function is called.

    Pictures in a batch are `input` [b h w 1] and `target` [b h w 3], both in [-1, 1], and `instances` [b h w], the
    number of the region that a pixel belongs to, where the data has them.
    """

    # What `predict` makes use of where a batch has it.
    takes: ClassVar[frozenset[str]] = frozenset({"input"})
    # Pix2Pix moves its discriminator first in a step, CycleGAN its generators.
    discriminator_first: ClassVar[bool] = True

    @property
    def every_discriminator_steps(self) -> int:
        """The discriminator learns at every so manieth step."""
        return 1

    @property
    def alone_steps(self) -> int:
        """From this step on the discriminator learns, and is asked."""
        return 0

    @property
    def frozen_weights(self) -> dict[str, tuple[str, str]]:
        """Networks that never learn, by the name that `Context.frozen` has them under: (network, file or "")."""
        return {}

    def trainable(self, updates: Tree, step: Array) -> Tree:
        """The updates of the generator's parameters with zeros for what rests at this step."""
        return updates

    def init(self, key: Array, batch: Batch) -> Nets:
        """Fresh variables of all networks for pictures like those of `batch`."""
        raise NotImplementedError

    def begun(self, fresh: Variables, given: Variables) -> Variables:
        """The generator's first variables from given ones. Raises ValueError where they do not fit its fresh ones."""
        return fitted(fresh, given)

    def init_memory(self, batch: Batch) -> Tree:
        """What the task keeps between steps beside its networks; nothing unless a task says so."""
        return ()

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        """Every generator forward pass of a step, each made once; the fakes and the new statistics."""
        raise NotImplementedError

    def recall(self, memory: Tree, fakes: Fakes, rng: Array) -> tuple[Tree, Fakes]:
        """The memory after these fakes, and the fakes that the discriminator is shown."""
        return memory, fakes

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Judgement]:
        """The discriminator's loss on fakes that carry no gradient."""
        raise NotImplementedError

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        """The generator's loss as a function of its fakes."""
        raise NotImplementedError

    def with_hints(self, key: Array, batch: Batch, count: int) -> Batch | None:
        """The batch with `count` true colors revealed in each picture; None for a task that takes no hints."""
        return None

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        """The picture for each input of a batch without targets, in [-1, 1], of any size, free of chance."""
        raise NotImplementedError


def fitted(fresh: Variables, given: Variables) -> Variables:
    """The given variables, once they are seen to have the names and shapes of the fresh ones; ValueError else."""
    wanted, found = ({jax.tree_util.keystr(path): leaf.shape for path, leaf in jax.tree.leaves_with_path(tree)}
                     for tree in (fresh, given))  # fmt: skip
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise ValueError(
            f"{len(wrong)} arrays are missing, surplus or of another shape, for example "
            + "; ".join(f"{name} {found.get(name, 'absent')}, not {wanted.get(name, 'there')}" for name in wrong[:4])
        )
    return given


def init_network(network: nn.Module, key: Array, *inputs: Array) -> Variables:
    """Fresh variables of one network for inputs of these shapes."""
    variables = network.init({"params": key, "dropout": key}, *inputs, train=True)
    return parted(variables)


def parted(collections: Mapping[str, Tree]) -> Variables:
    """What Flax gives as a dictionary; a network without norms has no statistics."""
    return Variables(collections["params"], collections.get("batch_stats", {}))


def apply_network(
    network: nn.Module, variables: Variables, *inputs: Array, train: bool, rng: Array | None = None
) -> tuple[Any, Tree]:
    """The network's output and its new statistics (the old ones where `train` is false)."""
    rngs = {} if rng is None else {"dropout": rng}
    collections = {"params": variables.params, "batch_stats": variables.stats}
    output, updated = network.apply(collections, *inputs, train=train, rngs=rngs, mutable=["batch_stats"])
    return output, updated.get("batch_stats", {})


def predict_any_size(
    network: nn.Module,
    variables: Variables,
    inputs: Float[Array, "b h w i"],
    own_statistics: bool,
    pick: Callable[[Any], Array] = lambda output: output,
    beside: tuple[Float[Array, "b n"], ...] = (),
) -> Float[Array, "b h w o"]:
    """The network's picture for inputs of any height and width, without dropout; `pick` finds it in its output.
    `beside`: what else the network takes, a row for each picture.

    Sides that do not fit are mirrored out at the bottom and the right, and the picture is cut back. With
    `own_statistics` a batch norm uses each picture's own mean and variance, as the test code of Pix2Pix does;
    otherwise its running ones.
    """
    height, width = inputs.shape[1:3]
    rows, columns = -height % network.multiple, -width % network.multiple
    # "symmetric" also holds for pictures smaller than their padding, where "reflect" has nothing to mirror.
    padded = jnp.pad(inputs, ((0, 0), (0, rows), (0, columns), (0, 0)), "symmetric")
    quiet = network.clone(dropout=0.0) if hasattr(network, "dropout") else network
    paint = lambda *given: pick(apply_network(quiet, variables, *given, train=own_statistics)[0])  # noqa: E731
    alone = jax.vmap(lambda *given: paint(*(one[None] for one in given))[0])
    painted = (alone if own_statistics else paint)(padded, *beside)
    return painted[:, :height, :width]
