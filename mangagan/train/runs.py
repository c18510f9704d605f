"""Load a run, finished or not, from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jax
from jax.sharding import AxisType

from mangagan.config import Experiment
from mangagan.pretrained.described_experiment import bounded_networks
from mangagan.tasks.base import Variables
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.experiment_file import EXPERIMENT, read_experiment
from mangagan.train.program import build_program
from mangagan.train.run_environment import recorded_crop


def load_run(folder: Path, steps: Sequence[int] = ()) -> tuple[Experiment, Variables]:
    """Return a run's experiment, and the moving average of its generator from the newest readable checkpoint.

    The folder is not changed; the run may still be training. `data.crop` is what the run noted of its crops.

    Args:
        folder: The run's folder.
        steps: Checkpoints whose mean is returned instead (Izmailov et al. 2018, arXiv 1803.05407). The mean of a
            generator before and after adversarial training lies between both.

    Raises:
        ValueError: The folder is no run, or has no such checkpoint.
    """
    if not (folder / EXPERIMENT).is_file():
        raise ValueError(f"{folder} is no run: it has no {EXPERIMENT}; give the --workdir of a training run")
    experiment = read_experiment(folder)
    mesh = jax.make_mesh((1,), ("data",), devices=jax.local_devices()[:1], axis_types=(AxisType.Auto,))
    program = build_program(experiment, mesh, steps_per_epoch=1, frozen={})
    try:
        with bounded_networks(experiment):
            like = program.abstract_state
    except Exception as error:  # impossible sizes of a network raise exceptions of many types
        raise ValueError(
            f"{folder / EXPERIMENT} describes networks that cannot be built: {str(error)[:400]}"
        ) from error
    settings, saved = experiment.train, folder / "checkpoints"
    if not saved.is_dir():
        raise ValueError(f"{folder} has no checkpoint yet")
    checkpoints = Checkpoints(saved, settings.keep_last, settings.keep_best, reading=True)
    try:
        found = [checkpoints.restore(step, like) for step in steps] if steps else [checkpoints.restore_newest(like)]
    finally:
        checkpoints.close()
    averages = [state.ema for state in found if state]
    if not averages:
        raise ValueError(f"{folder} has no checkpoint yet")
    return _as_cropped(experiment, folder), jax.tree.map(lambda *leaves: sum(leaves) / len(leaves), *averages)


def _as_cropped(experiment: Experiment, folder: Path) -> Experiment:
    """Return the experiment with the side of its crops: pages that are smaller than the window were shown larger."""
    crop = recorded_crop(folder) or 0
    return replace(experiment, data=replace(experiment.data, crop=crop if crop < experiment.data.window else 0))
