"""A finished or half-finished run, read back from its folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jax
from jax.sharding import AxisType

from mangagan.config import Experiment
from mangagan.overrides import override
from mangagan.tasks.base import Variables
from mangagan.tasks.paired import Paired
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.program import build_program


def load_run(folder: Path, steps: Sequence[int] = ()) -> tuple[Experiment, Variables]:
    """A run's experiment, and the averaged generator of its newest checkpoint that can be read.

    With `steps` it is the mean of those of the checkpoints after them (Izmailov et al. 2018, arXiv 1803.05407): of a
    generator before and after it learned from a discriminator, it lies between both.
    The folder stays as it is, also where the run is still under way.
    Raises ValueError where the folder is no run, or has no such checkpoint.
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
    like = program.abstract_state
    try:
        found = [checkpoints.restore(step, like) for step in steps] if steps else [checkpoints.restore_newest(like)]
    finally:
        checkpoints.close()
    averages = [state.ema for state in found if state]
    if not averages:
        raise ValueError(f"{folder} has no checkpoint yet")
    return experiment, jax.tree.map(lambda *leaves: sum(leaves) / len(leaves), *averages)
