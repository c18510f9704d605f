"""A finished or half-finished run, read back from its folder."""

from __future__ import annotations

import json
from pathlib import Path

import jax
from jax.sharding import AxisType

from mangagan.config import Experiment
from mangagan.overrides import override
from mangagan.tasks.base import Variables
from mangagan.tasks.paired import Paired
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.program import build_program


def load_run(folder: Path) -> tuple[Experiment, Variables]:
    """A run's experiment, and the averaged generator of its newest checkpoint that can be read.

    The folder stays as it is, also where the run is still under way.
    Raises ValueError where the folder is no run, or has no checkpoint.
    """
    file = folder / "experiment.json"
    if not file.is_file():
        raise ValueError(f"{folder} is no run: it has no experiment.json; give the --workdir of a training")
    experiment = override(Experiment(task=Paired()), json.loads(file.read_text()))
    mesh = jax.make_mesh((1,), ("data",), devices=jax.local_devices()[:1], axis_types=(AxisType.Auto,))
    program = build_program(experiment, mesh, steps_per_epoch=1, frozen={})
    settings, saved = experiment.train, folder / "checkpoints"
    if not saved.is_dir():
        raise ValueError(f"{folder} has no checkpoint yet")
    checkpoints = Checkpoints(saved, settings.keep_last, settings.keep_best, reading=True)
    try:
        state = checkpoints.restore_newest(program.abstract_state)
    finally:
        checkpoints.close()
    if state is None:
        raise ValueError(f"{folder} has no checkpoint yet")
    return experiment, state.ema
