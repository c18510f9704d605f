"""What every learning problem offers to the one train step: networks, losses and the predictor, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

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


class DiscriminatorAux(NamedTuple):
    """What a discriminator's loss function returns beside the loss: metrics, and the new batch statistics."""

    metrics: Metrics
    stats: Tree


class Context(NamedTuple):
    """What a loss needs beside networks and pictures: the step, a random key, and the frozen networks' variables."""

    step: Array
    key: Array
    frozen: Tree


@dataclass(frozen=True)
class Task:
    """One learning problem: Linen modules and weights of losses, with pure functions for the one train step.

    `mangagan.train.step` says when each function is called. A task of your own derives from this class and needs
    `init`, `generate`, `generator_loss` and `predict`; everything else has a default.

    Pictures in a batch are `input` [b h w 1] and `target` [b h w 3], both in [-1, 1], and `instances` [b h w], the
    number of the region that a pixel belongs to, where the data has them.
    """

    # What the task is for: "colorize", "inpaint", "denoise", or a name of your own.
    kind: ClassVar[str] = "colorize"
    # The parts of a batch that `predict` uses where they are there.
    conditioning: ClassVar[frozenset[str]] = frozenset({"input"})
    # The metrics of held-out pages during training, by their names in `metrics.jsonl` after "evaluation/". The first is
    # the one that is printed.
    metrics: ClassVar[tuple[str, ...]] = ("ciede2000", "l1", "psnr")
    # Pix2Pix updates its discriminator first in a step, CycleGAN its generators.
    discriminator_first: ClassVar[bool] = True
    # Sides of a picture are padded to multiples of `generator.multiple`.
    generator: Any

    @property
    def every_discriminator_steps(self) -> int:
        """The period, in steps, of the discriminator's updates."""
        return 1

    @property
    def discriminator_start_step(self) -> int:
        """The step at which the adversarial loss sets in; before it the discriminator is not updated."""
        return 0

    @property
    def frozen_weights(self) -> dict[str, tuple[str, str]]:
        """Networks that are never trained, by their name in `Context.frozen`: (network, file or "")."""
        return {}

    @property
    def color_space(self) -> Literal["RGB", "Lab"]:
        """The colour space of `predict_raw`."""
        return "RGB"

    def trainable(self, updates: Tree, step: Array) -> Tree:
        """Return the updates of the generator's parameters, with zeros for those that are frozen at this step.

        Args:
            updates: A tree like the generator's parameters.
            step: The number of the step, from 0.
        """
        return updates

    def init(self, key: Array, batch: Batch) -> Nets:
        """Return initial variables of all networks for pictures like those of `batch`.

        Args:
            key: A random key.
            batch: Arrays of the right shapes; their values do not matter.
        """
        raise NotImplementedError

    def init_from(self, fresh: Variables, given: Variables) -> Variables:
        """Return the generator's first variables, made from given ones.

        Raises:
            ValueError: The given variables do not fit those of a fresh generator.
        """
        return fitted(fresh, given)

    def init_memory(self, batch: Batch) -> Tree:
        """Return what the task keeps between steps beside its networks; by default nothing."""
        return ()

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        """Return the fakes and the new statistics: every generator forward pass of a step, made once.

        Args:
            generator: The generator's variables.
            batch: The training examples.
            rng: A random key, for dropout and sampled hints.
        """
        raise NotImplementedError

    def sample_pool(self, memory: Tree, fakes: Fakes, rng: Array) -> tuple[Tree, Fakes]:
        """Return the memory after these fakes, and the fakes that the discriminator sees (CycleGAN's image pool).

        Args:
            memory: What `init_memory` or the last step returned.
            fakes: The fakes of this step, without a gradient.
            rng: A random key.
        """
        return memory, fakes

    def discriminator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, DiscriminatorAux]:
        """Return the discriminator's loss on fakes that carry no gradient; by default there is no discriminator."""
        return jnp.zeros(()), DiscriminatorAux({}, discriminator.stats)

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        """Return the generator's loss as a function of its fakes, and the metrics to log."""
        raise NotImplementedError

    def with_hints(self, key: Array, batch: Batch, count: int) -> Batch | None:
        """Return the batch with `count` true colours revealed in each picture, or None if the task takes no hints.

        Args:
            key: A random key.
            batch: Training examples with their targets.
            count: How many hints each picture gets.
        """
        return None

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        """Return a picture in [-1, 1] for each input of a batch without targets; any size, no randomness.

        Args:
            generator: The generator's variables.
            batch: The parts that `conditioning` names, of pictures of any height and width.
        """
        raise NotImplementedError

    def predict_raw(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        """Return what the network predicts, before colours that sRGB lacks are clipped.

        Args:
            generator: The generator's variables.
            batch: As for `predict`.

        Returns:
            sRGB in [-1, 1], or L / 50 - 1 and ab / 110, as `color_space` says.
        """
        return self.predict(generator, batch)


def fitted(fresh: Variables, given: Variables) -> Variables:
    """Return the given variables if they have the names and shapes of the fresh ones.

    Raises:
        ValueError: Arrays are missing, surplus, or of another shape.
    """
    expected, found = ({jax.tree_util.keystr(path): leaf.shape for path, leaf in jax.tree.leaves_with_path(tree)}
                       for tree in (fresh, given))  # fmt: skip
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        raise ValueError(
            f"{len(wrong)} arrays are missing, surplus or of another shape, for example "
            + "; ".join(f"{name} {found.get(name, 'absent')}, not {expected.get(name, 'there')}" for name in wrong[:4])
        )
    return given


def init_network(network: nn.Module, key: Array, *inputs: Array) -> Variables:
    """Return initial variables of one network.

    Args:
        network: A Linen module with the keyword `train`.
        key: A random key.
        *inputs: Arrays of the shapes that the network takes.
    """
    variables = network.init({"params": key, "dropout": key}, *inputs, train=True)
    return split_collections(variables)


def split_collections(collections: Mapping[str, Tree]) -> Variables:
    """Return Flax's dictionary of collections as `Variables`; a network without norms has no statistics."""
    return Variables(collections["params"], collections.get("batch_stats", {}))


def apply_network(
    network: nn.Module, variables: Variables, *inputs: Array, train: bool, rng: Array | None = None
) -> tuple[Any, Tree]:
    """Return the network's output and its new statistics (the old ones if `train` is false).

    Args:
        network: A Linen module.
        variables: Its variables.
        *inputs: Its inputs.
        train: Whether norms use the batch's statistics, and dropout is active.
        rng: A random key for dropout.
    """
    rngs = {} if rng is None else {"dropout": rng}
    collections = {"params": variables.params, "batch_stats": variables.stats}
    output, updated = network.apply(collections, *inputs, train=train, rngs=rngs, mutable=["batch_stats"])
    return output, updated.get("batch_stats", {})


def predict_any_size(
    network: nn.Module,
    variables: Variables,
    inputs: Float[Array, "b h w i"],
    batch_stats_at_test: bool,
    pick: Callable[[Any], Array] = lambda output: output,
    extra_inputs: tuple[Float[Array, "b n"], ...] = (),
) -> Float[Array, "b h w o"]:
    """Return the network's picture for inputs of any height and width, without dropout.

    Sides that are no multiple of `network.multiple` are padded by reflection at the bottom and the right, and the
    output is cropped.

    Args:
        network: A Linen module with the attribute `multiple`.
        variables: Its variables.
        inputs: Pictures, in the network's own range.
        batch_stats_at_test: Whether a batch norm uses the mean and variance of each picture by itself, as the test
            code of Pix2Pix does, instead of its running ones.
        pick: Selects the picture from the network's output.
        extra_inputs: What else the network takes, one row for each picture.
    """
    height, width = inputs.shape[1:3]
    rows, columns = -height % network.multiple, -width % network.multiple
    # "symmetric" also works for pictures smaller than their padding; "reflect" has nothing to mirror there.
    padded = jnp.pad(inputs, ((0, 0), (0, rows), (0, columns), (0, 0)), "symmetric")
    without_dropout = network.clone(dropout=0.0) if hasattr(network, "dropout") else network
    forward = lambda *given: pick(apply_network(without_dropout, variables, *given, train=batch_stats_at_test)[0])  # noqa: E731
    # Alone in its batch, a picture's statistics are its own.
    one_by_one = jax.vmap(lambda *given: forward(*(one[None] for one in given))[0])
    predicted = (one_by_one if batch_stats_at_test else forward)(padded, *extra_inputs)
    return predicted[:, :height, :width]
