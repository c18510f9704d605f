"""A trained generator as a `Network`, on JAX."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import jax
import numpy as np

from mangagan.config import Experiment
from mangagan.infer.network import Network, NetworkInfo
from mangagan.overrides import describe
from mangagan.tasks.base import Variables

# A network that was trained on pages at half of their size sees lines as `infer.page.working_size` wants them.
_USUAL_SCALE = 0.5
# The scale of pages at their own size: that of small pictures that were cropped as they are.
_OWN_SIZE = 1 / _USUAL_SCALE
# Tiles at a time, by whether the backend is the CPU, where more are no faster.
TILE_BATCH = {True: 1, False: 8}


def jax_network(experiment: Experiment, variables: Variables) -> Network:
    """Return the generator on the first device; a program is compiled for each size of its input.

    Args:
        experiment: The experiment that trained it; its task must colour grey pictures.
        variables: The generator's variables.

    Raises:
        ValueError: The experiment's task does not colour grey pictures.
    """
    info = network_info(experiment, variables)
    predict, placed = jax.jit(experiment.task.predict_raw), jax.device_put(variables)
    return Network(info, lambda maps: predict(placed, maps), TILE_BATCH[jax.default_backend() == "cpu"])


def network_info(experiment: Experiment, variables: Variables) -> NetworkInfo:
    """Return what the generator takes and returns.

    Raises:
        ValueError: The experiment's task does not colour grey pictures.
    """
    task, data = experiment.task, experiment.data
    if task.kind != "colorize" or data.input == "color":
        raise ValueError(
            f"{type(task).__name__} from data.input={data.input} does not color pages; "
            "give a run of one of the colourisers (pix2pix_manga, siggraph17_manga, cyclegan_manga, ...)"
        )
    return NetworkInfo(
        space=task.color_space,
        input="lightness" if data.input == "lightness" else "luminance",
        multiple=int(task.generator.multiple),
        scale=min(_OWN_SIZE if data.crop else 1.0, data.page_scale / _USUAL_SCALE),
        hints="hint_ab" in experiment.conditioning,
        instances=data.instances,
        palette="palette" in experiment.conditioning,
        digest=network_digest(experiment, variables),
    )


def network_digest(experiment: Experiment, variables: Variables) -> str:
    """Return the SHA-256 of the weights and of the task's settings, which decide what the weights mean."""
    total = sha256(repr(sorted(describe(experiment.task).items())).encode())
    for path, leaf in jax.tree.leaves_with_path(variables):
        array: Any = np.asarray(leaf)
        total.update(f"{jax.tree_util.keystr(path)} {array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()
