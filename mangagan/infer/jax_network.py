"""A trained run's generator as a network that colors pages, on JAX."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mangagan.config import Experiment
from mangagan.infer.network import Facts, Network
from mangagan.overrides import describe
from mangagan.tasks.base import Task, Variables
from mangagan.tasks.color_spaces import EvenLab, Lab, Space
from mangagan.tasks.paired import Paired
from mangagan.tasks.unpaired import Unpaired

# Networks that see pages at half of their size see lines as `mangagan.infer.page.working_size` wants them.
_USUAL = 0.5


@dataclass(frozen=True)
class _Painted(Lab):
    """Lab that is left as the network paints it: L / 50 - 1, and ab over 110."""

    def picture(self, gray: Float[Array, "b h w 1"], painted: Float[Array, "b h w 2"]) -> Float[Array, "b h w 3"]:
        return jnp.concatenate([self.source(gray), painted], axis=-1)


@dataclass(frozen=True)
class _PaintedEvenLab(EvenLab):
    """All of Lab in the numbers of `_Painted`."""

    def picture(self, gray: Float[Array, "b h w 1"], painted: Float[Array, "b h w 3"]) -> Float[Array, "b h w 3"]:
        return self.lab(painted) / jnp.array([50.0, 110.0, 110.0]) - jnp.array([1.0, 0.0, 0.0])


_AS_PAINTED: dict[type, Space] = {Lab: _Painted(), EvenLab: _PaintedEvenLab()}


def jax_network(experiment: Experiment, variables: Variables) -> Network:
    """The generator on the first device; a program is compiled for each size of its input.

    ValueError where the experiment's task is not to color grey pictures.
    """
    network_facts = facts(experiment, variables)
    predict, placed = jax.jit(painting(experiment).predict), jax.device_put(variables)
    return Network(network_facts, lambda maps: predict(placed, maps), 1 if jax.default_backend() == "cpu" else 8)


def painting(experiment: Experiment) -> Task:
    """The task, with a `predict` that gives what the network paints, as `Network.paint` does."""
    task = experiment.task
    space = _AS_PAINTED.get(type(task.space)) if isinstance(task, Paired) else None
    return replace(task, space=space) if space else task  # type: ignore[arg-type]


def facts(experiment: Experiment, variables: Variables) -> Facts:
    """What the generator takes and gives. ValueError where the experiment's task is not to color grey pictures."""
    task, data = experiment.task, experiment.data
    if not isinstance(task, (Paired, Unpaired)) or data.input == "color":
        raise ValueError(
            f"{type(task).__name__} from data.input={data.input} does not color pages; "
            "give a run of one of the colourisers (pix2pix_manga, siggraph17_manga, cyclegan_manga, ...)"
        )
    return Facts(
        space="Lab" if isinstance(task, Paired) and type(task.space) in _AS_PAINTED else "RGB",
        input="lightness" if data.input == "lightness" else "luminance",
        multiple=int(task.generator.multiple),
        scale=min(1.0, data.size / data.window / _USUAL),
        hints="hint_ab" in experiment.takes,
        instances=data.instances,
        palette="palette" in experiment.takes,
        digest=_digest(experiment, variables),
    )


def _digest(experiment: Experiment, variables: Variables) -> str:
    """SHA-256 of the weights and of all that says what they mean."""
    total = sha256(repr(sorted(describe(experiment.task).items())).encode())
    for path, leaf in jax.tree.leaves_with_path(variables):
        array: Any = np.asarray(leaf)
        total.update(f"{jax.tree_util.keystr(path)} {array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()
