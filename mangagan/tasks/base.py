"""What every learning problem offers to the one train step: networks, losses and the predictor, as pure functions."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Task:
    """One learning problem; the train step in `mangagan.train.step` says when each function is called.

    Pictures in a batch are `input` [b h w 1] and `target` [b h w 3], both in [-1, 1].
    """

    # Pix2Pix moves its discriminator first in a step, CycleGAN its generators.
    discriminator_first: ClassVar[bool] = True

    def init(self, key: Array, batch: Batch) -> Nets:
        """Fresh variables of all networks for pictures like those of `batch`."""
        raise NotImplementedError

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
        self, discriminator: Variables, batch: Batch, fakes: Fakes, rng: Array
    ) -> tuple[Array, Judgement]:
        """The discriminator's loss on fakes that carry no gradient."""
        raise NotImplementedError

    def generator_loss(self, discriminator: Variables, batch: Batch, fakes: Fakes, rng: Array) -> tuple[Array, Metrics]:
        """The generator's loss as a function of its fakes."""
        raise NotImplementedError

    def predict(self, generator: Variables, inputs: Float[Array, "b h w 1"]) -> Float[Array, "b h w 3"]:
        """The picture for each input, in [-1, 1], of any height and width, free of chance."""
        raise NotImplementedError


def init_network(network: nn.Module, key: Array, *inputs: Array) -> Variables:
    """Fresh variables of one network for inputs of these shapes."""
    variables = network.init({"params": key, "dropout": key}, *inputs, train=True)
    return Variables(variables["params"], variables.get("batch_stats", {}))


def apply_network(
    network: nn.Module, variables: Variables, *inputs: Array, train: bool, rng: Array | None = None
) -> tuple[Array, Tree]:
    """The network's output and its new statistics (the old ones where `train` is false)."""
    rngs = {} if rng is None else {"dropout": rng}
    collections = {"params": variables.params, "batch_stats": variables.stats}
    output, updated = network.apply(collections, *inputs, train=train, rngs=rngs, mutable=["batch_stats"])
    return output, updated.get("batch_stats", {})


def predict_any_size(
    network: nn.Module, variables: Variables, inputs: Float[Array, "b h w i"], own_statistics: bool
) -> Float[Array, "b h w o"]:
    """The network's picture for inputs of any height and width, without dropout.

    Sides that do not fit are mirrored out at the bottom and the right, and the picture is cut back. With
    `own_statistics` a batch norm uses each picture's own mean and variance, as the test code of Pix2Pix does;
    otherwise its running ones.
    """
    height, width = inputs.shape[1:3]
    rows, columns = -height % network.multiple, -width % network.multiple
    # "symmetric" also holds for pictures smaller than their padding, where "reflect" has nothing to mirror.
    padded = jnp.pad(inputs, ((0, 0), (0, rows), (0, columns), (0, 0)), "symmetric")
    quiet = network.clone(dropout=0.0)
    if own_statistics:
        one = lambda picture: apply_network(quiet, variables, picture[None], train=True)[0][0]  # noqa: E731
        return jax.vmap(one)(padded)[:, :height, :width]
    return apply_network(quiet, variables, padded, train=False)[0][:, :height, :width]
