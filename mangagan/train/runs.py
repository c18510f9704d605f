"""Load a run, finished or not, from its folder."""

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
    """Return a run's experiment, and the moving average of its generator from the newest readable checkpoint.

    The folder is not changed; the run may still be training.

    Args:
        folder: The run's folder.
        steps: Checkpoints whose mean is returned instead (Izmailov et al. 2018, arXiv 1803.05407). The mean of a
            generator before and after adversarial training lies between both.

    Raises:
        ValueError: The folder is no run, or has no such checkpoint.
    """
    file = folder / "experiment.json"
    if not file.is_file():
        raise ValueError(f"{folder} is no run: it has no experiment.json; give the --workdir of a training run")
    # The task is replaced by the one that the description names.
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
